"""Runs a command, says what it is at while it works, and takes the time."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

NEWS_SECONDS = 10
POLL_SECONDS = 0.02
END_SECONDS = 30
WIDTH = 100


class CommandFailed(Exception):  # noqa: N818 - says what happened
    """The command ended with an error; the message has the end of its output, and where the rest is."""


def run(label: str, command: list[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> float:
    """The seconds that `command` took. What it prints goes to `log`; every ten seconds its last line is shown."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            seconds = _wait(label, process, started, log)
        except BaseException:
            process.terminate()
            process.wait(END_SECONDS)
            raise
    if process.returncode:
        tail = "\n".join(_lines(log)[-30:])
        raise CommandFailed(f"{label} ended with {process.returncode}; {log} has all of it, and ends:\n{tail}")
    print(f"  {label}: {seconds:.1f} s", flush=True)
    return seconds


def _wait(label: str, process: subprocess.Popen, started: float, log: Path) -> float:
    news = started + NEWS_SECONDS
    while process.poll() is None:
        time.sleep(POLL_SECONDS)
        if time.monotonic() >= news:
            last = (_lines(log) or [""])[-1]
            print(f"    {label}, {news - started:.0f} s: {last[:WIDTH]}", flush=True)
            news += NEWS_SECONDS
    return time.monotonic() - started


def _lines(log: Path) -> list[str]:
    return [line for line in log.read_text(errors="replace").splitlines() if line.strip(" *")]

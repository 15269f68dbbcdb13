"""The server as a background process: start it detached, know whether it lives, end it and wait.

The server holds an exclusive lock on its pid file for as long as it lives, so a pid file left by a killed server,
or a pid that the system gave to somebody else, is never taken for a running sandbox.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from sandbox.config import Config
from sandbox.errors import SandboxError

START_SECONDS = 60
STOP_SECONDS = 180  # a state with tens of thousands of objects is long to write, on a busy machine
OUTAGE_SECONDS = 60  # a volume may be being copied
POLL_SECONDS = 0.05
HEALTH_PATH = "/_sandbox/health"
CHECKS_PATH = "/_sandbox/checks"  # every health check of Route 53: id -> healthy, report
CALLS_PATH = "/_sandbox/calls"  # the API calls that were made while something was out
OUTAGES_PATH = "/_sandbox/outages"  # reads outages.json again; settled: whether all of it has been carried out
LOG_TAIL_LINES = 15
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy leads to our own loopback
INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "SANDBOX_POSTGRES_BIN", "TZ")


def emulator_environment(config: Config, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of the server, which MiniStack reads while it is imported.

    Little is inherited: functions run with the server's environment under their own, and nobody's AWS settings may
    reach them. Everything written stays in the sandbox's folder, and docker is never looked for.
    """
    return {name: inherited[name] for name in INHERITED if name in inherited} | {
        "BIND_HOST": config.host,
        "DOCKER_HOST": f"unix://{config.dir}/no-docker.sock",
        "GATEWAY_PORT": str(config.port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_ACCOUNT_ID": config.accounts.production,
        "MINISTACK_HOST": config.host,
        "PERSIST_STATE": "1",
        "PYTHONUNBUFFERED": "1",
        "S3_DATA_DIR": str(config.dir / "s3"),
        "S3_PERSIST": "1",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(config.dir / "state"),
        "TMPDIR": str(config.dir / "tmp"),
    }


def hold(pid_file: Path) -> int:
    """Take the lock of the pid file for this process and write its pid; return the descriptor, which must stay open."""
    descriptor = os.open(pid_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise SandboxError(f"another sandbox runs in {pid_file.parent} already") from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def running_pid(pid_file: Path) -> int | None:
    """Return the pid of the server that holds the lock, or None; a stale pid file counts as none."""
    try:
        descriptor = os.open(pid_file, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.read(descriptor, 32).strip() or 0) or None
    else:
        return None
    finally:
        os.close(descriptor)


def start(config: Config) -> int:
    """Start the server detached from this shell, wait until it answers, and return its pid."""
    if config.log_file.exists():
        config.log_file.replace(config.log_file.with_suffix(".log.1"))
    with config.log_file.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "sandbox.server", str(config.dir)],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=emulator_environment(config, os.environ),
            start_new_session=True,
        )
    try:
        _await(lambda: _started(config, child), START_SECONDS, f"nothing answered on {config.endpoint}")
    except BaseException:
        _end(child)
        raise
    return child.pid


def wait(config: Config, pid: int) -> None:
    """Wait until the running server answers: another command may have started it just now."""
    _await(
        lambda: health(config) is not None,
        START_SECONDS,
        f"process {pid} runs, but does not answer on {config.endpoint} (end it with down): nothing came",
    )


def stop(config: Config) -> int | None:
    """End the server, wait until it is gone, and return its pid; None when none was running."""
    pid = running_pid(config.pid_file)
    if pid is None:
        config.pid_file.unlink(missing_ok=True)
        return None
    with contextlib.suppress(ProcessLookupError):  # it may be ending by itself
        os.kill(pid, signal.SIGTERM)
    try:
        _await(lambda: running_pid(config.pid_file) is None, STOP_SECONDS, f"process {pid} did not end")
    except SandboxError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _await(lambda: running_pid(config.pid_file) is None, STOP_SECONDS, f"process {pid} survived SIGKILL")
        raise SandboxError(
            f"process {pid} did not end within {STOP_SECONDS} s and was killed: changes since its last "
            f"snapshot are lost; see {config.log_file}"
        ) from None
    finally:
        if running_pid(config.pid_file) is None:
            config.pid_file.unlink(missing_ok=True)
    return pid


def health(config: Config) -> dict | None:
    """Return what the server says of itself (pid, ministack, dns, tls), or None when nothing of ours answers."""
    try:
        with DIRECTLY.open(config.endpoint + HEALTH_PATH, timeout=2) as answer:
            return json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return None


def heed_outages(config: Config) -> None:
    """Have the running server read outages.json again, and wait until all that it says has been carried out."""
    _await(lambda: _settled(config), OUTAGE_SECONDS, f"the sandbox has not carried out {config.dir}/outages.json")


def _settled(config: Config) -> bool:
    try:
        with DIRECTLY.open(config.endpoint + OUTAGES_PATH, timeout=OUTAGE_SECONDS) as answer:
            return bool(json.load(answer)["settled"])
    except (OSError, ValueError) as error:
        raise SandboxError(f"the sandbox on {config.endpoint} does not take the outage: {error}") from error


def _started(config: Config, child: subprocess.Popen) -> bool:
    if child.poll() is not None:
        raise SandboxError(
            f"the sandbox ended at once (exit {child.returncode}); {config.log_file} says:\n" + tail(config.log_file)
        )
    answer = health(config)
    return answer is not None and answer.get("pid") == child.pid


def _end(child: subprocess.Popen) -> None:
    if child.poll() is None:
        child.kill()
        child.wait()


def tail(path: Path, lines: int = LOG_TAIL_LINES) -> str:
    """Return the last lines of a log."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def _await(condition: Callable[[], bool], seconds: float, problem: str) -> None:
    """Poll until `condition` holds; raise SandboxError with `problem` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SandboxError(f"{problem} within {seconds} s")
        time.sleep(POLL_SECONDS)

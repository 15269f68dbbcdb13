"""What the scenarios of a recovery share: playbooks that can be killed, what they wrote, and what AWS was asked."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from .conftest import ROOT, SUFFIX, Result, Sandbox, clean_environment, sandbox_command
from .stagehand import Stagehand
from .two_regions import Site

CONFIRM = ("-e", f"confirm=aurora-global-sandbox-{SUFFIX}")
REPORTS = ROOT / "build" / "reports"
PLAYBOOK_DEADLINE = 240
REGIONS = ("us-east-1", "us-east-2")


class Playbook:
    """A running playbook, in a process group of its own."""

    def __init__(self, sandbox: Sandbox, name: str, *arguments: str) -> None:
        self.log = sandbox.folder / f"{name}-{time.monotonic_ns()}.log"
        command = ["ansible-playbook", f"playbooks/{name}.yml", "-i", "inventories/sandbox"]
        self.started = time.monotonic()
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [*command, "-e", f"environment_suffix={SUFFIX}", *arguments],
                cwd=ROOT,
                env=clean_environment() | dict(sandbox.deployer),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL, its workers too, which Ansible gives sessions of their own: nothing of it can clean up or go on."""
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGSTOP)  # it begins no other one meanwhile
        for one in [*_descendants(self.process.pid), self.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self.process.wait()

    def killed_when(self, condition: Callable[[], bool]) -> bool:
        """Whether `condition` came true before the playbook ended by itself; it is killed then."""
        ends = time.monotonic() + PLAYBOOK_DEADLINE
        while self.process.poll() is None:
            if condition():
                self.kill()
                return True
            if time.monotonic() > ends:
                self.kill()
                raise AssertionError(f"not within {PLAYBOOK_DEADLINE} s: {self.log.read_text()}")
            time.sleep(0.02)
        return False

    def wait(self) -> Result:
        """What came of it, when it has ended."""
        try:
            self.process.wait(timeout=PLAYBOOK_DEADLINE)
        finally:
            self.kill()
        return Result(self.process.returncode, self.log.read_text(), time.monotonic() - self.started)


def _descendants(pid: int) -> Iterator[int]:
    """The processes that a process has begun, and theirs, the youngest generation first."""
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield from _descendants(child)
                yield child


def report(verb: str) -> dict:
    """What a recovery has written about itself so far; {} when there is nothing."""
    try:
        return json.loads((REPORTS / f"{verb}.json").read_text())
    except FileNotFoundError:
        return {}


def forget_report(verb: str) -> None:
    """Let the next run begin a report of its own."""
    (REPORTS / f"{verb}.json").unlink(missing_ok=True)


def told(found: Mapping) -> list[str]:
    """The sentences of a report's timeline."""
    return [entry["what"] for entry in found.get("timeline", [])]


def calls(sandbox: Sandbox, since: float) -> list[dict]:
    """The API calls that operators made since then (epoch seconds), without those of functions."""
    made = json.loads(sandbox_command(sandbox.folder, "calls", "--json"))
    return [one for one in made if one["caller"] == "world" and one["at"] >= since]


def promotions(sandbox: Sandbox, since: float) -> list[str]:
    """Each time that Aurora began to move the writer since then (epoch seconds), in its own words."""
    after = datetime.datetime.fromtimestamp(since, datetime.UTC)
    events = [
        event
        for region in REGIONS
        for event in Stagehand(sandbox).client("rds", region).describe_events(StartTime=after)["Events"]
    ]
    return [event["Message"] for event in events if event["Message"].endswith("started.") and event["Date"] >= after]


def terraform_agrees(playbook: Callable[..., Result]) -> None:
    """Nothing would be changed by a deployment, whoever is active."""
    result = playbook("deploy", "--tags", "plan")
    assert result.code == 0, result.output
    assert "No changes." in result.output


@contextmanager
def as_it_was(sandbox: Sandbox) -> Iterator[None]:
    """Everything that is done to the local AWS is undone at the end: its folder is all there is of it.

    What Route 53 thought is in there, too: we wait until the tests before have no part in it any more. Those that come
    after find all of it started again.
    """
    Site(sandbox).settle(REGIONS[0])
    kept: Path = sandbox.folder.with_name(f"{sandbox.folder.name}-kept")
    sandbox_command(sandbox.folder, "down")
    subprocess.run(["cp", "-a", sandbox.folder, kept], check=True)
    try:
        sandbox_command(sandbox.folder, "up")
        yield
    finally:
        sandbox_command(sandbox.folder, "down")
        shutil.rmtree(sandbox.folder)
        kept.rename(sandbox.folder)
        sandbox_command(sandbox.folder, "up")
    Site(sandbox).settle(REGIONS[0])

"""Shows Terraform's progress while a task runs it: community.general.terraform prints nothing until the end."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

from ansible.plugins.callback import CallbackBase
from ansible.template import Templar

DOCUMENTATION = r"""
name: terraform_progress
type: notification
short_description: Show Terraform's progress while a task runs Terraform
description:
  - For a task with the variable C(progress_log), follows that file and prints a line for each resource that Terraform
    finishes, counted against C(progress_total) where the task has it, and every ten seconds what it is waiting for.
  - A line that begins with C(progress:) was written by a module of ours, and is printed as it is.
"""

POLL_SECONDS = 0.5
SILENCE_SECONDS = 10
# Terraform's own words: https://developer.hashicorp.com/terraform/cli/commands/apply
FINISHED = re.compile(r"^(?P<address>\S.*?): (?P<verb>Creation|Modifications|Destruction) complete after (?P<took>\S+)")
STARTED = re.compile(r"^(?P<address>\S.*?): (?:Creating|Modifying|Destroying)\.\.\.")
NOTABLE = re.compile(
    r"^(Initializing|Acquiring state lock|Terraform has been successfully"
    r"|Plan: |No changes\.|Apply complete!|Destroy complete!)"
)
OURS = "progress: "
VERBS = {"Creation": "created", "Modifications": "modified", "Destruction": "destroyed"}


class Progress:
    """Terraform's output, a line at a time, told shorter. Pure but for what it remembers."""

    def __init__(self, total: int = 0) -> None:
        self.total = total
        self.done = 0
        self.under_way: dict[str, None] = {}
        self.refreshed = 0
        self.ours = ""

    def tell(self, line: str) -> str | None:
        """What to print for `line`, or None."""
        if line.startswith(OURS):
            self.ours = line.removeprefix(OURS)
            return self.ours
        if finished := FINISHED.match(line):
            self.under_way.pop(finished["address"], None)
            self.done += 1
            of_total = f"/{self.total}" if self.total else ""
            return f"[{self.done:3}{of_total}] {finished['address']} {VERBS[finished['verb']]} ({finished['took']})"
        if started := STARTED.match(line):
            self.under_way[started["address"]] = None
        elif ": Refreshing state..." in line:
            self.refreshed += 1
        elif planned := re.search(r"(\d+) to destroy", line) if line.startswith("Plan: ") else None:
            # `destroy` says only here how much there is to do.
            self.total = self.total or int(planned[1])
            return line
        elif NOTABLE.match(line):
            return line
        return None

    def waiting(self) -> str:
        """What Terraform, or our module, is at, for a time without news."""
        if self.ours:
            return f"still: {self.ours}"
        if self.under_way:
            names = list(self.under_way)
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            return f"waiting for {', '.join(names[:3])}{more}"
        return f"reading what stands ({self.refreshed} resources read)" if self.refreshed else "Terraform is at work"


class Follower(threading.Thread):
    """Follows the log from its present end until stopped."""

    def __init__(self, path: Path, progress: Progress, display) -> None:
        super().__init__(daemon=True)
        self.path, self.progress, self.display = path, progress, display
        self.position = path.stat().st_size if path.exists() else 0
        self.ended = threading.Event()

    def run(self) -> None:
        spoke = time.monotonic()
        while not self.ended.wait(POLL_SECONDS):
            if self.read():
                spoke = time.monotonic()
            elif time.monotonic() - spoke >= SILENCE_SECONDS:
                self.display(f"    {self.progress.waiting()}")
                spoke = time.monotonic()
        self.read()

    def read(self) -> bool:
        """Prints what whole lines have come; says whether anything was printed."""
        if not self.path.exists():
            return False
        with self.path.open("rb") as log:
            log.seek(self.position)
            whole, newline, _rest = log.read().rpartition(b"\n")
        self.position += len(whole) + len(newline)
        told = [said for line in whole.decode(errors="replace").splitlines() if (said := self.progress.tell(line))]
        for said in told:
            self.display(f"    {said}")
        return bool(told)

    def stop(self) -> None:
        self.ended.set()
        self.join()


class CallbackModule(CallbackBase):
    """Starts a follower with a task that has progress_log, and ends it with the task."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "terraform_progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.play = None
        self.follower: Follower | None = None

    def v2_playbook_on_play_start(self, play) -> None:
        self.stop()
        self.play = play

    def v2_runner_on_start(self, host, task) -> None:
        if self.follower or "progress_log" not in task.vars:
            return
        manager = self.play.get_variable_manager()
        variables = manager.get_vars(play=self.play, host=host, task=task)
        templar = Templar(loader=self.play.get_loader(), variables=variables)
        log = templar.template(task.vars["progress_log"])
        total = templar.template(task.vars.get("progress_total", 0))
        self.follower = Follower(Path(log), Progress(int(total)), self._display.display)
        self.follower.start()

    def stop(self) -> None:
        if self.follower:
            self.follower.stop()
            self.follower = None

    def v2_runner_on_ok(self, result) -> None:
        self.stop()

    def v2_runner_on_failed(self, result, ignore_errors=False) -> None:
        self.stop()

    def v2_runner_on_skipped(self, result) -> None:
        self.stop()

    def v2_playbook_on_stats(self, stats) -> None:
        self.stop()

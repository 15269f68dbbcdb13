"""Calls of the AWS APIs that were made while something was out: by whom, for which region, and what came of them.

What CloudTrail would tell, and also of calls that never arrived. It shows on what a recovery depends.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox import process
from sandbox.config import Config
from sandbox.errors import SandboxError
from sandbox.signed import Call

KEPT = 10_000  # the newest calls
WORLD = "world"  # the caller that is in neither region
SECONDS = 5


class Outcome(enum.StrEnum):
    """What came of a call."""

    SERVED = "served"
    REFUSED = "refused"
    CUT = "cut"
    HELD = "held"  # never answered: `seconds` is how long the client waited


@dataclasses.dataclass(frozen=True)
class Made:
    """One call. `caller` is a region, when a function of it called, or WORLD; `at` in epoch seconds."""

    at: float
    caller: str
    region: str
    service: str
    operation: str
    outcome: str
    seconds: float


class CallLog:
    """The newest calls, the oldest first, in the server's process."""

    def __init__(self) -> None:
        """None yet."""
        self.made: deque[Made] = deque(maxlen=KEPT)

    def note(self, call: Call, caller: str | None, outcome: Outcome, began: float, ended: float) -> None:
        """Keep one call; `caller` is a region or None, times in epoch seconds."""
        seconds = round(ended - began, 3)
        self.made.append(Made(began, caller or WORLD, call.region, call.service, call.operation, outcome, seconds))

    def overview(self) -> list[dict[str, Any]]:
        """Return the calls as the server tells them."""
        return [dataclasses.asdict(made) for made in self.made]


def ask(config: Config) -> list[dict[str, Any]]:
    """Return the calls that the running sandbox has kept; SandboxError when it does not answer."""
    try:
        with process.DIRECTLY.open(config.endpoint + process.CALLS_PATH, timeout=SECONDS) as answer:
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise SandboxError(f"the sandbox on {config.endpoint} does not tell its calls: {error}") from error


def screen(calls: Iterable[Mapping[str, Any]]) -> str:
    """Return a line for each call: when, by whom, for which region, what, what came of it, and for how long."""
    return "\n".join(map(_line, calls)) or "No call was made while something was out"


def _line(made: Mapping[str, Any]) -> str:
    at = datetime.datetime.fromtimestamp(made["at"], datetime.UTC).strftime("%H:%M:%S.%f")[:-3]
    asked = f"{made['service']} {made['operation']}"
    return f"{at}  {made['caller']:9}  {made['region']:9}  {asked:45}  {made['outcome']:7}  {made['seconds']:.2f} s"

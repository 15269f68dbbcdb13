"""Waiting by deadline, as data: how long, how often, and who is told. Time is given, so that tests need none."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from .calls import THROTTLED, AwsFailure
from .observation import iso


@dataclasses.dataclass(frozen=True)
class Clock:
    """Where time comes from, all in seconds: `now` since 1970, `monotonic` for deadlines, `sleep` to let it pass."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclasses.dataclass(frozen=True)
class Wait:
    """Give up after `seconds`; look every `pause` seconds, and less often in time, but every `longest_pause`."""

    seconds: float
    pause: float = 1.0
    longest_pause: float = 5.0
    growth: float = 1.2


#: AWS completes a managed failover or switchover in minutes. Whatever passes between the promotion and the look that
#: sees it is outage, so it is looked at every second:
#: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
PROMOTION = Wait(seconds=600, pause=1.0, longest_pause=1.0)
#: An alarm of one period of a minute, evaluated every minute, has the new state within two.
ALARM = Wait(seconds=180, pause=2.0)


def lasting(wait: Wait, seconds: float) -> Wait:
    """The same wait with another deadline."""
    return dataclasses.replace(wait, seconds=seconds)


@dataclasses.dataclass(frozen=True)
class Seen:
    """One look: whether that was what is waited for, the state in words, and what the waiter is to answer."""

    done: bool
    sentence: str
    value: Any = None


class Late(AwsFailure):
    """The deadline has passed. The message says what was waited for, how long, and what was seen last."""


class Timeline:
    """What happened when; what a report shows. Every entry is also given to `tell` at once, if there is one."""

    def __init__(self, clock: Clock, tell: Callable[[str], None] | None = None) -> None:
        self._clock, self._tell = clock, tell
        self.entries: list[dict[str, str]] = []

    def add(self, what: str) -> None:
        """Keeps `what` with the time of now; the same sentence twice in a row is one entry."""
        if self.entries and self.entries[-1]["what"] == what:
            return
        self.entries.append({"at": timestamp(self._clock.now()), "what": what})
        if self._tell:
            self._tell(what)


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, with milliseconds."""
    return iso(seconds).replace("+00:00", "Z")


def until(goal: str, look: Callable[[], Seen], wait: Wait, clock: Clock, say: Callable[[str], None]) -> Any:
    """Looks until it is done, and answers that look's value. `goal` completes "waited for …".

    An API that is throttled or silent for a while is looked at again; any other AwsFailure passes. Raises Late.
    """
    started, pause = clock.monotonic(), wait.pause
    while True:
        try:
            seen = look()
        except AwsFailure as failure:
            if not passing(failure):
                raise
            seen = Seen(False, failure.message)
        if seen.done:
            return seen.value
        say(seen.sentence)
        left = wait.seconds - (clock.monotonic() - started)
        if left <= 0:
            raise Late(f"Waited {wait.seconds:.0f} s for {goal}, in vain. Last seen: {seen.sentence}", "Late")
        clock.sleep(min(pause, left))
        pause = min(pause * wait.growth, wait.longest_pause)


def passing(failure: AwsFailure) -> bool:
    """Whether the same call may well succeed in a moment."""
    return failure.unreachable or failure.code in THROTTLED

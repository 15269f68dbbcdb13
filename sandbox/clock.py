"""The one clock of the sandbox: real time of day, and intervals that shrink when it is told to hurry.

Time stamps stay real, so that what the sandbox writes (metrics, histories, logs) can be read by any AWS client. Only
what is waited for shrinks: `python -m sandbox up --hurry 60` lets a minute's period pass in a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class Clock:
    """Tells the time, and how long an interval of AWS's takes here."""

    def __init__(self, hurry: float = 1.0) -> None:
        """Let intervals pass `hurry` times as fast as on AWS."""
        if hurry <= 0:
            raise ValueError(f"hurry must be more than 0, not {hurry}")
        self.hurry = hurry

    def now(self) -> float:
        """Return the time of day in seconds since the epoch."""
        return time.time()

    def interval(self, seconds: float) -> float:
        """Return the real seconds that `seconds` on AWS take here."""
        return seconds / self.hurry

    async def sleep(self, seconds: float) -> None:
        """Wait for what is `seconds` on AWS."""
        await asyncio.sleep(self.interval(seconds))

    async def every(self, seconds: float, step: Callable[[], Awaitable[None]]) -> None:
        """Await `step()` again and again, starting `seconds` of AWS's apart; one that takes longer delays the next."""
        pace = self.interval(seconds)
        due = time.monotonic()
        while True:
            await step()
            due = max(due + pace, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

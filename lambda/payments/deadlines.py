"""How long something may still take, and how long ago something was."""

from __future__ import annotations

import time


class Deadline:
    """Seconds from now, on a clock that nobody sets back."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; negative when it has passed."""
        return self._end - time.monotonic()


class Since:
    """A moment. Of two clocks the one that says more counts: one may be set back, the other may stand still while
    Lambda keeps the process frozen between two requests."""

    def __init__(self) -> None:
        self._steady, self._wall = time.monotonic(), time.time()

    def seconds(self) -> float:
        """Since then, rather too many than too few."""
        return max(time.monotonic() - self._steady, time.time() - self._wall)

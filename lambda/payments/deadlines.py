"""How long something may still take."""

from __future__ import annotations

import time


class Deadline:
    """Seconds from now, on a clock that nobody sets back."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; negative when it has passed."""
        return self._end - time.monotonic()

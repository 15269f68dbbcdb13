"""How far a secondary is behind its writer, in milliseconds, from the positions in the write-ahead log of both.

A position is a byte count (pg_lsn - '0/0'). The answer is an upper bound as exact as the positions were read often:
0 where the secondary had replayed all that the writer had written a moment before.
"""

from __future__ import annotations

import bisect

KEPT_SECONDS = 3600
MILLISECONDS = 1000
LATEST: dict[str, float] = {}  # milliseconds by the cluster's identifier; absent where nothing could be measured


class Lag:
    """The lag of one secondary, from repeated observations of both servers."""

    def __init__(self) -> None:
        """Begin without having seen anything."""
        self._seen: list[tuple[int, float]] = []  # the writer's position and when it was read, ascending in both
        self._replayed = -1

    def observe(self, now: float, written: int | None, replayed: int | None) -> float | None:
        """Take in what was read at `now` (seconds): the writer's position first, then the secondary's.

        None stands for a server that did not answer. Returns milliseconds; None while there is nothing to go by,
        or where the secondary itself is silent.
        """
        if replayed is None:
            return None
        if written is not None:
            if self._seen and written < self._seen[-1][0]:
                self._seen.clear()  # another writer, on another volume
            self._seen.append((written, now))
        if not self._seen:
            return None
        # The last moment of which the secondary is known to have everything.
        place = bisect.bisect_right(self._seen, replayed, key=lambda seen: seen[0])
        since = self._seen[place - 1][1] if place else self._seen[0][1]
        self._seen = [seen for seen in self._seen[max(place - 1, 0) :] if seen[1] >= now - KEPT_SECONDS] or self._seen[
            -1:
        ]
        return max(0.0, now - since) * MILLISECONDS

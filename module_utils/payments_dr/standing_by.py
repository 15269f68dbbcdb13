"""Whether a region stands by, told in calm times only, so that DNS knows the way home before it is needed. Pure.

The failover function tells it as a metric of its own region, and an alarm keeps what was said last. While us-east-1
stands by, the name leads there as soon as us-east-2 goes down, and not only when us-east-1 has been promoted and has
passed Route 53's checks (docs/decisions/0015).
"""

from __future__ import annotations

from .observation import Checkers, Observation

METRIC, ALARM_KIND = "StandingBy", "standing-by"


def stands_by(seen: Observation) -> bool | None:
    """True and False only while Route 53's checkers find the active region well; None when nothing is to be said.

    Until they do, DNS has to lead as it did before the roles were swapped: a standby whose active region is not yet
    known to serve must not draw its clients, and one that was just promoted must not lose them.
    """
    if seen.handover:
        return None
    if seen.active == seen.peer and seen.standby == seen.here:
        return True if seen.checkers == Checkers.UP else None
    if seen.active == seen.here:
        return False if seen.own_checkers == Checkers.UP else None
    return None

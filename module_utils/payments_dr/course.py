"""Which region a person's recovery leaves, and which it goes to. Pure.

Run again after it has been interrupted, a recovery must go the same way: right after the promotion the region that was
lost is the "standby", and whoever went to the standby once more would go back to the outage.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from .advice import Situation
from .epoch import unreplayed
from .observation import region_of

FAILOVER, FAILBACK = "failover", "failback"
UNFINISHED = "unfinished"


class CourseError(ValueError):
    """Nobody can say which way to go; the message says why, and what to do."""


@dataclasses.dataclass(frozen=True)
class Course:
    """`source` is the region that is left, `target` the one that shall be active. `why` says who chose it."""

    source: str
    target: str
    why: str


def unfinished(report: dict[str, Any], situation: Situation, now: float, patience: float) -> bool:
    """Whether the report of an earlier run is about this global database, has no end, and is younger than `patience`
    seconds. `now` is in seconds since the epoch."""
    return (
        report.get("result") == UNFINISHED
        and report.get("global_cluster") == situation.document.get("global_cluster")
        and now - float(report.get("started_epoch", 0)) < patience
    )


def choose(situation: Situation, verb: str, wanted: str, earlier: dict[str, Any]) -> Course:
    """The way of `verb` (switchover, failover or failback). `wanted` is the region that a person named, or "";
    `earlier` the report of an unfinished run, or {}.

    Raises CourseError.
    """
    regions = list(situation.views)
    if wanted and wanted not in regions:
        raise CourseError(f"to: expected {' or '.join(regions)}, found {wanted}")
    if not situation.document:
        reasons = [view.get("problem") or view.get("reason", "") for view in situation.views.values()]
        raise CourseError(f"Neither region tells what was deployed. {'; '.join(filter(None, reasons))}")
    handover = situation.handover
    choices = {
        "home": situation.home if verb == FAILBACK else "",
        "as you said": wanted,
        f"as the run of {earlier.get('started_at', '')} that did not end": earlier.get("to", ""),
        "where a handover that is under way goes": region_of(handover["target_arn"]) if handover else "",
        "the standby": situation.standby,
    }
    why, target = next(((why, region) for why, region in choices.items() if region in regions), ("", ""))
    if not target:
        raise CourseError(
            "Who is active is not known, or the regions disagree about it. Look at status.yml; if you are sure, say "
            "which region shall be active: -e to=<region>"
        )
    if verb != FAILOVER:
        _leave_nothing_behind(situation, target)
    return Course(situation.peer(target), target, why)


def _leave_nothing_behind(situation: Situation, target: str) -> None:
    """Raises CourseError while the region that holds the writer has a journal whose payments its database may lack, and
    the writer is about to leave it. A move that is under way is not held up: only Aurora ends it."""
    active = situation.active
    epoch = situation.seen(active).get("epoch") or {}
    leaving = active not in ("", target) and not situation.handover
    if leaving and epoch and epoch["active"] == active and not epoch["replayed"]:
        raise CourseError(unreplayed(active, epoch["number"]))

"""What became of the payments of each outage, and how that is shown. Pure; times are in seconds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from .figures import table


@dataclass(frozen=True)
class Kind:
    """What is out in the active region, and whether a person recovers: where the failover function rightly refuses."""

    outages: tuple[str, ...]
    by_hand: bool = False


#: Nobody can fence the region beyond the partition: its clients reach it, and neither AWS's control plane nor the
#: other region does.
KINDS = {
    "dark": Kind(("dark",)),
    "database-frozen": Kind(("database-frozen",)),
    "partition": Kind(("partition", "control-plane"), by_hand=True),
    "database-killed": Kind(("database-killed",)),
}


@dataclass(frozen=True)
class Plan:
    """One outage: `pause` after payments flow it begins, and replication has stopped `lag` before."""

    kind: str
    number: int
    pause: float
    lag: float = 0.0

    @property
    def row(self) -> str:
        """What the figures are added up by."""
        return f"{self.kind}, replication stopped {self.lag:.0f} s before" if self.lag else self.kind


@dataclass(frozen=True)
class Run:
    """What one outage of `origin` came to.

    `replicated` counts the acknowledged payments that were missing before reconcile.yml, `lost` and `doubled` those
    after it, `woken` those that the old region acknowledged after the promotion, `refused` those that it refused then
    (None where that was not counted), `silence` the longest time in which nobody was paid. `named` has the references
    of what is lost, doubled or woken. `problem` says why there is nothing to count;
    "" where there is.
    """

    row: str
    number: int
    origin: str
    pause: float
    acknowledged: int = 0
    replicated: int = 0
    lost: int = 0
    doubled: int = 0
    woken: int = 0
    refused: int | None = None
    silence: float = 0.0
    seconds: float = 0.0
    named: tuple[str, ...] = ()
    problem: str = ""

    @property
    def kind(self) -> str:
        return self.row.partition(",")[0]

    @property
    def line(self) -> str:
        """The run for a terminal."""
        begin = f"{self.row} {self.number:02}, {self.origin} after {self.pause:.2f} s: "
        if self.problem:
            return f"{begin}FAILED after {self.seconds:.0f} s: {self.problem}"
        return (
            f"{begin}{self.acknowledged} acknowledged, {self.replicated} lost by replication alone; "
            f"after reconcile.yml {self.lost} lost, {self.doubled} doubled; "
            f"{self.woken} by the old region after the promotion, which refused {self.refused}; "
            f"{self.silence:.1f} s without service; took {self.seconds:.0f} s"
        )


def wrong(runs: Iterable[Run]) -> list[str]:
    """What must not be: a sentence for each run that lost, doubled, woke or failed."""
    return [run.line for run in runs if run.problem or run.lost or run.doubled or run.woken]


def by_luck(runs: Iterable[Run], plans: Iterable[Plan]) -> list[str]:
    """The rows in which replication was stopped and nothing was lost by that: a zero there proves nothing."""
    stopped = dict.fromkeys(plan.row for plan in plans if plan.lag)
    missed = {run.row for run in runs if run.replicated}
    return [row for row in stopped if row not in missed]


def p50(values: list[float]) -> float:
    """The smallest value that half of them do not exceed."""
    return sorted(values)[math.ceil(len(values) / 2) - 1]


def figures(runs: list[Run]) -> str:
    """A line for each row, kind by kind."""
    head = [
        "outage",
        "runs",
        "acknowledged",
        "replication alone: lost",
        "most in a run",
        "lost",
        "doubled",
        "by the old region after the promotion",
        "refused by it",
        "without service p50, s",
        "max",
    ]
    ordered = sorted(runs, key=lambda run: list(KINDS).index(run.kind))
    names = dict.fromkeys(run.row for run in ordered)
    return table(head, [_row(name, [run for run in runs if run.row == name]) for name in names])


def _row(row: str, runs: list[Run]) -> list[str]:
    counted = [run for run in runs if not run.problem]
    refused = [run.refused for run in counted if run.refused is not None]
    silences = [run.silence for run in counted] or [math.nan]
    return [
        row,
        f"{len(counted)}",
        f"{sum(run.acknowledged for run in counted):,}",
        f"{sum(run.replicated for run in counted):,}",
        f"{max((run.replicated for run in counted), default=0):,}",
        f"{sum(run.lost for run in counted)}",
        f"{sum(run.doubled for run in counted)}",
        f"{sum(run.woken for run in counted)}",
        f"{sum(refused):,}" if refused else "",
        f"{p50(silences):.1f}",
        f"{max(silences):.1f}",
    ]

"""What was measured of the journal, the arithmetic on it, and how it is shown. Pure; every time is in seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .figures import table
from .journal_variant import STRICT, WITH, WITHOUT
from .payment_figures import Throughput, milliseconds, percentile, verdict

BARE, BARE_BOTH = "bare", "bare, both"
#: What the journal may cost a payment beyond what it costs a script that asks the same of the peer.
AIM_MORE = 0.002
#: Nobody who did not wait for a silent peer waited for so long.
WAITED = 0.4
SHOWN = {
    WITHOUT: "without the journal",
    WITH: "`available`: acknowledged",
    STRICT: "`strict`: refused with 503",
}

Took = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Distance:
    """Payments without the journal and with it, and a bare script's PUT without and with the transaction beside it, in
    turns. `apart`: there and back."""

    apart: float
    took: Took

    @property
    def cost(self) -> float:
        """What the journal added to a payment."""
        return self._added(WITHOUT, WITH)

    @property
    def bare(self) -> float:
        """What the transaction added to the script's PUT."""
        return self._added(BARE, BARE_BOTH)

    @property
    def met(self) -> bool:
        return self.cost <= self.bare + AIM_MORE

    def _added(self, less: str, more: str) -> float:
        """The median of the differences, turn by turn: what disturbs the machine disturbs both of a turn."""
        return median(one - other for one, other in zip(self.took[more], self.took[less], strict=True))


@dataclass(frozen=True)
class Out:
    """Payments in turns while the peer was out."""

    kind: str
    took: Took


@dataclass(frozen=True)
class Pair:
    """The same clients without the journal and with it, one after the other."""

    without: Throughput
    journaled: Throughput


@dataclass(frozen=True)
class First:
    """The first payments of new environments that had answered /health."""

    without: Sequence[float]
    journaled: Sequence[float]


def figures(distances: Sequence[Distance], out: Sequence[Out], pairs: Sequence[Pair], first: First) -> str:
    """All of it, as tables."""
    return "\n\n".join([distances_table(distances), pairs_table(pairs), out_table(out), first_table(first)])


def distances_table(distances: Sequence[Distance]) -> str:
    turns = len(distances[0].took[WITH])
    head = [
        f"{turns} of each, in turns; between the regions, there and back", "without: p50", "p99", "with: p50", "p99",
        "ratio p50", "p99", "costs, p50", "a script's costs, p50", f"at most {milliseconds(AIM_MORE)} more than that",
    ]  # fmt: skip
    return table(head, [_distance(one) for one in distances])


def _distance(one: Distance) -> list[str]:
    without, journaled = one.took[WITHOUT], one.took[WITH]
    return [
        milliseconds(one.apart),
        *(milliseconds(percentile(took, percent)) for took in (without, journaled) for percent in (50, 99)),
        *(f"{percentile(journaled, percent) / percentile(without, percent):.2f}" for percent in (50, 99)),
        milliseconds(one.cost),
        milliseconds(one.bare),
        verdict(one.met),
    ]


def pairs_table(pairs: Sequence[Pair]) -> str:
    """Each number of clients once: the seconds of all its rounds together."""
    counts = sorted({pair.journaled.clients for pair in pairs})
    head = ["clients at once", "without: a second", "p50", "p99", "with: a second", "p50", "p99", "ratio", "refused"]
    return table(head, [_pair([pair for pair in pairs if pair.journaled.clients == count]) for count in counts])


def _pair(pairs: Sequence[Pair]) -> list[str]:
    without, journaled = (together([getattr(pair, name) for pair in pairs]) for name in ("without", "journaled"))
    return [
        str(journaled.clients),
        *(cell for one in (without, journaled) for cell in _throughput(one)),
        f"{rate(journaled) / rate(without):.2f}",
        str(without.refused + journaled.refused),
    ]


def together(runs: Sequence[Throughput]) -> Throughput:
    """Runs of as many clients, as if they were one."""
    took = [seconds for run in runs for seconds in run.took]
    return Throughput(runs[0].clients, sum(run.seconds for run in runs), took, sum(run.refused for run in runs))


def rate(run: Throughput) -> float:
    """Payments a second."""
    return len(run.took) / run.seconds


def _throughput(run: Throughput) -> list[str]:
    return [f"{rate(run):.0f}", *(milliseconds(percentile(run.took, percent)) for percent in (50, 99))]


def out_table(out: Sequence[Out]) -> str:
    head = ["the peer is out, by kind", "", "p50", "p99", "longest", "waited for it"]
    return table(head, [[one.kind, *_out(name, one.took[name])] for one in out for name in one.took])


def _out(name: str, took: Sequence[float]) -> list[str]:
    waited = sum(seconds > WAITED for seconds in took)
    shown = [milliseconds(seconds) for seconds in (percentile(took, 50), percentile(took, 99), max(took))]
    return [SHOWN[name], *shown, f"{waited} of {len(took)}"]


def first_table(first: First) -> str:
    rows = [
        [name, *(milliseconds(seconds) for seconds in (median(took), min(took), max(took)))]
        for name, took in (("without the journal", first.without), ("with it", first.journaled))
    ]
    return table(
        [f"first payment of a new environment, {len(first.journaled)} of each", "median", "least", "most"], rows
    )

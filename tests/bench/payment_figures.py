"""What was measured of payments, the arithmetic on it, and how it is shown. Pure; every time is in seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .figures import table

#: A payment may take this many times the bare script, plus what a runtime takes by itself.
AIM_RATIO, AIM_RUNTIME = 1.5, 0.004
AIM_COLD = 1.3
AIM_ZIP = 3_000_000


@dataclass(frozen=True)
class Latencies:
    """One after the other: the bare script, a payment through the API, an answer without database and bucket."""

    bare: list[float]
    payment: list[float]
    nothing: list[float]


@dataclass(frozen=True)
class Throughput:
    clients: int
    seconds: float
    took: list[float]
    refused: int


@dataclass(frozen=True)
class ColdStart:
    function: list[float]
    libraries: list[float]

    @property
    def ratio(self) -> float:
        """Pair by pair: what disturbs the machine disturbs both halves of a pair."""
        return median(one / other for one, other in zip(self.function, self.libraries, strict=True))


@dataclass(frozen=True)
class Proof:
    """The run in which every book agreed."""

    payments: int
    clients: int
    happened: Counter[str]
    seconds: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all are not above (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__trunc__() - 1)]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def latency_table(one: Latencies) -> str:
    shown = {
        "the bare script: INSERT and PUT": one.bare,
        "a payment through the API": one.payment,
        "an answer of the function that needs neither": one.nothing,
    }
    rows = [
        [name, *(milliseconds(percentile(took, percent)) for percent in (50, 99)), _ratio(took, one.bare)]
        for name, took in shown.items()
    ]
    return table([f"{len(one.payment)} of each, in turns", "p50", "p99", "p50 to the bare script's"], rows)


def _ratio(took: list[float], bare: list[float]) -> str:
    return f"{percentile(took, 50) / percentile(bare, 50):.2f}"


def aims_table(one: Latencies, cold: ColdStart, zip_bytes: int) -> str:
    bare, payment = percentile(one.bare, 50), percentile(one.payment, 50)
    allowed = AIM_RATIO * bare + AIM_RUNTIME
    function, libraries = median(cold.function), median(cold.libraries)
    rows = [
        [
            "a payment, p50",
            milliseconds(payment),
            f"{AIM_RATIO:g} x {milliseconds(bare)} + {milliseconds(AIM_RUNTIME)} = {milliseconds(allowed)}",
            verdict(payment <= allowed),
        ],
        [
            f"cold start, median of {len(cold.function)}",
            milliseconds(function),
            f"{AIM_COLD:g} x {milliseconds(libraries)} for its libraries alone; it is {cold.ratio:.2f} x",
            verdict(cold.ratio <= AIM_COLD),
        ],
        ["zip", f"{zip_bytes / 1e6:.2f} MB", f"under {AIM_ZIP / 1e6:g} MB", verdict(zip_bytes < AIM_ZIP)],
    ]
    return table(["", "measured", "aim", ""], rows)


def throughput_table(runs: Sequence[Throughput]) -> str:
    rows = [
        [
            str(run.clients),
            f"{len(run.took) / run.seconds:.0f}",
            milliseconds(percentile(run.took, 50)),
            milliseconds(percentile(run.took, 99)),
            str(run.refused),
        ]
        for run in runs
    ]
    return table(["clients at once", "payments a second", "p50", "p99", "refused"], rows)


def proof_text(one: Proof) -> str:
    """What happened on the way, and that it ended well."""
    happened = ", ".join(f"{name} {count:,}" for name, count in sorted(one.happened.items()))
    return (
        f"{one.payments:,} payments by {one.clients} clients in {one.seconds:.0f} s ({happened}): the clients' "
        "acknowledgements, what `GET /payments` lists, the rows of both databases and the log objects of both buckets "
        "are the same, to the character, each once."
    )

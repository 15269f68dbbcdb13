"""What a drill measured, from what the clients saw and the ledger knows. Pure; times are seconds since the epoch."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .load import Paid


@dataclasses.dataclass(frozen=True)
class Interruption:
    """The longest time without an acknowledgement: the last one before it, and the first one after."""

    last_before: float
    first_after: float

    @property
    def seconds(self) -> float:
        """How long nobody could pay."""
        return self.first_after - self.last_before


def interruption(payments: Iterable[Paid], began: float, ended: float) -> Interruption | None:
    """The longest silence that ended after the outage `began` and began before it `ended`; None when there is none to
    see: fewer than two acknowledgements, or none since."""
    times = sorted(paid.ended for paid in payments if paid.id)
    silences = [
        Interruption(before, after)
        for before, after in zip(times, times[1:], strict=False)
        if after >= began and before <= ended
    ]
    return max(silences, key=lambda silence: silence.seconds, default=None)


def served_since(payments: Iterable[Paid], since: float, region: str = "") -> list[Paid]:
    """The payments that were sent after `since` and acknowledged, by `region` if it is given."""
    return [paid for paid in payments if paid.id and paid.began >= since and region in ("", paid.region)]


def proof(payments: list[Paid], ledger: Iterable[Mapping[str, Any]], began: float) -> dict[str, Any]:
    """Compare the clients' acknowledgements with the ledger's payments ({"id", "reference", "amount", …}).

    Answers acknowledged, lost (acknowledged and not in the ledger, or with another amount), doubled (references that
    stand in the ledger more than once), unanswered (the client never learned), charged_unanswered (of those, in the
    ledger), rpo_seconds (how long before `began` the oldest lost payment was acknowledged).
    """
    entries = list(ledger)
    by_id = {entry["id"]: entry for entry in entries}
    acknowledged = [paid for paid in payments if paid.id]
    lost = [paid for paid in acknowledged if by_id.get(paid.id, {}).get("amount") != paid.amount]
    counts = Counter(entry["reference"] for entry in entries)
    references = {paid.reference for paid in payments}
    unanswered = {paid.reference for paid in payments if not paid.id}
    return {
        "acknowledged": len(acknowledged),
        "lost": [dataclasses.asdict(paid) for paid in lost],
        "doubled": sorted(reference for reference, count in counts.items() if count > 1 and reference in references),
        "unanswered": len(unanswered),
        "charged_unanswered": len(unanswered & counts.keys()),
        "rpo_seconds": max((began - paid.ended for paid in lost), default=0.0),
    }


def moves(payments: Iterable[Paid]) -> list[tuple[float, str]]:
    """(when, region) of each first acknowledgement by another region than the one before."""
    found: list[tuple[float, str]] = []
    for paid in sorted((paid for paid in payments if paid.id), key=lambda paid: paid.ended):
        if not found or found[-1][1] != paid.region:
            found.append((paid.ended, paid.region))
    return found

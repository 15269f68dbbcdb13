"""What a drill measured, from what the clients saw and the ledger knows. Pure; times are seconds since the epoch."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .load import Paid

#: The width of the bars in the picture.
BAR_SECONDS = 1.0


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
    see: no acknowledgement before the outage, or none since."""
    times = sorted(paid.ended for paid in payments if paid.id)
    if not times or times[0] > began:
        return None
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
    """(when, region) of each first acknowledgement by another region than the one before.

    A payment that was sent before a move and names a region of before it was charged there, and only answered now.
    """
    found: list[tuple[float, str]] = []
    for paid in sorted((paid for paid in payments if paid.id), key=lambda paid: paid.ended):
        late = any(region == paid.region for _, region in found) and paid.began < found[-1][0]
        if not found or (found[-1][1] != paid.region and not late):
            found.append((paid.ended, paid.region))
    return found


def histogram(payments: Iterable[Paid], width: float) -> list[tuple[float, dict[str, int]]]:
    """Acknowledgements by region in each `width` seconds: (start, {region: count}), without a gap between."""
    times = [(paid.ended, paid.region) for paid in payments if paid.id]
    if not times:
        return []
    first, last = min(times)[0], max(times)[0]
    counts: list[Counter[str]] = [Counter() for _ in range(int((last - first) // width) + 1)]
    for ended, region in times:
        counts[int((ended - first) // width)][region] += 1
    return [(first + number * width, dict(count)) for number, count in enumerate(counts)]


def report(payments: list[Paid], facts: Mapping[str, Any], generated_at: str) -> dict[str, Any]:
    """What is written to the report, from the options of library/drill_report.py."""
    silence = interruption(payments, facts["began"], facts["ended"])
    proved = facts["proof"]
    rto = round(silence.seconds, 3) if silence else None
    met = rto is not None and rto < facts["rto_seconds"] and proved["rpo_seconds"] < facts["rpo_seconds"]
    told = {
        "environment": facts["environment"],
        "kind": facts["kind"],
        "direction": f"{facts['origin']} to {facts['target']}",
        "mode": facts["mode"],
        "timings": facts["timings"],
        "generated_at": generated_at,
        "began": facts["began"],
        "ended": facts["ended"],
        "rto_seconds": rto,
        "rpo_seconds": round(proved["rpo_seconds"], 3),
        "objective": {"rto_seconds": facts["rto_seconds"], "rpo_seconds": facts["rpo_seconds"]},
        "interruption": silence and {**dataclasses.asdict(silence), "seconds": rto},
        "acknowledged": proved["acknowledged"],
        "lost": len(proved["lost"]),
        "lost_by_replication": len(facts["replicated"]["lost"]),
        "lost_payments": proved["lost"],
        "duplicated": len(proved["doubled"]),
        "duplicated_references": proved["doubled"],
        "unanswered": proved["unanswered"],
        "timeline": timeline(payments, facts["timeline"], silence),
        "met": met and not proved["doubled"],
    }
    return {**told, "verdict": _verdict(told)}


def timeline(
    payments: list[Paid], events: Iterable[Mapping[str, Any]], silence: Interruption | None
) -> list[dict[str, Any]]:
    """The events that others saw, and those that the clients saw, in order.

    An event's `at` is in seconds since the epoch, or ISO 8601.
    """
    seen = [{"at": _seconds(event["at"]), "what": str(event["what"])} for event in events]
    if silence:
        seen.append({"at": silence.last_before, "what": "last payment acknowledged before the interruption"})
        seen.append({"at": silence.first_after, "what": "first payment acknowledged after it"})
    seen += [{"at": at, "what": f"payments are acknowledged by {region}"} for at, region in moves(payments)]
    return sorted(seen, key=lambda event: event["at"])


def _seconds(at: float | str) -> float:
    """Seconds since the epoch, from those or from ISO 8601 as the reports of a recovery have it."""
    try:
        return float(at)
    except ValueError:
        return datetime.datetime.fromisoformat(str(at)).timestamp()


def lines(told: Mapping[str, Any]) -> list[str]:
    """The report for a terminal."""
    return [
        told["verdict"],
        *(f"{event['at'] - told['began']:+9.1f} s  {event['what']}" for event in told["timeline"]),
    ]


def _verdict(told: Mapping[str, Any]) -> str:
    """One sentence: what was measured, and whether that was promised."""
    word = "MET" if told["met"] else "NOT MET"
    rto = "no interruption to measure" if told["rto_seconds"] is None else f"RTO {told['rto_seconds']:.1f} s"
    return (
        f"{word}: {told['kind']}, {told['direction']}, {told['mode']}: {rto} "
        f"(promised {told['objective']['rto_seconds']} s), RPO {told['rpo_seconds']:.1f} s "
        f"(promised {told['objective']['rpo_seconds']} s); of {told['acknowledged']} acknowledged payments "
        f"{told['lost']} lost, {told['duplicated']} doubled; replication alone would have lost "
        f"{told['lost_by_replication']}"
    )

"""What a failover function decided and did, from its log: JSON lines with an "event"."""

from __future__ import annotations

import dataclasses
import datetime
import operator
from typing import Any

from .calls import BRISK, Clients, describing
from .json_object import json_object
from .observation import Probe
from .waiters import Clock, timestamp

#: One for every evaluation.
EVENT = "decision"
#: What it did, or could not do, in words under "message".
DEEDS = ("promoting", "progress", "failed")
#: How far back the log is read for the last look at a region that served, in seconds: a little of it, then more.
LOOKING_BACK = (900, 3600, 3 * 3600)


@dataclasses.dataclass(frozen=True)
class Line:
    """A log event, parsed once: `at` in seconds since the epoch, `fields` {} where it is no JSON object."""

    at: float
    fields: dict[str, Any]

    @classmethod
    def of(cls, event: dict[str, Any]) -> Line:
        """Its time is what the line says itself, or else CloudWatch's, which a batch of lines shares."""
        fields = json_object(event["message"])
        try:
            at = datetime.datetime.fromisoformat(str(fields.get("timestamp"))).timestamp()
        except ValueError:
            at = event["timestamp"] / 1000
        return cls(at, fields)

    @property
    def decision(self) -> dict[str, Any] | None:
        """{at, action, reason}, or None when it is something else."""
        if self.fields.get("event") != EVENT:
            return None
        decided = self.fields.get("decision", self.fields)
        return {
            "at": timestamp(self.at),
            "action": str(decided.get("action", "")),
            "reason": str(decided.get("reason", "")),
        }

    @property
    def probes(self) -> list[Probe]:
        """The looks that a decision was made from."""
        if self.fields.get("event") != EVENT:
            return []
        logged = self.fields.get("observation", {}).get("probes", [])
        return [probe for entry in logged if (probe := _probe(entry))]


def last_decision(clients: Clients, region: str, log_group: str, minutes: int, clock: Clock) -> dict[str, Any] | None:
    """{at, action, reason} of the newest decision of the last `minutes`, or None. Raises AwsFailure."""
    # A term, not a JSON pattern: what is a decision is seen in the line itself.
    lines = _lines(clients, region, log_group, clock.now() - 60 * minutes, filterPattern=EVENT)
    decisions = [decision for line in lines if (decision := line.decision)]
    return max(decisions, key=operator.itemgetter("at"), default=None)


def story(clients: Clients, region: str, log_group: str, since: float, until: float) -> list[dict[str, Any]]:
    """[{at, what}] of what the function saw and did between two times (seconds since the epoch, as is `at`): every
    decision that is another one than before, and every deed; what is said again is left out. Raises AwsFailure."""
    entries: list[dict[str, Any]] = []
    before = ""
    lines = _lines(clients, region, log_group, since, endTime=int(until * 1000))
    for line in sorted(lines, key=operator.attrgetter("at")):
        decided, what = line.decision, ""
        if decided and decided["action"] != before:
            before, what = decided["action"], f"{decided['action']}: {decided['reason']}"
        elif line.fields.get("event") in DEEDS:
            what = str(line.fields.get("message", ""))
        if what and what != (entries or [{}])[-1].get("what"):
            entries.append({"at": line.at, "what": what})
    return entries


def remembered_probes(clients: Clients, region: str, log_group: str, clock: Clock) -> tuple[Probe, ...]:
    """The function's own looks at the other region, each once, oldest first, as far back as one that found it serving.

    A person comes minutes or hours after an outage began; when it began, only the function has seen. Raises AwsFailure.
    """
    now, found, older = clock.now(), {}, {}
    for back in LOOKING_BACK:
        lines = _lines(clients, region, log_group, now - back, filterPattern=EVENT, **older)
        found |= {probe.at: probe for line in lines for probe in line.probes}
        if any(probe.ok for probe in found.values()):
            break
        older = {"endTime": int((now - back) * 1000)}
    return tuple(found[at] for at in sorted(found))


def _probe(entry: dict[str, Any]) -> Probe | None:
    """A look from its log entry; None when another release wrote it in another way."""
    try:
        return Probe(**{**entry, "at": datetime.datetime.fromisoformat(entry["at"]).timestamp()})
    except (KeyError, TypeError, ValueError):
        return None


def _lines(clients: Clients, region: str, log_group: str, since: float, **more: Any) -> list[Line]:
    """What was logged since, in seconds since the epoch; `more` is what else FilterLogEvents takes."""
    logs = clients("logs", region, BRISK)
    with describing(f"read the log {log_group}", region):
        pages = logs.get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=log_group, startTime=int(since * 1000), **more).build_full_result()
    return [Line.of(event) for event in found["events"]]

"""What a failover function decided and did, from its log: JSON lines with an "event"."""

from __future__ import annotations

import datetime
import json
from typing import Any

from .calls import BRISK, Clients, describing
from .observation import Probe
from .waiters import Clock, timestamp

#: One for every evaluation.
EVENT = "decision"
#: What it did, or could not do, in words under "message".
DEEDS = ("promoting", "progress", "failed")
#: How far back the log is read for the last look at a region that served, in seconds: a little of it, then more.
LOOKING_BACK = (900, 3600, 3 * 3600)


def last_decision(clients: Clients, region: str, log_group: str, minutes: int, clock: Clock) -> dict[str, Any] | None:
    """{at, action, reason} of the newest decision of the last `minutes`, or None. Raises AwsFailure."""
    # A term, not a JSON pattern: what is a decision is seen in the line itself.
    found = _events(clients, region, log_group, clock.now() - 60 * minutes, filterPattern=EVENT)
    decisions = [decision for event in found if (decision := decision_of(event))]
    return max(decisions, key=lambda decision: decision["at"], default=None)


def story(clients: Clients, region: str, log_group: str, since: float, until: float) -> list[dict[str, Any]]:
    """[{at, what}] of what the function saw and did between two times (seconds since the epoch, as is `at`): every
    decision that is another one than before, and every deed. Raises AwsFailure."""
    return told(_events(clients, region, log_group, since, endTime=int(until * 1000)))


def told(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What `story` answers, from log events in any order. What is said again is left out."""
    entries: list[dict[str, Any]] = []
    before = ""
    for event in sorted(events, key=_when):
        line, decided = _line(event), decision_of(event)
        what = ""
        if decided and decided["action"] != before:
            before, what = decided["action"], f"{decided['action']}: {decided['reason']}"
        elif line.get("event") in DEEDS:
            what = str(line.get("message", ""))
        if what and what != (entries or [{}])[-1].get("what"):
            entries.append({"at": _when(event), "what": what})
    return entries


def _when(event: dict[str, Any]) -> float:
    """When the line was written, as it says itself, or else CloudWatch's time, which a batch of lines shares."""
    said = _line(event).get("timestamp")
    try:
        return datetime.datetime.fromisoformat(str(said)).timestamp()
    except ValueError:
        return event["timestamp"] / 1000


def remembered_probes(clients: Clients, region: str, log_group: str, clock: Clock) -> tuple[Probe, ...]:
    """The function's own looks at the other region, oldest first, as far back as one that found it serving.

    A person comes minutes or hours after an outage began; when it began, only the function has seen. Raises AwsFailure.
    """
    now, probes = clock.now(), ()
    for back in LOOKING_BACK:
        probes = probes_of(_events(clients, region, log_group, now - back, filterPattern=EVENT))
        if any(probe.ok for probe in probes):
            break
    return probes


def probes_of(events: list[dict[str, Any]]) -> tuple[Probe, ...]:
    """Every look that the decisions among these log events were made from, once, oldest first."""
    lines = [line for event in events if (line := _line(event)).get("event") == EVENT]
    logged = [entry for line in lines for entry in line.get("observation", {}).get("probes", [])]
    found = {probe.at: probe for entry in logged if (probe := _probe(entry))}
    return tuple(found[at] for at in sorted(found))


def _probe(entry: dict[str, Any]) -> Probe | None:
    """A look from its log entry; None when another release wrote it in another way."""
    try:
        return Probe(**{**entry, "at": datetime.datetime.fromisoformat(entry["at"]).timestamp()})
    except (KeyError, TypeError, ValueError):
        return None


def _events(clients: Clients, region: str, log_group: str, since: float, **more: Any) -> list[dict[str, Any]]:
    logs = clients("logs", region, BRISK)
    with describing(f"read the log {log_group}", region):
        pages = logs.get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=log_group, startTime=int(since * 1000), **more).build_full_result()
    return found["events"]


def _line(event: dict[str, Any]) -> dict[str, Any]:
    """The JSON object of a log event; {} when it is something else."""
    try:
        line = json.loads(event["message"])
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def decision_of(event: dict[str, Any]) -> dict[str, Any] | None:
    """{at, action, reason} of one log event, or None when it is something else."""
    line = _line(event)
    if line.get("event") != EVENT:
        return None
    decided = line.get("decision", line)
    return {
        "at": timestamp(_when(event)),
        "action": str(decided.get("action", "")),
        "reason": str(decided.get("reason", "")),
    }

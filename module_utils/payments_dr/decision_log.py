"""What a failover function decided, from its log: a JSON line with "event": "decision" for every evaluation."""

from __future__ import annotations

import json
from typing import Any

from .calls import BRISK, Clients, describing
from .waiters import Clock, timestamp

EVENT = "decision"


def last_decision(clients: Clients, region: str, log_group: str, minutes: int, clock: Clock) -> dict[str, Any] | None:
    """{at, action, reason} of the newest decision of the last `minutes`, or None. Raises AwsFailure."""
    logs = clients("logs", region, BRISK)
    since = int((clock.now() - 60 * minutes) * 1000)
    with describing(f"read the log {log_group}", region):
        # A term, not a JSON pattern: what is a decision is seen in the line itself.
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=log_group, startTime=since, filterPattern=EVENT
        )
        events = pages.build_full_result()["events"]
    decisions = [found for event in events if (found := decision_of(event))]
    return max(decisions, key=lambda found: found["at"], default=None)


def decision_of(event: dict[str, Any]) -> dict[str, Any] | None:
    """{at, action, reason} of one log event, or None when it is something else."""
    try:
        line = json.loads(event["message"])
    except ValueError:
        return None
    if not isinstance(line, dict) or line.get("event") != EVENT:
        return None
    decided = line.get("decision", line)
    return {
        "at": timestamp(event["timestamp"] / 1000),
        "action": str(decided.get("action", "")),
        "reason": str(decided.get("reason", "")),
    }

"""Whether a Route 53 health check is healthy now, from the emulator's state at the moment of asking.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch, route53

# An alarm's states, the present one first, by its AlarmIdentifier (Name, Region); empty when there is no such alarm.
AlarmStates = Callable[[Mapping[str, str]], Sequence[str]]

# What the checkers last decided about each endpoint check, by its id. A check that nobody has reported on is
# healthy, as a new one is on AWS.
endpoints: dict[str, bool] = {}
# What they last saw there, in the words of GetHealthCheckStatus.
reports: dict[str, str] = {}


def forget(check_id: str) -> None:
    """Forget a check that was deleted."""
    endpoints.pop(check_id, None)
    reports.pop(check_id, None)


def is_healthy(account: str, check_id: str) -> bool:
    """Return the status of a health check of `account` (12 digits)."""
    with request_scope(account, "us-east-1"):
        checks = {key: check["config"] for key, check in route53._health_checks.items()}
    return status(check_id, checks, lambda identifier: alarm_states(account, identifier))


def overview(account: str) -> dict[str, dict[str, Any]]:
    """Return every check of an account by id: whether it is healthy, and what was last seen there."""
    with request_scope(account, "us-east-1"):
        known = list(route53._health_checks)
    return {check: {"healthy": is_healthy(account, check), "report": reports.get(check, "")} for check in known}


def status(
    check_id: str,
    checks: Mapping[str, Mapping[str, Any]],
    alarm: AlarmStates,
    above: frozenset[str] = frozenset(),
) -> bool:
    """Return the status of a check, given every check's HealthCheckConfig by id.

    A check that was deleted stops no answer, and neither does a calculated one that watches itself: `above` holds
    those on the way here.
    """
    config = checks.get(check_id)
    if config is None or check_id in above:
        return True
    kind = config.get("Type")
    # Disabled counts as healthy, and Inverted then turns it round: the documented way to take a resource out.
    if config.get("Disabled"):
        healthy = True
    elif kind == "CALCULATED":
        children = config.get("ChildHealthChecks", [])
        count = sum(status(child, checks, alarm, above | {check_id}) for child in children)
        healthy = count >= config.get("HealthThreshold", len(children))
    elif kind == "CLOUDWATCH_METRIC":
        healthy = by_alarm(alarm(config["AlarmIdentifier"]), config.get("InsufficientDataHealthStatus"))
    else:
        healthy = endpoints.get(check_id, True)
    return healthy != bool(config.get("Inverted"))


def by_alarm(states: Sequence[str], insufficient: str | None) -> bool:
    """Judge an alarm's states, newest first; `insufficient` is the check's InsufficientDataHealthStatus.

    LastKnownStatus (the default) without a known one is healthy.
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
    """
    known = [state for state in states if state in ("OK", "ALARM")]
    if (not states or states[0] not in known) and insufficient in ("Healthy", "Unhealthy"):
        return insufficient == "Healthy"
    return not known or known[0] == "OK"


def alarm_states(account: str, identifier: Mapping[str, str]) -> list[str]:
    """Return the states of a metric or composite alarm, newest first: the present one, then those of its history."""
    name = identifier["Name"]
    with request_scope(account, identifier["Region"]):
        alarm = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
        history = [entry for entry in cloudwatch._history_entries() if entry["AlarmName"] == name]
    if alarm is None:
        return []
    updates = [json.loads(entry["HistoryData"]) for entry in history if entry["HistoryItemType"] == "StateUpdate"]
    return [alarm["StateValue"], *(update["newState"]["stateValue"] for update in reversed(updates))]

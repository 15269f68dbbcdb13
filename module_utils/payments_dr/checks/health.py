"""Would Route 53 notice an outage, and could traffic be sent away on purpose?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from .. import evacuation, standing_by
from ..topology import Topology
from .model import Check, Scene, none_of, same

#: What a check does when its alarm has no data: the region that would send it may be dark.
KEEPS = "LastKnownStatus"


@dataclasses.dataclass(frozen=True)
class _Followed:
    """An alarm that a child follows. `inverted`: healthy while it is in ALARM."""

    alarm: str
    region: str
    inverted: bool = False


@dataclasses.dataclass(frozen=True)
class _Calculated:
    """What a failover record's check has to be: `healthy` of its children suffice, an endpoint and alarms."""

    id: str
    region: str
    healthy: int
    endpoint: str
    follows: tuple[_Followed, ...]

    @property
    def rule(self) -> str:
        count = 1 + len(self.follows)
        return "all of its children" if self.healthy == count else f"{self.healthy} of its {count} children"


def wanted(topology: Topology) -> tuple[_Calculated, _Calculated]:
    """PRIMARY is answered while endpoint, evacuation alarm and latency alarm are all healthy; SECONDARY, else, while
    the dr region is not evacuated, and serves, or the primary region does not stand by, or is evacuated: two of the
    four (docs/decisions/0015)."""
    primary, dr = topology.of_role("primary"), topology.of_role("dr")
    switch = topology.alarm(evacuation.ALARM_KIND, dr.region)
    its_switch = topology.alarm(evacuation.ALARM_KIND, primary.region)
    slow = topology.alarm("api-latency", primary.region)
    latch = topology.alarm(standing_by.ALARM_KIND, primary.region)
    serving = (_Followed(switch, dr.region), _Followed(slow, primary.region))
    away = (
        _Followed(its_switch, primary.region),
        _Followed(latch, primary.region),
        _Followed(switch, dr.region, inverted=True),
    )
    return (
        _Calculated(topology.primary_check, primary.region, 1 + len(serving), primary.health_check, serving),
        _Calculated(topology.secondary_check, dr.region, 2, dr.health_check, away),
    )


def checks(scene: Scene) -> Iterator[Check]:
    """The endpoint check of each region, and the calculated checks of the two records with their children."""
    if not scene.route53["reachable"]:
        return
    found = {one["id"]: one for one in scene.route53["health_checks"]}
    for place in scene.topology.places.values():
        yield from _endpoint(scene, place, found.get(place.health_check))
    for one in wanted(scene.topology):
        yield from _calculated(one, found)


def _endpoint(scene: Scene, place: Any, check: dict[str, Any] | None) -> Iterator[Check]:
    name, path = f"health check {place.health_check}", "/health"
    expected = f"{name}: HTTPS {place.address}{path}"
    if check is None:
        yield same("health-check-endpoint", place.region, expected, f"{name} does not exist")
        return
    inverted = ", inverted" if check["inverted"] else ""
    observed = f"{name}: {check['type']} {check['fqdn']}{check['path']}{inverted}"
    yield same("health-check-endpoint", place.region, expected, observed)
    yield _switched_on(place.region, name, check)
    policy = scene.policy
    expected = f"{name}: {policy.interval_seconds} s x {policy.failure_threshold}"
    observed = f"{name}: {check['interval_seconds']} s x {check['failure_threshold']}"
    yield same("health-check-pace", place.region, expected, observed)


def _switched_on(region: str, name: str, check: dict[str, Any]) -> Check:
    """A disabled check counts as healthy for ever:
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html"""
    state = "disabled" if check["disabled"] else "enabled"
    return same("health-check-enabled", region, f"{name} enabled", f"{name} {state}")


def _calculated(wanted: _Calculated, found: dict[str, dict[str, Any]]) -> Iterator[Check]:
    name, check = f"health check {wanted.id}", found.get(wanted.id)
    expected = f"{name}: {wanted.rule}"
    if check is None or check["type"] != "CALCULATED":
        state = f"is {check['type']}" if check else "does not exist"
        yield same("health-check-calculated", wanted.region, expected, f"{name} {state}")
        return
    children = [found[child] for child in check["children"] if child in found]
    faults = [f"{name} lacks {what}" for what in _lacking(wanted, children)]
    faults += [f"{name}: child {child} does not exist" for child in check["children"] if child not in found]
    if (count := len(check["children"])) != 1 + len(wanted.follows):
        faults.append(f"{name} has {count} children, not {1 + len(wanted.follows)}")
    if check["health_threshold"] != wanted.healthy:
        faults.append(f"{name} wants {check['health_threshold']} of {count} children healthy, not {wanted.healthy}")
    if check["inverted"]:
        faults.append(f"{name} is inverted")
    yield none_of("health-check-calculated", wanted.region, expected, faults)
    others = [one for one in [check, *children] if one["id"] != wanted.endpoint]  # that one has checks of its own
    off = [f"health check {one['id']} disabled" for one in others if one["disabled"]]
    yield none_of("health-check-children-enabled", wanted.region, f"{name} and its children enabled", off)


def _lacking(wanted: _Calculated, children: list[dict[str, Any]]) -> Iterator[str]:
    """The inputs that the calculated check should have and has not, in words."""
    if wanted.endpoint not in [child["id"] for child in children]:
        yield f"the endpoint check {wanted.endpoint}"
    following = {child["alarm_name"]: child for child in children if child["type"] == "CLOUDWATCH_METRIC"}
    for one in wanted.follows:
        child = following.get(one.alarm)
        if child is None or child["alarm_region"] != one.region or child["inverted"] != one.inverted:
            yield f"{'an inverted' if one.inverted else 'a'} check on {one.alarm} in {one.region}"
        elif child["insufficient_data_status"] != KEEPS:
            yield f"{KEEPS} for missing data of {one.alarm}"

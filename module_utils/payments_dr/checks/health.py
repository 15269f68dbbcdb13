"""Would Route 53 notice an outage, and could traffic be sent away on purpose?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .model import Check, Scene, none_of, same


def checks(scene: Scene) -> Iterator[Check]:
    """The endpoint check of each region, and the calculated check of the PRIMARY record with its children."""
    if not scene.route53["reachable"]:
        return
    found = {one["id"]: one for one in scene.route53["health_checks"]}
    for place in scene.topology.places.values():
        yield from _endpoint(scene, place, found.get(place.health_check))
    yield from _calculated(scene, found)


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


def _calculated(scene: Scene, found: dict[str, dict[str, Any]]) -> Iterator[Check]:
    """All of endpoint, evacuation alarm and latency alarm must be healthy for PRIMARY to be answered."""
    primary, name = scene.topology.of_role("primary"), f"health check {scene.topology.calculated_check}"
    check = found.get(scene.topology.calculated_check)
    expected = f"{name}: all of its children"
    if check is None or check["type"] != "CALCULATED":
        state = f"is {check['type']}" if check else "does not exist"
        yield same("health-check-calculated", primary.region, expected, f"{name} {state}")
        return
    children = [found[child] for child in check["children"] if child in found]
    faults = [f"{name} lacks {what}" for what in _lacking(scene, children)]
    faults += [f"{name}: child {child} does not exist" for child in check["children"] if child not in found]
    if check["health_threshold"] != len(check["children"]):
        faults.append(f"{name} wants {check['health_threshold']} of {len(check['children'])} children healthy, not all")
    faults += [f"health check {one['id']} is inverted" for one in [check, *children] if one["inverted"]]
    yield none_of("health-check-calculated", primary.region, expected, faults)
    others = [one for one in [check, *children] if one["id"] != primary.health_check]  # that one has its own check
    off = [f"health check {one['id']} disabled" for one in others if one["disabled"]]
    yield none_of("health-check-children-enabled", primary.region, f"{name} and its children enabled", off)


def _lacking(scene: Scene, children: list[dict[str, Any]]) -> Iterator[str]:
    """The inputs that the primary's calculated check should have and has not, in words."""
    primary, dr = scene.topology.of_role("primary"), scene.topology.of_role("dr")
    if primary.health_check not in [child["id"] for child in children]:
        yield f"the endpoint check {primary.health_check}"
    followed = {child["alarm_name"]: child for child in children if child["type"] == "CLOUDWATCH_METRIC"}
    switch = scene.topology.alarm("evacuate", dr.region)
    for alarm, region in ((switch, dr.region), (scene.topology.alarm("api-latency", primary.region), primary.region)):
        if followed.get(alarm, {}).get("alarm_region") != region:
            yield f"a check on {alarm} in {region}"
    if followed.get(switch, {}).get("insufficient_data_status", "LastKnownStatus") != "LastKnownStatus":
        yield f"LastKnownStatus for missing data of {switch}"

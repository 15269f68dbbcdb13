"""Would DNS send payments to the standby, and does it send them to the active region now?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..topology import Place
from .model import GLOBAL, Check, Scene, none_of, same

#: Failover and set identifier of the two records of the API, by home role.
FAILOVER = {"primary": ("PRIMARY", "primary"), "dr": ("SECONDARY", "dr")}


def checks(scene: Scene) -> Iterator[Check]:
    """What Route 53's control plane holds, if it answers, and what the authoritative servers say."""
    if scene.route53["reachable"]:
        yield Check("route53-control-plane", GLOBAL, True, "Route 53 answers", "Route 53 answers")
        for place in scene.topology.places.values():
            yield from _records(scene, place)
            yield _address(scene, place)
            yield from _beacon(scene, place)
    else:
        yield Check("route53-control-plane", GLOBAL, False, "Route 53 answers", scene.route53["reason"])
    yield from _answers(scene)


def _records(scene: Scene, place: Place) -> Iterator[Check]:
    """The region's failover record of the API: target, TTL, and the health check that is meant for it. A SECONDARY
    with an unhealthy check sends everybody back to the primary, which only this one may do:
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html"""
    failover, set_identifier = FAILOVER[place.dr_role]
    record = _find(scene, scene.topology.api_name, "CNAME", failover)
    name = f"{scene.topology.api_name} CNAME {failover}"
    expected = f"{name} ({set_identifier}) -> {place.gateway}"
    if record is None:
        yield same("dns-record", place.region, expected, f"{name} missing")
        return
    observed = f"{name} ({record['set_identifier']}) -> {', '.join(record['values'])}"
    yield same("dns-record", place.region, expected, observed)
    yield _ttl(scene, place.region, [record], name)
    check = scene.topology.primary_check if place.dr_role == "primary" else scene.topology.secondary_check
    observed = f"{name}: health check {record['health_check_id'] or 'none'}"
    yield same("dns-health-check", place.region, f"{name}: health check {check}", observed)


def _address(scene: Scene, place: Place) -> Check:
    """The region's own address, which checkers and engineers use."""
    record = _find(scene, place.address, "CNAME", "")
    observed = f"{place.address} -> {', '.join(record['values'])}" if record else f"{place.address} missing"
    return same("dns-address", place.region, f"{place.address} -> {place.own_gateway}", observed)


def _beacon(scene: Scene, place: Place) -> Iterator[Check]:
    """The pair of TXT records by which everybody can read what the checkers think of the region."""
    wanted = {"PRIMARY": ("up", place.health_check), "SECONDARY": ("down", "")}
    records = {failover: _find(scene, place.beacon, "TXT", failover) for failover in wanted}
    faults = []
    for failover, (text, check) in wanted.items():
        record, name = records[failover], f"{place.beacon} TXT {failover}"
        if record is None:
            faults.append(f"{name} missing")
        elif (record["values"], record["health_check_id"]) != ([text], check):
            faults.append(f"{name}: {','.join(record['values'])}, health check {record['health_check_id'] or 'none'}")
    expected = f"{place.beacon}: PRIMARY up with health check {place.health_check}, SECONDARY down without"
    yield none_of("dns-beacon", place.region, expected, faults)
    found = [record for record in records.values() if record]
    if found:
        yield _ttl(scene, place.region, found, f"{place.beacon} TXT", "dns-beacon-ttl")


def _ttl(scene: Scene, region: str, records: list[dict[str, Any]], what: str, name: str = "dns-ttl") -> Check:
    """Resolvers keep an answer no longer than the inventory says. An alias has no TTL that we could know."""
    longest = max((record["ttl_seconds"] or float("inf")) for record in records)
    limit = scene.policy.record_ttl_seconds
    return Check(name, region, longest <= limit, f"{what}: TTL {limit} s or less", f"{what}: TTL {longest} s")


def _find(scene: Scene, name: str, kind: str, failover: str) -> dict[str, Any] | None:
    wanted = (name.lower(), kind, failover)
    found = (one for one in scene.route53["records"] if (one["name"], one["type"], one["failover"]) == wanted)
    return next(found, None)


def _answers(scene: Scene) -> Iterator[Check]:
    """What clients are told at this moment, by every authoritative server."""
    places, api = scene.topology.places, scene.topology.api_name
    if scene.active:
        gateway = places[scene.active].gateway
        yield _answer(scene, "dns-answer", scene.active, (api, "CNAME"), [gateway])
    for place in places.values():
        yield _answer(scene, "dns-address-answer", place.region, (place.address, "CNAME"), [place.own_gateway])
        states = ["up"] if place.region == scene.active else ["up", "down"]
        yield _answer(scene, "dns-beacon-answer", place.region, (place.beacon, "TXT"), states)


def _answer(scene: Scene, check: str, region: str, question: tuple[str, str], allowed: list[str]) -> Check:
    """Every server that was asked has to give one of the allowed values, and no other."""
    name, kind = question
    told = [one for one in scene.route53["answers"] if (one["name"], one["type"]) == question]
    expected = f"{name} {kind} -> {_named(scene, ' or '.join(allowed))}"
    said = [_said(scene, one) for one in told] or ["nobody was asked"]
    ok = bool(told) and all(len(one["values"]) == 1 and one["values"][0] in allowed for one in told)
    return Check(check, region, ok, expected, "; ".join(dict.fromkeys(said)) if not ok else expected)


def _said(scene: Scene, answer: dict[str, Any]) -> str:
    if answer["error"]:
        return f"{answer['name']}: {answer['error']}"
    values = _named(scene, ", ".join(answer["values"])) or answer["rcode"]
    return f"{answer['name']} {answer['type']} -> {values} says {answer['server']}"


def _named(scene: Scene, value: str) -> str:
    """A gateway's name with the region behind it, since nobody knows gateways by heart."""
    region = next(
        (place.region for place in scene.topology.places.values() if value in (place.gateway, place.own_gateway)), ""
    )
    return f"{value} ({region})" if region else value

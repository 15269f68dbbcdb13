"""Could the region take payments: function, schedule, certificate, secret, alarms, and its own answer?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..standing_by import ALARM_KIND as STANDING_BY
from ..topology import Place
from .model import Check, Scene, none_of, same

#: What must be alike in both regions, with the name that a person knows it by.
ALIKE = {
    "code_sha256": "code",
    "version": "version",
    "runtime": "runtime",
    "architecture": "architecture",
    "memory_mb": "memory",
    "timeout_seconds": "time-out",
}
#: How often the transaction log is completed: its delay counts towards the RPO of the log.
REPAIRED_EVERY = "rate(1 minute)"
#: What a standby may answer: 503 says "not writable here", which is what a secondary should say.
STANDBY_STATUS = (200, 503)


def checks(scene: Scene) -> Iterator[Check]:
    """Each region's services, and what the two must have in common."""
    seen = {region: facts["services"] for region, facts in scene.facts.items()}
    for region, services in seen.items():
        place = scene.topology.places[region]
        yield from _function(scene, place, services["function"])
        yield _repair(scene, place, services["repair_rule"])
        yield from _certificate(scene, place, services["certificate"])
        yield from _secret(scene, place, seen)
        yield from _alarms(scene, place, services)
        yield _health(scene, place, services["health"])
    yield from _alike(scene, seen)


def _function(scene: Scene, place: Place, function: dict[str, Any] | None) -> Iterator[Check]:
    name = place.function
    if function is None:
        yield same("function-state", place.region, f"{name}: Active, Successful", f"{name} does not exist")
        return
    observed = f"{name}: {function['state']}, {function['last_update']}"
    yield same("function-state", place.region, f"{name}: Active, Successful", observed)
    reserved = function["reserved_concurrency"]
    observed = f"{name}: reserved concurrency {'none' if reserved is None else reserved}"
    expected = f"{name}: reserved concurrency {scene.policy.reserved_concurrency}"
    yield same("function-concurrency", place.region, expected, observed)
    version = scene.topology.function_version
    yield same("function-version", place.region, f"{name}: {version}", f"{name}: {function['version'] or 'none'}")


def _repair(scene: Scene, place: Place, rule: dict[str, Any] | None) -> Check:
    """The rule runs and wakes the function: it writes the log objects that a crash left out. In both regions, as roles
    swap."""
    name = scene.topology.rule("repair", place.region)
    expected = f"{name}: ENABLED, {REPAIRED_EVERY}, wakes {place.function}"
    if rule is None:
        return same("repair-schedule", place.region, expected, f"{name} does not exist")
    woken = ", ".join(arn.rsplit(":", 1)[-1] for arn in rule["targets"]) or "nobody"
    observed = f"{name}: {rule['state']}, {rule['schedule'] or 'no schedule'}, wakes {woken}"
    return same("repair-schedule", place.region, expected, observed)


def _alike(scene: Scene, seen: dict[str, Any]) -> Iterator[Check]:
    """Both regions run the same function, so that a failover changes nothing but the region."""
    functions = {region: services["function"] for region, services in seen.items() if services["function"]}
    if len(functions) < 2 or scene.standby not in functions:
        return
    mine, other = functions[scene.standby], functions[scene.topology.peer(scene.standby).region]
    expected = f"{mine['name']} like {other['name']}"
    yield none_of("function-identical", scene.standby, expected, unlike(mine, other))


def unlike(mine: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What differs between two functions that should be one."""
    return [
        f"{word} {mine[field]} in {mine['name']}, {other[field]} in {other['name']}"
        for field, word in ALIKE.items()
        if mine[field] != other[field]
    ]


def _certificate(scene: Scene, place: Place, certificate: dict[str, Any] | None) -> Iterator[Check]:
    names = ", ".join(sorted((scene.topology.api_name, place.address)))
    expected = f"{place.certificate_arn}: ISSUED for {names}"
    if certificate is None:
        yield same("certificate", place.region, expected, f"{place.certificate_arn} does not exist")
        return
    missing = {scene.topology.api_name, place.address} - set(certificate["names"])
    observed = f"{place.certificate_arn}: {certificate['status']} for {', '.join(certificate['names'])}"
    issued = certificate["status"] == "ISSUED" and not missing
    yield Check("certificate", place.region, issued, expected, observed)
    days, wanted = certificate["days_left"], scene.policy.certificate_days
    expected = f"{place.certificate_arn}: {wanted} days left or more"
    observed = f"{place.certificate_arn}: {'no expiry date' if days is None else f'{days} days left'}"
    yield Check("certificate-expiry", place.region, days is not None and days >= wanted, expected, observed)


def _secret(scene: Scene, place: Place, seen: dict[str, Any]) -> Iterator[Check]:
    """The region has the secret itself, in the same version as the other: a login here must need nothing from there."""
    where = f"{scene.topology.secret_name} in {place.region}"
    peer = seen.get(scene.topology.peer(place.region).region, {}).get("secret")
    state = _secret_state(place.region, seen[place.region]["secret"], peer)
    yield same("secret-replica", place.region, f"{where}: InSync", f"{where}: {state}")


def _secret_state(region: str, secret: dict[str, Any] | None, peer: dict[str, Any] | None) -> str:
    """InSync, or what is wrong. Only the primary secret knows its replicas' status; without the other region's view,
    the secret being here has to do."""
    if secret is None:
        return "missing"
    if secret["deleted"]:
        return "waiting to be deleted"
    if peer is None:
        return "InSync"
    if secret["replicas"]:
        return "InSync"  # it is the original; whether the replica is, is the other region's check
    state = {one["region"]: one["status"] for one in peer["replicas"]}.get(region, "not replicated to here")
    if state == "InSync" and peer["current_version"] != secret["current_version"]:
        return f"version {secret['current_version']}, but {peer['current_version']} in the other region"
    return state


def _alarms(scene: Scene, place: Place, services: dict[str, Any]) -> Iterator[Check]:
    """Alarms are there, can speak, speak to our topic; and nobody has thrown the evacuation switch."""
    wanted = [scene.topology.alarm(kind, place.region) for kind in place.alarms]
    found = {alarm["name"]: alarm for alarm in services["alarms"]}
    missing = [f"{name} does not exist" for name in wanted if name not in found]
    yield none_of("alarms-present", place.region, f"{len(wanted)} alarms", missing)
    silent = [f"{name} has its actions disabled" for name, alarm in found.items() if not alarm["actions_enabled"]]
    silent += [
        f"{name} does not tell {place.alerts_topic_arn}"
        for name, alarm in found.items()
        if place.alerts_topic_arn not in alarm["alarm_actions"]
    ]
    yield none_of("alarms-speak", place.region, f"all tell {place.alerts_topic_arn}", silent)
    yield from _particular_alarms(scene, place, found)
    topic = f"{place.alerts_topic_arn} exists"
    observed = topic if services["topic"] else f"{place.alerts_topic_arn} does not exist"
    yield same("alerts-topic", place.region, topic, observed)


def _particular_alarms(scene: Scene, place: Place, found: dict[str, Any]) -> Iterator[Check]:
    peer = scene.topology.peer(place.region).region
    switch = found.get(scene.topology.alarm("evacuate", place.region))
    if switch:
        thrown = (
            [f"{switch['name']} is in ALARM: traffic is sent away from {peer}"] if switch["state"] == "ALARM" else []
        )
        yield none_of("evacuation-switch", place.region, f"{switch['name']} not in ALARM", thrown)
    lag = found.get(scene.topology.alarm("aurora-rpo-lag", place.region))
    if lag:
        limit, threshold = scene.policy.rpo_seconds * 1000, lag["threshold"]
        ok = threshold is not None and threshold <= limit
        observed = f"{lag['name']} goes off at {threshold} ms"
        yield Check("rpo-alarm", place.region, ok, f"{lag['name']} goes off at {limit} ms or less", observed)
    latch = found.get(scene.topology.alarm(STANDING_BY, place.region))
    if latch and scene.active:
        yield _standing_by(scene, place, latch)


def _standing_by(scene: Scene, place: Place, latch: dict[str, Any]) -> Check:
    """The latch of the way home knows the region's role. One that lags behind costs a recovery a minute of DNS, and no
    more: so it is a warning."""
    standby = place.region == scene.standby
    expected = f"{latch['name']} is {'in ALARM' if standby else 'not in ALARM'}: {place.region} " + (
        "stands by" if standby else "does not stand by"
    )
    observed = expected if (latch["state"] == "ALARM") == standby else f"{latch['name']} is {latch['state']}"
    return Check(STANDING_BY, place.region, observed == expected, expected, observed, warning=True)


def _health(scene: Scene, place: Place, health: dict[str, Any]) -> Check:
    """The region's own address answers as itself, with what was deployed."""
    statuses = (200,) if place.region == scene.active else STANDBY_STATUS
    wanted = f"{place.region} {scene.topology.function_version}"
    expected = f"{place.address}: {' or '.join(map(str, statuses))} {wanted}"
    if health["error"]:
        return Check("api-health", place.region, False, expected, health["error"])
    who = f"{health['region'] or 'no region'} {health['version'] or 'no version'}"
    ok = health["status_code"] in statuses and who == wanted
    return Check("api-health", place.region, ok, expected, f"{place.address}: {health['status_code']} {who}")

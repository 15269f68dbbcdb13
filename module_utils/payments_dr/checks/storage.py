"""Would the transaction log be in the other region, in both directions?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..topology import Place
from .model import Check, Scene, same


def checks(scene: Scene) -> Iterator[Check]:
    """Each region's bucket, and its rule towards the other."""
    for region, facts in scene.facts.items():
        place, seen = scene.topology.places[region], facts["s3"]
        if not seen["exists"]:
            yield same("s3-bucket", region, f"{place.bucket} exists", f"{place.bucket} does not exist")
            continue
        yield same("s3-bucket", region, f"{place.bucket} exists", f"{place.bucket} exists")
        yield from _bucket(place, seen)
        yield from _rule(scene, place, seen["rules"])
        if seen["probe"] is not None:
            yield _probe(scene, place, seen["probe"])


def _bucket(place: Place, seen: dict[str, Any]) -> Iterator[Check]:
    versioning = seen["versioning"] or "never enabled"
    yield same("s3-versioning", place.region, f"{place.bucket}: Enabled", f"{place.bucket}: {versioning}")
    how = " ".join(part for part in seen["encryption"].values() if part) or "none"
    expected = f"{place.bucket}: aws:kms {place.kms_key_arn}"
    yield same("s3-encryption", place.region, expected, f"{place.bucket}: {how}")


def _rule(scene: Scene, place: Place, rules: list[dict[str, Any]]) -> Iterator[Check]:
    """The rule that carries everything to the other region's bucket, encrypted there, and is measured."""
    peer, name = scene.topology.peer(place.region), f"{place.bucket} rule {scene.policy.rule}"
    rule = next((one for one in rules if one["id"] == scene.policy.rule), None)
    expected = f"{name}: Enabled"
    if rule is None:
        yield same("s3-rule-enabled", place.region, expected, f"{name}: missing")
        return
    yield same("s3-rule-enabled", place.region, expected, f"{name}: {rule['status']}")
    scope = f"objects under {rule['prefix']}" if rule["prefix"] else "every object"
    observed = f"{name}: {scope} to {rule['destination_bucket']}"
    yield same("s3-rule-destination", place.region, f"{name}: every object to {peer.bucket}", observed)
    left_out = "" if rule["kms_objects"] else ", objects with KMS left out"
    observed = f"{name}: replica key {rule['replica_kms_key_arn'] or 'missing'}{left_out}"
    yield same("s3-rule-kms", place.region, f"{name}: replica key {peer.kms_key_arn}", observed)
    on = {True: "on", False: "off"}
    expected = f"{name}: metrics on, time control {scene.policy.replication_minutes} min"
    observed = f"{name}: metrics {on[rule['metrics']]}, time control {rule['replication_time_minutes']} min"
    yield same("s3-rule-metrics", place.region, expected, observed)


def _probe(scene: Scene, place: Place, probe: dict[str, Any]) -> Check:
    peer = scene.topology.peer(place.region)
    expected = f"a probe object of {place.bucket} arrives in {peer.bucket} in time"
    if not probe["key"]:
        return Check("s3-probe", place.region, False, expected, f"not put: no rule {scene.policy.rule} to follow")
    verb = "arrived after" if probe["arrived"] else "had not arrived after"
    observed = f"{probe['key']} {verb} {probe['latency_seconds']} s"
    return Check("s3-probe", place.region, probe["arrived"], expected, observed)

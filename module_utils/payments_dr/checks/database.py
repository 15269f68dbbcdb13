"""Could the standby's database be promoted?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..objectives import lag_seconds
from ..topology import Place
from .model import GLOBAL, Check, Policy, Scene, none_of, same


def checks(scene: Scene) -> Iterator[Check]:
    """The global database as a whole, each region's cluster, and what only the standby must fulfil."""
    views = {region: facts["aurora"] for region, facts in scene.facts.items()}
    for region, seen in views.items():
        place = scene.topology.places[region]
        yield _member(scene, place, seen)
        yield from _cluster(place, scene.policy, seen["cluster"])
    yield _whole(scene, views)
    if scene.standby in views:
        yield from _follower(scene, views)


def _follower(scene: Scene, views: dict[str, dict[str, Any]]) -> Iterator[Check]:
    """What only the standby must fulfil; not asked of a cluster that is gone or detached, which is said already."""
    seen = views[scene.standby]
    if scene.standby in [member["region"] for member in seen["members"]]:
        yield _lag(scene, seen)
        yield _synchronization(scene, seen)
    if seen["cluster"]:
        yield _version(scene, views)


def _whole(scene: Scene, views: dict[str, dict[str, Any]]) -> Check:
    """One writer, in a region that we know, and nothing under way; the views of both regions have to agree."""
    identifier = scene.topology.global_cluster
    faults = []
    for region, seen in views.items():
        whole = seen["global_cluster"]
        if whole is None:
            faults.append(f"{identifier} does not exist, says {region}")
            continue
        writers = [member["cluster_arn"] for member in seen["members"] if member["role"] == "writer"]
        if whole["status"] != "available" or whole["failover_state"]:
            faults.append(f"{identifier} is {whole['failover_state'] or whole['status']}, says {region}")
        if len(writers) != 1:
            faults.append(f"{identifier} has writers {', '.join(writers) or 'none'}, says {region}")
    active = {facts["topology"]["active_region"] for facts in scene.facts.values()} - {""}
    if len(active) > 1:
        faults.append(f"the regions do not agree who is active: {', '.join(sorted(active))}")
    if not faults and not scene.active:
        faults.append(f"the writer of {identifier} is in no region of the topology")
    return none_of("aurora-global-cluster", GLOBAL, f"{identifier} available, one writer, no failover running", faults)


def _member(scene: Scene, place: Place, seen: dict[str, Any]) -> Check:
    identifier = scene.topology.global_cluster
    here = [member["cluster_arn"] for member in seen["members"] if member["region"] == place.region]
    others = ", ".join(member["cluster"] for member in seen["members"]) or "none"
    observed = f"{', '.join(here)} in {identifier}" if here else f"{place.cluster} detached; members: {others}"
    return same("aurora-member", place.region, f"{place.cluster_arn} in {identifier}", observed)


def _cluster(place: Place, policy: Policy, cluster: dict[str, Any] | None) -> Iterator[Check]:
    """The region's cluster by itself. Instances are those that were published, and as many as the inventory wants."""
    if cluster is None:
        yield same("aurora-cluster", place.region, f"{place.cluster} available", f"{place.cluster} does not exist")
        return
    yield same("aurora-cluster", place.region, f"{place.cluster} available", f"{cluster['id']} {cluster['status']}")
    wanted, found = policy.instances[place.region], {one["id"]: one["status"] for one in cluster["instances"]}
    available = [identifier for identifier, status in found.items() if status == "available"]
    faults = [f"{one} {found.get(one, 'does not exist')}" for one in place.instances if one not in available]
    if not faults and len(available) < wanted:
        faults = [f"{len(available)} available: {', '.join(available)}"]
    expected = f"{wanted} available: {', '.join(place.instances)}"
    yield none_of("aurora-instances", place.region, expected, faults)
    key = cluster["kms_key_arn"] if cluster["storage_encrypted"] else "nothing"
    expected = f"{place.cluster} encrypted with {place.kms_key_arn}"
    yield same("aurora-encryption", place.region, expected, f"{cluster['id']} encrypted with {key}")


def _synchronization(scene: Scene, seen: dict[str, Any]) -> Check:
    """Aurora says connected or pending-resync of a secondary:
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_GlobalClusterMember.html"""
    place = scene.topology.places[scene.standby]
    states = {member["region"]: member["synchronization_status"] for member in seen["members"]}
    observed = f"{place.cluster} {states.get(place.region) or 'unknown'}"
    return same("aurora-synchronization", place.region, f"{place.cluster} connected", observed)


def _lag(scene: Scene, seen: dict[str, Any]) -> Check:
    place, limit, lag = scene.topology.places[scene.standby], scene.policy.rpo_seconds, seen["rpo_lag"]
    expected = f"{place.cluster} at most {limit} s behind"
    if lag is None:
        observed = f"{place.cluster}: CloudWatch has no AuroraGlobalDBRPOLag of the last minutes"
        return Check("aurora-rpo-lag", place.region, not scene.policy.lag_required, expected, observed)
    behind = lag_seconds(lag["milliseconds"])
    observed = f"{place.cluster} {behind:.1f} s behind, {lag['age_seconds']} s ago"
    return Check("aurora-rpo-lag", place.region, behind <= limit, expected, observed)


def _version(scene: Scene, views: dict[str, dict[str, Any]]) -> Check:
    """The standby has to run what the active region runs: other patch levels can silently forbid a failover. The
    inventory's version is no standard here, since upgrades are an operation."""
    place, seen = scene.topology.places[scene.standby], views[scene.standby]
    whole = seen["global_cluster"] or {}
    leader = (views.get(scene.active, {}).get("cluster") or {}).get("engine_version") or whole.get(
        "engine_version", "?"
    )
    mine = seen["cluster"]["engine_version"]
    return same("aurora-engine-version", place.region, f"{place.cluster} runs {leader}", f"{place.cluster} runs {mine}")

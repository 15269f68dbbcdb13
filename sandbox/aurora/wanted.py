"""What the emulator's RDS state asks of the data plane, and the changes that the data plane makes to it.

Everything here runs under the lock that RDS requests hold, and in the scope of the production account.
"""

from __future__ import annotations

import dataclasses
import datetime
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping

from ministack.core.responses import request_scope
from ministack.services import rds

from sandbox.aurora.plan import Key, Wanted
from sandbox.config import REGIONS
from sandbox.mends.rds import global_endpoint

ENGINE = "aurora-postgresql"
PASSWORD = "_MasterUserPassword"  # the emulator's; here only until the server knows it
STATE = "FailoverState"
SINCE = "_Since"  # epoch seconds; ours, never rendered
FENCED = "_Fenced"  # whether the write fence held; absent until it is known; ours too
GLOBAL_FAILOVER = ("db-cluster", "global-failover")
FENCING = ("db-instance", "notification", "global-database")
SNAPSHOT = "rds:unplanned-global-failover-{cluster}-{at:%Y-%m-%d-%H-%M-%S}"


@dataclasses.dataclass(frozen=True)
class Transfer:
    """A switchover or failover that the API has begun."""

    group: str  # global cluster identifier
    origin: Key
    target: Key
    lossy: bool
    since: float


@dataclasses.dataclass(frozen=True)
class Picture:
    """All of it at one moment."""

    clusters: Mapping[Key, Wanted]
    transfers: tuple[Transfer, ...]
    global_names: Mapping[str, Key]  # a global database's endpoint -> the cluster that writes
    passwords: Mapping[Key, str]  # of writers, not yet told to their servers


def picture(account: str) -> Picture:
    """Read the clusters of `account` in every region; drop copies of passwords that nobody needs any more."""
    with rds._shared_container_lock, request_scope(account, REGIONS[0]):
        groups = list(rds._global_clusters.values())
        writers = {name: _key(member["DBClusterArn"]) for name, member in _members(groups) if member["IsWriter"]}
        follows = {
            _key(member["DBClusterArn"]): writers[name]
            for name, member in _members(groups)
            if not member["IsWriter"] and name in writers
        }
        names = {
            key: tuple(name for name, member in _members(groups) if _key(member["DBClusterArn"]) == key)
            for key in (_key(member["DBClusterArn"]) for _, member in _members(groups))
        }
        clusters = {}
        for region in REGIONS:
            with request_scope(account, region):
                for cluster in rds._clusters.values():
                    if cluster["Engine"] == ENGINE:
                        key = region, cluster["DBClusterIdentifier"]
                        clusters[key] = _wanted(key, cluster, follows.get(key), names.get(key, ()))
                _drop_copies({name for at, name in follows if at == region})
        return Picture(
            clusters,
            tuple(_transfers(groups)),
            {global_endpoint(name): key for name, key in writers.items()},
            _passwords(account, clusters),
        )


def _drop_copies(followers: set[str]) -> None:
    """Drop the writer's password from secondaries of the region in scope, and a cluster's from its instances."""
    for name in followers:
        if cluster := rds._clusters.get(name):
            cluster[PASSWORD] = None
    for instance in rds._instances.values():
        cluster = rds._clusters.get(instance.get("DBClusterIdentifier"))
        if cluster and not cluster.get(PASSWORD):
            instance[PASSWORD] = None


def _passwords(account: str, clusters: Iterable[Key]) -> dict[Key, str]:
    found = {}
    for key in clusters:
        with request_scope(account, key[0]):
            if password := rds._clusters[key[1]].get(PASSWORD):
                found[key] = password
    return found


def forget_password(account: str, key: Key, password: str) -> None:
    """Drop `password` from the API's state: the server of `key` knows it. A newer one stays."""
    with rds._shared_container_lock, request_scope(account, key[0]):
        cluster = rds._clusters.get(key[1])
        if cluster and cluster.get(PASSWORD) == password:
            cluster[PASSWORD] = None


def finish(account: str, transfer: Transfer, completed: bool) -> None:
    """End a switchover or failover: the target is the writer from now on, or (not completed) all stays as it was."""
    with rds._shared_container_lock, request_scope(account, transfer.target[0]):
        group = rds._global_clusters.get(transfer.group)
        if group is None:
            return
        member = next(
            (each for each in group["GlobalClusterMembers"] if _key(each["DBClusterArn"]) == transfer.target), None
        )
        if completed and member:
            rds._set_global_cluster_writer(group, member)
            if transfer.lossy:
                _synchronization(group, transfer.origin, "pending-resync")
        group.pop(STATE, None)
        group["Status"] = "available"
    kind = "failover" if transfer.lossy else "switchover"
    outcome = (
        ("completed" if completed else "failed") if transfer.lossy else "finished" if completed else "is cancelled"
    )
    record_event(
        account,
        transfer.target,
        f"Global {kind} to DB cluster {transfer.target[1]} in Region {transfer.target[0]} {outcome}.",
    )


def synchronized(account: str, key: Key) -> None:
    """Say that a member which was left behind by a failover has a copy of the writer's volume again.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_GlobalClusterMember.html
    """
    with rds._shared_container_lock, request_scope(account, key[0]):
        for group in rds._global_clusters.values():
            _synchronization(group, key, "connected")


def _synchronization(group: dict, key: Key, status: str) -> None:
    for member in group["GlobalClusterMembers"]:
        if _key(member["DBClusterArn"]) == key:
            member["SynchronizationStatus"] = status


def fence(account: str, transfer: Transfer, held: bool) -> None:
    """Tell once how the attempt to block writes on the origin's storage ended (RDS-EVENT-0390, RDS-EVENT-0391).

    An event of instances. AWS does not say of which ones: here of the target's first one, in the region that is there.
    """
    with rds._shared_container_lock, request_scope(account, transfer.target[0]):
        group = rds._global_clusters.get(transfer.group)
        cluster = rds._clusters.get(transfer.target[1])
        if group is None or cluster is None or FENCED in (group.get(STATE) or {FENCED: held}):
            return
        group[STATE][FENCED] = held
        instances = [member["DBInstanceIdentifier"] for member in cluster["DBClusterMembers"]]
    region, name = transfer.origin
    said = "succeeded" if held else "timed out"
    record_event(
        account,
        (transfer.target[0], (instances or [transfer.target[1]])[0]),
        f"Attempt to block writes for DB cluster {name} in Region {region} {said}.",
        FENCING,
    )


def keep_snapshot(account: str, key: Key, now: float) -> str:
    """Keep a snapshot (what is said of it, not the data) of the volume that a failover left behind; return its name.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
    """
    name = SNAPSHOT.format(cluster=key[1], at=datetime.datetime.fromtimestamp(now, datetime.UTC))
    with rds._shared_container_lock, request_scope(account, key[0]):
        snapshot = rds._create_cluster_snapshot_internal(name, rds._clusters[key[1]])
        snapshot["SnapshotType"] = "automated"
    return name


def record_event(account: str, key: Key, message: str, kind: tuple[str, ...] = GLOBAL_FAILOVER) -> None:
    """Put an event where DescribeEvents finds it; `kind` is the type of its source and its categories.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html
    """
    source, *categories = kind
    part = {"db-instance": "db"}.get(source, "cluster")
    with rds._shared_container_lock, request_scope(account, key[0]):
        rds._events[str(uuid.uuid4())] = {
            "SourceIdentifier": key[1],
            "SourceType": source,
            "SourceArn": f"arn:aws:rds:{key[0]}:{account}:{part}:{key[1]}",
            "Message": message,
            "Date": time.time(),
            "EventCategories": categories,
        }


def _wanted(key: Key, cluster: dict, source: Key | None, groups: tuple[str, ...]) -> Wanted:
    members = [rds._instances.get(member["DBInstanceIdentifier"]) for member in cluster["DBClusterMembers"]]
    hosts = [cluster["Endpoint"], cluster["ReaderEndpoint"], *map(global_endpoint, groups)]
    hosts += [member["Endpoint"]["Address"] for member in members if member]
    group = rds._db_cluster_param_groups.get(cluster["DBClusterParameterGroup"]) or {}
    return Wanted(
        key=key,
        identity=cluster["DbClusterResourceId"],
        user=cluster["MasterUsername"],
        database=cluster["DatabaseName"],
        source=source,
        instances=len(members),
        endpoint=cluster["Endpoint"],
        hosts=tuple(hosts),
        parameters=_parameters(group),
    )


def _parameters(group: Mapping) -> dict[str, str]:
    """The values that somebody gave to parameters of a cluster parameter group."""
    found = {}
    for name, value in (group.get("Parameters") or {}).items():
        text = value.get("ParameterValue", value.get("Value")) if isinstance(value, Mapping) else value
        if text not in (None, ""):
            found[name] = str(text)
    return found


def _members(groups: list[dict]) -> Iterator[tuple[str, dict]]:
    return (
        (group["GlobalClusterIdentifier"], member)
        for group in groups
        for member in group.get("GlobalClusterMembers", [])
    )


def _transfers(groups: list[dict]) -> Iterator[Transfer]:
    for group in groups:
        if state := group.get(STATE):
            yield Transfer(
                group["GlobalClusterIdentifier"],
                _key(state["FromDbClusterArn"]),
                _key(state["ToDbClusterArn"]),
                bool(state["IsDataLossAllowed"]),
                state[SINCE],
            )


def _key(arn: str) -> Key:
    """The region and the identifier in a cluster's ARN."""
    parts = arn.split(":")
    return parts[3], parts[6]

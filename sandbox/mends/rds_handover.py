"""RDS: the switchover and failover of a global database begin here, take their time, and are completed by the fleet.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
"""

from __future__ import annotations

import functools
import time

from ministack.core.responses import request_scope
from ministack.services import rds

from sandbox.aurora import wanted
from sandbox.outages import Kind, board

ENGINE = "aurora-postgresql"
STATE_FAULT = "InvalidGlobalClusterStateFault"
OUT = (Kind.DARK, Kind.HANG, Kind.DATABASE_KILLED, Kind.DATABASE_FROZEN)
REFUSED_MEANWHILE = ("RemoveFromGlobalCluster", "DeleteGlobalCluster")


def apply() -> None:
    """Replace what moves the writer of a global database, and refuse what AWS refuses while it moves."""
    for action in ("FailoverGlobalCluster", "SwitchoverGlobalCluster"):
        rds._ACTION_MAP[action] = functools.partial(begin, action, rds._ACTION_MAP[action])
    for action in REFUSED_MEANWHILE:
        rds._ACTION_MAP[action] = functools.partial(refuse_meanwhile, rds._ACTION_MAP[action])


def begin(action: str, inner, params: dict) -> tuple:
    """FailoverGlobalCluster and SwitchoverGlobalCluster answer at once, with the state that describes them.

    A failover without AllowDataLoss is a switchover. The roles change when the target is promoted.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_FailoverGlobalCluster.html
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_SwitchoverGlobalCluster.html
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_FailoverState.html
    """
    with rds._shared_container_lock:
        group = rds._resolve_global_cluster(rds._p(params, "GlobalClusterIdentifier"))
        if not group or group["Engine"] != ENGINE or ("AllowDataLoss" in params and "Switchover" in params):
            return inner(params)
        lossy = action == "FailoverGlobalCluster" and str(rds._p(params, "AllowDataLoss")).lower() == "true"
        if group["Status"] != "available":
            return _busy(group)
        resolved, refusal = rds._resolve_global_writer_switch(params)
        if refusal:
            return refusal
        _, target, member, writer = resolved
        if refusal := _out(target, writer, lossy) or _left_behind(member) or _unlike(target, writer):
            return refusal
        if not target["DBClusterMembers"]:
            return rds._error(
                "InvalidDBClusterStateFault",
                f"DB cluster {target['DBClusterIdentifier']} has no DB instance to promote.",
                400,
            )
        status = "failing-over" if lossy else "switching-over"
        group["Status"] = status
        group["FailoverState"] = {
            "Status": status,
            "FromDbClusterArn": writer["DBClusterArn"],
            "ToDbClusterArn": member["DBClusterArn"],
            "IsDataLossAllowed": lossy,
            "_Since": time.time(),
        }
        shown = group | {"FailoverState": group["FailoverState"] | {"Status": "pending"}}
        _tell(member["DBClusterArn"], lossy)
        return rds._xml(
            200,
            f"{action}Response",
            f"<{action}Result><GlobalCluster>{rds._global_cluster_xml(shown)}</GlobalCluster></{action}Result>",
        )


def refuse_meanwhile(inner, params: dict) -> tuple:
    """A global cluster that is failing over keeps its members until it is done."""
    with rds._shared_container_lock:
        group = rds._resolve_global_cluster(rds._p(params, "GlobalClusterIdentifier"))
        if group and group.get("FailoverState"):
            return _busy(group)
        return inner(params)


def _out(target: dict, writer: dict, lossy: bool) -> tuple | None:
    """Refuse what outages forbid: a target that is out, and a switchover from a primary that is.

    "Switchover … is designed to be used when all the DB clusters … are in a healthy state":
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
    """
    for arn in [target["DBClusterArn"]] if lossy else [target["DBClusterArn"], writer["DBClusterArn"]]:
        region, name = wanted._key(arn)
        if board.outages.has(region, *OUT):
            return rds._error(
                "InvalidDBClusterStateFault", f"DB cluster {name} in Region {region} is not in an available state.", 400
            )
    return None


def _left_behind(member: dict) -> tuple | None:
    """Refuse a member that a failover left behind and that has no copy of the new writer's volume yet."""
    if member.get("SynchronizationStatus") != "pending-resync":
        return None
    _, name = wanted._key(member["DBClusterArn"])
    return rds._error("InvalidDBClusterStateFault", f"DB cluster {name} is being resynchronized.", 400)


def _unlike(target: dict, writer: dict) -> tuple | None:
    """Refuse unlike engine versions: neither a switchover nor a managed failover can be done with them."""
    origin = rds._resolve_global_member_cluster(writer)
    if origin is None or origin["EngineVersion"] == target["EngineVersion"]:
        return None
    return rds._error(
        "InvalidDBClusterStateFault",
        f"DB cluster {target['DBClusterIdentifier']} runs engine version {target['EngineVersion']}, the primary "
        f"{origin['EngineVersion']}: they must be the same.",
        400,
    )


def _busy(group: dict) -> tuple:
    return rds._error(
        STATE_FAULT,
        f"Global cluster {group['GlobalClusterIdentifier']} is in state {group['Status']}, not available.",
        400,
    )


def _tell(target_arn: str, lossy: bool) -> None:
    """Record the event with which it begins, in the target's region."""
    _, _, _, region, account, _, name = target_arn.split(":")
    with request_scope(account, region):
        wanted.record_event(
            account,
            (region, name),
            f"Global {'failover' if lossy else 'switchover'} to DB cluster {name} in Region {region} started.",
        )

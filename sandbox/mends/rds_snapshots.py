"""RDS: a cluster snapshot can be copied within its region; an automated one goes with its cluster, not by hand."""

from __future__ import annotations

import copy
import functools
import re

from ministack.core.responses import get_account_id, get_region
from ministack.services import rds

# Letters, digits and hyphens, beginning with a letter; `rds:` names are RDS's own.
IDENTIFIER = re.compile(r"^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,62}(?<!-)$")


def apply() -> None:
    """Add the copy, and guard the deletion."""
    rds._ACTION_MAP["CopyDBClusterSnapshot"] = copy_snapshot
    delete = rds._ACTION_MAP["DeleteDBClusterSnapshot"]
    rds._ACTION_MAP["DeleteDBClusterSnapshot"] = functools.partial(delete_snapshot, delete)
    rds._ACTION_MAP["DeleteDBCluster"] = functools.partial(delete_cluster, rds._ACTION_MAP["DeleteDBCluster"])


def copy_snapshot(params: dict) -> tuple:
    """CopyDBClusterSnapshot makes a manual snapshot, which lasts until somebody deletes it.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBClusterSnapshot.html
    """
    source = rds._p(params, "SourceDBClusterSnapshotIdentifier").rpartition(":cluster-snapshot:")[2]
    name = rds._p(params, "TargetDBClusterSnapshotIdentifier")
    found = rds._db_cluster_snapshots.get(source)
    if found is None:
        return rds._error("DBClusterSnapshotNotFoundFault", f"DB cluster snapshot {source} not found.", 404)
    if not IDENTIFIER.match(name):
        return rds._error("InvalidParameterValue", f"The parameter {name} is not a valid identifier.", 400)
    if name in rds._db_cluster_snapshots:
        return rds._error("DBClusterSnapshotAlreadyExistsFault", f"DB cluster snapshot {name} already exists.", 400)
    arn = f"arn:aws:rds:{get_region()}:{get_account_id()}:cluster-snapshot:{name}"
    inherited = found["TagList"] if rds._p(params, "CopyTags") == "true" else []
    tags = [*inherited, *rds._parse_tags(params)]
    made = copy.deepcopy(found) | {
        "DBClusterSnapshotIdentifier": name,
        "DBClusterSnapshotArn": arn,
        "SnapshotType": "manual",
        "KmsKeyId": rds._p(params, "KmsKeyId") or found["KmsKeyId"],
        "TagList": tags,
    }
    rds._db_cluster_snapshots[name] = made
    rds._tags[arn] = tags
    return rds._xml(
        200,
        "CopyDBClusterSnapshotResponse",
        "<CopyDBClusterSnapshotResult><DBClusterSnapshot>"
        f"{rds._cluster_snapshot_xml(made)}</DBClusterSnapshot></CopyDBClusterSnapshotResult>",
    )


def delete_snapshot(inner, params: dict) -> tuple:
    """DeleteDBClusterSnapshot is for manual snapshots.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBClusterSnapshot.html
    """
    found = rds._db_cluster_snapshots.get(rds._p(params, "DBClusterSnapshotIdentifier"))
    if found and found["SnapshotType"] == "automated":
        return rds._error("InvalidDBClusterSnapshotStateFault", "Automated snapshots cannot be deleted.", 400)
    return inner(params)


def delete_cluster(inner, params: dict) -> tuple:
    """DeleteDBCluster takes the automated snapshots with it.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html
    """
    answer = inner(params)
    if answer[0] == 200:
        name = rds._p(params, "DBClusterIdentifier")
        for key, kept in list(rds._db_cluster_snapshots.items()):
            if kept["DBClusterIdentifier"] == name and kept["SnapshotType"] == "automated":
                del rds._db_cluster_snapshots[key]
    return answer

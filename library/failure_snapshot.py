#!/usr/bin/python
"""Keeps what the old primary held when it was failed over from, beyond the retention of automated snapshots."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: failure_snapshot
short_description: Keep the snapshots that Aurora makes of an old primary's volume
version_added: 1.0.0
description:
  - After an unplanned failover the old primary rejoins on a new volume. Of the old one Aurora tries to make a snapshot,
    C(rds:unplanned-global-failover-<cluster>-<time>), which goes when the cluster's backup retention is over. It is
    where a payment that was committed but never replicated can still be read.
  - With O(state=kept) each of them is copied to a manual snapshot, C(kept-<cluster>-<time>), which stays until somebody
    deletes it. One that is still being made is reported in RV(unfinished), not copied yet.
  - With O(state=absent) the copies are deleted.
options:
  cluster:
    description: Identifier of the cluster that was the primary.
    type: str
    required: true
  state:
    description: Whether the copies exist.
    type: str
    choices: [kept, absent]
    default: kept
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Keep what us-east-1 had
  failure_snapshot:
    cluster: aurora-cluster-us-east-1-prod-a1
    region: us-east-1
    assume_role_arn: arn:aws:iam::222222222222:role/role-deploy
  register: snapshots
  until: snapshots.unfinished | length == 0
  retries: 60
  delay: 10
"""

RETURN = r"""
found:
  description: Identifiers of the snapshots that Aurora made; empty when it made none, or they have expired.
  returned: always
  type: list
  elements: str
  sample: ["rds:unplanned-global-failover-aurora-cluster-us-east-1-prod-a1-2026-11-22-03-12"]
copies:
  description: Identifiers of the copies, when the module has done its work (in check mode, when it would have).
  returned: always
  type: list
  elements: str
  sample: [kept-aurora-cluster-us-east-1-prod-a1-2026-11-22-03-12]
unfinished:
  description: Snapshots that Aurora is still making, and copies that are not available yet.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import AwsFailure, describing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

#: How Aurora names them:
#: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
PREFIX = "rds:unplanned-global-failover-"
COPY_PREFIX = "kept-"
#: The longest identifier that CopyDBClusterSnapshot takes:
#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBClusterSnapshot.html
LONGEST = 63


def copy_name(snapshot):
    """The copy's identifier: the same for the same snapshot, so that nothing is copied twice. The time stands last and
    is what tells them apart, so what is too long loses its beginning."""
    room = LONGEST - len(COPY_PREFIX)
    return COPY_PREFIX + snapshot.removeprefix(PREFIX)[-room:].lstrip("-")


def list_snapshots(rds, cluster, kind, prefix):
    """{identifier: status} of the cluster's snapshots of a kind (automated or manual) whose names begin so."""
    with describing(f"list the snapshots of {cluster}", rds.meta.region_name):
        pages = rds.get_paginator("describe_db_cluster_snapshots")
        found = pages.paginate(DBClusterIdentifier=cluster, SnapshotType=kind).build_full_result()
    names = {entry["DBClusterSnapshotIdentifier"]: entry["Status"] for entry in found["DBClusterSnapshots"]}
    return {name: status for name, status in sorted(names.items()) if name.startswith(prefix)}


def copy(rds, snapshot):
    """Starts the copy; another run may have started it meanwhile."""
    with describing(f"copy the snapshot {snapshot}", rds.meta.region_name):
        try:
            rds.copy_db_cluster_snapshot(
                SourceDBClusterSnapshotIdentifier=snapshot,
                TargetDBClusterSnapshotIdentifier=copy_name(snapshot),
                CopyTags=True,
            )
        except rds.exceptions.DBClusterSnapshotAlreadyExistsFault:
            return


def delete(rds, snapshot):
    """Deletes a copy; it may be gone already."""
    with describing(f"delete the snapshot {snapshot}", rds.meta.region_name):
        try:
            rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshot)
        except rds.exceptions.DBClusterSnapshotNotFoundFault:
            return


def keep(rds, cluster, check_mode):
    """Copies what is ready to be copied and was not yet; the result as RETURN describes it."""
    found = list_snapshots(rds, cluster, "automated", PREFIX)
    copies = list_snapshots(rds, cluster, "manual", COPY_PREFIX)
    missing = [name for name, status in found.items() if status == "available" and copy_name(name) not in copies]
    for snapshot in [] if check_mode else missing:
        copy(rds, snapshot)
    if missing and not check_mode:
        copies = list_snapshots(rds, cluster, "manual", COPY_PREFIX)
    unfinished = [name for name, status in {**found, **copies}.items() if status != "available"]
    return {
        "changed": bool(missing),
        "found": list(found),
        "copies": sorted({*copies, *map(copy_name, missing)}),
        "unfinished": unfinished,
    }


def remove(rds, cluster, check_mode):
    """Deletes the copies; the result as RETURN describes it."""
    found = list_snapshots(rds, cluster, "automated", PREFIX)
    copies = list_snapshots(rds, cluster, "manual", COPY_PREFIX)
    for snapshot in [] if check_mode else copies:
        delete(rds, snapshot)
    return {"changed": bool(copies), "found": list(found), "copies": [], "unfinished": []}


def main():
    spec = {
        "cluster": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["kept", "absent"], "default": "kept"},
        **AWS_SPEC,
    }
    module = AnsibleAWSModule(argument_spec=spec, supports_check_mode=True)
    act = keep if module.params["state"] == "kept" else remove
    try:
        result = act(client(module, "rds"), module.params["cluster"], module.check_mode)
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

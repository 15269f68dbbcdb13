#!/usr/bin/python
"""Reads an Aurora global database as one region sees it."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aurora_global_cluster_info
short_description: Describe an Aurora global database as one region sees it
version_added: 1.0.0
description:
  - Describes the global database with its members, and in detail the cluster of the region that is asked, with its
    instances and the replication lag that Aurora last reported for it.
  - The region's cluster is the one that the global database names as its member there. O(cluster) says which to
    describe when the global database names none.
  - A region that does not answer is reported within seconds by RV(reachable) and RV(reason); it is not a failure.
  - Changes nothing, so check mode makes no difference.
options:
  global_cluster:
    description: Identifier of the global database.
    type: str
    required: true
  cluster:
    description: Identifier of the region's cluster, for when it has been detached from the global database.
    type: str
  lag_minutes:
    description: How far back to look for the last known replication lag.
    type: int
    default: 5
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Describe the global database as the standby's region sees it
  aurora_global_cluster_info:
    global_cluster: aurora-global-prod-a1
    cluster: aurora-cluster-us-east-2-prod-a1
    region: us-east-2
  register: aurora
"""

RETURN = r"""
reachable:
  description: Whether the region's APIs answered.
  returned: always
  type: bool
  sample: true
reason:
  description: Why the region counts as not reachable; empty when it is.
  returned: always
  type: str
  sample: ""
global_cluster:
  description: The global database; null when it does not exist.
  returned: when reachable
  type: dict
  contains:
    id:
      description: Its identifier.
      returned: when it exists
      type: str
      sample: aurora-global-prod-a1
    status:
      description: Its status.
      returned: when it exists
      type: str
      sample: available
    engine_version:
      description: Its engine version.
      returned: when it exists
      type: str
      sample: "16.8"
    storage_encrypted:
      description: Whether its storage is encrypted.
      returned: when it exists
      type: bool
      sample: true
    failover_state:
      description: V(pending), V(failing-over) or V(cancelling) while a switchover or failover runs; else empty.
      returned: when it exists
      type: str
      sample: ""
members:
  description: The clusters of the global database.
  returned: when reachable
  type: list
  elements: dict
  contains:
    cluster_arn:
      description: ARN of the cluster.
      returned: always
      type: str
      sample: arn:aws:rds:us-east-1:222222222222:cluster:aurora-cluster-us-east-1-prod-a1
    cluster:
      description: Identifier of the cluster.
      returned: always
      type: str
      sample: aurora-cluster-us-east-1-prod-a1
    region:
      description: Its region.
      returned: always
      type: str
      sample: us-east-1
    role:
      description: V(writer) or V(reader), now.
      returned: always
      type: str
      sample: writer
    synchronization_status:
      description: V(connected) or V(pending-resync); empty where Aurora says neither.
      returned: always
      type: str
      sample: connected
cluster:
  description: The cluster of the region that was asked; null when there is none.
  returned: when reachable
  type: dict
  contains:
    id:
      description: Its identifier.
      returned: when it exists
      type: str
      sample: aurora-cluster-us-east-2-prod-a1
    arn:
      description: Its ARN.
      returned: when it exists
      type: str
      sample: arn:aws:rds:us-east-2:222222222222:cluster:aurora-cluster-us-east-2-prod-a1
    status:
      description: Its status.
      returned: when it exists
      type: str
      sample: available
    engine_version:
      description: Its engine version.
      returned: when it exists
      type: str
      sample: "16.8"
    storage_encrypted:
      description: Whether its storage is encrypted.
      returned: when it exists
      type: bool
      sample: true
    kms_key_arn:
      description: The key that encrypts its storage; empty when none does.
      returned: when it exists
      type: str
      sample: arn:aws:kms:us-east-2:222222222222:key/5c7f1f2e-4a43-4a39-9a44-1f0a4f3c6a55
    instances:
      description: Its instances.
      returned: when it exists
      type: list
      elements: dict
      sample:
        - id: aurora-instance-us-east-2-1-prod-a1
          status: available
          engine_version: "16.8"
          availability_zone: us-east-2a
          instance_class: db.serverless
rpo_lag:
  description: The last AuroraGlobalDBRPOLag of this region's cluster; null when CloudWatch has no data.
  returned: when reachable
  type: dict
  contains:
    milliseconds:
      description: The lag.
      returned: when there is data
      type: float
      sample: 84.2
    age_seconds:
      description: How old the data point is.
      returned: when there is data
      type: int
      sample: 61
"""

import dataclasses
import datetime

from ansible.module_utils.payments_dr import topology
from ansible.module_utils.payments_dr.aurora import describe_cluster, list_instances, rpo_lags
from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import BRISK, AwsFailure, concurrently, observed
from ansible.module_utils.payments_dr.global_cluster import read_global_cluster
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def global_cluster_facts(found):
    """What RETURN calls global_cluster."""
    return found and {
        "id": found["GlobalClusterIdentifier"],
        "status": found.get("Status", ""),
        "engine_version": found.get("EngineVersion", ""),
        "storage_encrypted": found.get("StorageEncrypted", False),
        "failover_state": (found.get("FailoverState") or {}).get("Status", ""),
    }


def cluster_facts(found, instances):
    """What RETURN calls cluster."""
    return found and {
        "id": found["DBClusterIdentifier"],
        "arn": found["DBClusterArn"],
        "status": found.get("Status", ""),
        "engine_version": found.get("EngineVersion", ""),
        "storage_encrypted": found.get("StorageEncrypted", False),
        "kms_key_arn": found.get("KmsKeyId", ""),
        "instances": sorted((instance_facts(entry) for entry in instances), key=lambda instance: instance["id"]),
    }


def instance_facts(found):
    """What RETURN lists as instances."""
    return {
        "id": found["DBInstanceIdentifier"],
        "status": found.get("DBInstanceStatus", ""),
        "engine_version": found.get("EngineVersion", ""),
        "availability_zone": found.get("AvailabilityZone", ""),
        "instance_class": found.get("DBInstanceClass", ""),
    }


def lag_facts(newest, now):
    """What RETURN calls rpo_lag."""
    return newest and {"milliseconds": newest[0], "age_seconds": max(0, int((now - newest[1]).total_seconds()))}


def observe(module):
    """The global database as this region sees it, as RETURN describes it."""
    params, now = module.params, datetime.datetime.now(datetime.UTC)
    rds = client(module, "rds", patience=BRISK)
    cloudwatch = client(module, "cloudwatch", patience=BRISK)
    found = read_global_cluster(rds, params["global_cluster"])
    members = topology.members(found)
    here = [member.cluster for member in members if member.region == rds.meta.region_name]
    identifier = next(iter(here), params["cluster"])
    seen = {"cluster": None, "instances": [], "lag": None}
    if identifier:
        jobs = {
            "cluster": lambda: describe_cluster(rds, identifier),
            "instances": lambda: list_instances(rds, identifier),
            "lag": lambda: next(reversed(rpo_lags(cloudwatch, identifier, params["lag_minutes"], now)), None),
        }
        seen = concurrently(jobs)
    return {
        "global_cluster": global_cluster_facts(found),
        "members": [dataclasses.asdict(member) for member in members],
        "cluster": cluster_facts(seen["cluster"], seen["instances"]),
        "rpo_lag": lag_facts(seen["lag"], now),
    }


def main():
    spec = {
        "global_cluster": {"type": "str", "required": True},
        "cluster": {"type": "str"},
        "lag_minutes": {"type": "int", "default": 5},
        **AWS_SPEC,
    }
    module = AnsibleAWSModule(argument_spec=spec, supports_check_mode=True)
    try:
        result = observed(lambda: observe(module))
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

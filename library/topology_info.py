#!/usr/bin/python
"""Reads what one region knows about the deployment: the published topology, and who is active."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: topology_info
short_description: Read the published topology of a region, and who is active now
version_added: 1.0.0
description:
  - Reads the SSM parameter that deploy.yml publishes into each region, and asks Aurora in the same region which
    region holds the writer of the global database.
  - A region that does not answer is reported within seconds by RV(reachable) and RV(reason); it is not a failure.
  - Changes nothing, so check mode makes no difference.
options:
  parameter:
    description: Name of the SSM parameter with the topology document.
    type: str
    required: true
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Ask the standby's region who is active
  topology_info:
    parameter: parameter-topology-prod-a1
    region: us-east-2
    assume_role_arn: arn:aws:iam::222222222222:role/role-deploy
  register: topology
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
published:
  description: Whether the parameter exists.
  returned: when reachable
  type: bool
  sample: true
problem:
  description: What is wrong with the parameter, in a sentence; empty when nothing is.
  returned: when reachable
  type: str
  sample: ""
document:
  description: The topology document as published; empty when there is none that can be used.
  returned: when reachable
  type: dict
  sample: {"version": 1, "global_cluster": "aurora-global-prod-a1", "regions": {}}
global_cluster_status:
  description: Status of the global database; empty when it does not exist.
  returned: when reachable
  type: str
  sample: available
members:
  description: The clusters of the global database, as this region sees them.
  returned: when reachable
  type: list
  elements: dict
  sample:
    - cluster_arn: arn:aws:rds:us-east-1:222222222222:cluster:aurora-cluster-us-east-1-prod-a1
      cluster: aurora-cluster-us-east-1-prod-a1
      region: us-east-1
      role: writer
      synchronization_status: connected
active_region:
  description: The region of the one writer; empty when there is none, or more than one.
  returned: when reachable
  type: str
  sample: us-east-1
standby_region:
  description: The other region of the topology; empty when there is no active region.
  returned: when reachable
  type: str
  sample: us-east-2
"""

import dataclasses

from ansible.module_utils.payments_dr import topology
from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import BRISK, AwsFailure, describing, observed
from ansible.module_utils.payments_dr.global_cluster import read_global_cluster
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def read_parameter(ssm, name):
    """The parameter's text, or None when it does not exist."""
    with describing(f"read the parameter {name}", ssm.meta.region_name):
        try:
            return ssm.get_parameter(Name=name)["Parameter"]["Value"]
        except ssm.exceptions.ParameterNotFound:
            return None


def understand(text, name, region):
    """(document, problem): the document as a dict when it can be used, else {} and the reason."""
    if text is None:
        return {}, f"not deployed: parameter {name} not found in {region}"
    try:
        topology.Topology.parse(text)
    except topology.TopologyError as error:
        return {}, f"parameter {name} in {region} cannot be used: {error}"
    return topology.decoded(text), ""


def observe(module):
    """What the region knows, as RETURN describes it."""
    name = module.params["parameter"]
    ssm = client(module, "ssm", patience=BRISK)
    text = read_parameter(ssm, name)
    document, problem = understand(text, name, ssm.meta.region_name)
    found = read_global_cluster(client(module, "rds", patience=BRISK), document["global_cluster"]) if document else None
    members = topology.members(found)
    active, standby = topology.roles(members, list(document.get("regions", {})))
    return {
        "published": text is not None,
        "problem": problem,
        "document": document,
        "global_cluster_status": (found or {}).get("Status", ""),
        "members": [dataclasses.asdict(member) for member in members],
        "active_region": active,
        "standby_region": standby,
    }


def main():
    module = AnsibleAWSModule(
        argument_spec={"parameter": {"type": "str", "required": True}, **AWS_SPEC}, supports_check_mode=True
    )
    try:
        result = observed(lambda: observe(module))
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

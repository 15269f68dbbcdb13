#!/usr/bin/python
"""Takes a global database apart, so that what is left can be destroyed in any order."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aurora_global_members
short_description: Detach the clusters of an Aurora global database
version_added: 1.0.0
description:
  - Detaches every member, the readers before the writer, whichever region holds the writer now. Aurora refuses to
    remove a writer that has readers, and whoever destroys by home role meets it first when the roles are swapped.
  - A detached reader becomes a writer of its own. The global database stays, without members.
  - Waits for a switchover or failover that is under way. What an earlier run has detached is left alone.
options:
  global_cluster:
    description: Identifier of the global database. It need not exist.
    type: str
    required: true
  state:
    description: Only V(absent), so that a task says what becomes of the members.
    type: str
    choices: [absent]
    required: true
  wait_timeout_seconds:
    description: Deadline for each member.
    type: int
    default: 900
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Take the global database apart
  aurora_global_members:
    global_cluster: aurora-global-prod-a1
    state: absent
    region: us-east-2
    assume_role_arn: arn:aws:iam::222222222222:role/role-deploy
"""

RETURN = r"""
detached:
  description: ARNs of the clusters that were detached (in check mode, that would be), in order.
  returned: success
  type: list
  elements: str
  sample:
    - arn:aws:rds:us-east-1:222222222222:cluster:aurora-cluster-us-east-1-prod-a1
    - arn:aws:rds:us-east-2:222222222222:cluster:aurora-cluster-us-east-2-prod-a1
"""

from ansible.module_utils.payments_dr import topology
from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import AwsFailure, describing
from ansible.module_utils.payments_dr.global_cluster import read_global_cluster
from ansible.module_utils.payments_dr.waiters import Clock, Seen, Wait, until
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

#: The database, or one of its clusters, is in the middle of something: a matter of time.
#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RemoveFromGlobalCluster.html
BUSY = ("InvalidGlobalClusterStateFault", "InvalidDBClusterStateFault")
#: It is no member, or no cluster, any more: "Cluster … is not found in global cluster …".
GONE = ("DBClusterNotFoundFault", "InvalidParameterValue")


def ordered(members):
    """The members in the order in which Aurora lets go of them: readers, then the writer."""
    return sorted(members, key=lambda member: (member.role == "writer", member.region))


def ask(rds, global_cluster, arn):
    """Asks Aurora to let go of a member; "" when it does, or has, else why it cannot yet."""
    try:
        with describing(f"detach {arn} from {global_cluster}", rds.meta.region_name):
            rds.remove_from_global_cluster(GlobalClusterIdentifier=global_cluster, DbClusterIdentifier=arn)
    except AwsFailure as failure:
        if failure.code in BUSY:
            return failure.message
        if failure.code not in GONE:
            raise
    return ""


def detach(rds, global_cluster, arn, wait, clock):
    """Detaches one member and waits until Aurora lists it no more. `rds` is a client of the member's own region."""
    asked = False

    def look():
        nonlocal asked
        refusal = "" if asked else ask(rds, global_cluster, arn)
        asked = not refusal
        left = topology.members(read_global_cluster(rds, global_cluster))
        is_gone = arn not in {member.cluster_arn for member in left}
        return Seen(is_gone, refusal or f"{arn} is still a member of {global_cluster}")

    until(f"{arn} to be detached", look, wait, clock, say=lambda sentence: None)


def main():
    spec = {
        "global_cluster": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["absent"], "required": True},
        "wait_timeout_seconds": {"type": "int", "default": 900},
        **AWS_SPEC,
    }
    module = AnsibleAWSModule(argument_spec=spec, supports_check_mode=True)
    name, wait = module.params["global_cluster"], Wait(seconds=module.params["wait_timeout_seconds"])
    try:
        members = ordered(topology.members(read_global_cluster(client(module, "rds"), name)))
        for member in [] if module.check_mode else members:
            detach(client(module, "rds", member.region), name, member.cluster_arn, wait, Clock())
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    listed = "".join(f"{member.cluster_arn} ({member.role})\n" for member in members)
    module.exit_json(
        changed=bool(members),
        detached=[member.cluster_arn for member in members],
        diff={"before": listed, "after": ""},
    )


if __name__ == "__main__":
    main()

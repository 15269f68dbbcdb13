#!/usr/bin/python
"""Fences a region's payments function, opens it, or keeps its concurrency."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: function_fence
short_description: Close a region's payments function, or open it again
version_added: 1.0.0
description:
  - A function with a reserved concurrency of 0 takes nothing. So a region that was failed over from cannot take a
    payment when it comes back as it was.
  - What was reserved before is remembered in the B(other) region, in an SSM parameter of its own.
  - V(fenced) is best effort. A region that does not answer within seconds is reported by RV(reachable); it is not a
    failure.
options:
  fenced_region:
    description: The region whose payments function is meant.
    type: str
    required: true
  state:
    description:
      - V(fenced) closes the function, if the region answers.
      - V(open) gives it O(reserved_concurrency) again, or else what is remembered. One that is not fenced stays as it
        is.
      - V(kept) gives it O(reserved_concurrency) unless it is fenced, as a deployment does.
    type: str
    choices: [fenced, open, kept]
    required: true
  reserved_concurrency:
    description: The concurrency to reserve.
    type: int
  topology:
    description: The topology document, as C(topology_info) returns it.
    type: dict
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
- name: Let the old active region take no payment, if it can be reached
  function_fence:
    fenced_region: us-east-1
    state: fenced
    topology: "{{ topology_document }}"

- name: Give the function what the inventory says, unless it is fenced
  function_fence:
    fenced_region: us-east-1
    state: kept
    reserved_concurrency: 200
    topology: "{{ topology_document }}"
"""

RETURN = r"""
fence:
  description: What was found and done, in a sentence.
  returned: success
  type: str
  sample: "lambda-payments-us-east-1-prod-a1 fenced: concurrency 200 -> 0"
reachable:
  description: Whether the region answered.
  returned: success
  type: bool
  sample: true
fenced:
  description: Whether its function takes nothing now; null when nobody knows.
  returned: success
  type: bool
  sample: true
before:
  description: The concurrency that was reserved; null when none was, or nobody knows.
  returned: success
  type: int
  sample: 200
after:
  description: The concurrency that is reserved now; null when none is, or nobody knows.
  returned: success
  type: int
  sample: 0
earlier:
  description: The concurrency that is remembered in the other region; null when nothing is.
  returned: success
  type: int
  sample: 200
"""

import dataclasses

from ansible.module_utils.payments_dr import fencing
from ansible.module_utils.payments_dr.aws import AWS_SPEC, clients
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.options import TOPOLOGY_SPEC, topology_of
from ansible.module_utils.payments_dr.parameters import ParameterError
from ansible.module_utils.payments_dr.topology import TopologyError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def run(module):
    """What was found and done, as fencing.Fence."""
    params, changing = module.params, not module.check_mode
    topology, region = topology_of(params, "fenced_region")
    concurrency = params["reserved_concurrency"]
    if params["state"] == "fenced":
        return fencing.fence(clients(module), topology, region, changing)
    if params["state"] == "open":
        return fencing.open_fence(clients(module), topology, region, concurrency, changing)
    return fencing.keep(clients(module), topology, region, concurrency, changing)


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "fenced_region": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["fenced", "open", "kept"], "required": True},
            "reserved_concurrency": {"type": "int"},
            **TOPOLOGY_SPEC,
            **AWS_SPEC,
        },
        required_if=[("state", "kept", ["reserved_concurrency"])],
        supports_check_mode=True,
    )
    try:
        done = dataclasses.asdict(run(module))
    except (TopologyError, ParameterError) as error:
        module.fail_json(msg=str(error))
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    facts = {name: done[name] for name in ("reachable", "fenced", "before", "after", "earlier")}
    diff = {side: {"reserved_concurrency": done[side]} for side in ("before", "after")}
    module.exit_json(changed=done["changed"], fence=done["sentence"], diff=diff, **facts)


if __name__ == "__main__":
    main()

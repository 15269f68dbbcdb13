#!/usr/bin/python
"""Sets whether a region's failover function may act by itself."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: failover_mode
short_description: Let a region fail over by itself, or leave it to people
version_added: 1.0.0
description:
  - Writes the SSM parameter that the failover function of the region reads. The parameter is Terraform's and exists;
    its value belongs to operations.
  - The same mode again is no change, whoever asks, so that the one who changed it can be found.
  - A region that does not answer is reported within seconds by RV(reachable) and RV(reason); it is not a failure.
options:
  parameter:
    description: Name of the SSM parameter.
    type: str
    required: true
  mode:
    description: V(automatic) or V(manual).
    type: str
    choices: [automatic, manual]
    required: true
  by:
    description: Who sets it.
    type: str
    required: true
  why:
    description: Why it is set.
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
- name: Let people decide while the database is being upgraded
  failover_mode:
    parameter: parameter-failover-mode-prod-a1
    mode: manual
    by: anna
    why: upgrade of Aurora, change 4711
    region: us-east-2
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
before:
  description: The mode as it was, C(mode), C(by), C(why) and C(at); null when it could not be read.
  returned: when reachable
  type: dict
  sample: {"mode": "automatic", "by": "terraform", "why": "first deployment", "at": "2026-11-01T08:00:00Z"}
after:
  description: The mode as it is now, or would be in check mode.
  returned: when reachable
  type: dict
  sample: {"mode": "manual", "by": "anna", "why": "upgrade of Aurora, change 4711", "at": "2026-11-22T12:00:00.000Z"}
"""

from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import BRISK, AwsFailure, observed
from ansible.module_utils.payments_dr.mode import MODES, Mode, set_mode
from ansible.module_utils.payments_dr.waiters import Clock, timestamp
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def facts(mode):
    """What RETURN calls before and after."""
    return mode and {"mode": mode.mode, "by": mode.by, "why": mode.why, "at": mode.at}


def run(module):
    """Sets the mode; changed, before and after."""
    params = module.params
    wanted = Mode(params["mode"], params["by"], params["why"], timestamp(Clock().now()))
    ssm = client(module, "ssm", patience=BRISK)
    before, changed = set_mode(ssm, params["parameter"], wanted, changing=not module.check_mode)
    return {"changed": changed, "before": facts(before), "after": facts(wanted if changed else before)}


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "parameter": {"type": "str", "required": True},
            "mode": {"type": "str", "choices": list(MODES), "required": True},
            "by": {"type": "str", "required": True},
            "why": {"type": "str", "required": True},
            **AWS_SPEC,
        },
        supports_check_mode=True,
    )
    try:
        result = observed(lambda: run(module))
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    diff = {"before": result.get("before") or {}, "after": result.get("after") or {}}
    module.exit_json(**{"changed": False, **result}, diff=diff)


if __name__ == "__main__":
    main()

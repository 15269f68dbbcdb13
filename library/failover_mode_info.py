#!/usr/bin/python
"""Reads whether a region's failover function may act by itself."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: failover_mode_info
short_description: Read whether a region may fail over by itself, and who said so
version_added: 1.0.0
description:
  - Reads the SSM parameter that the failover function of the region reads.
  - A region that does not answer is reported within seconds by RV(reachable) and RV(reason); it is not a failure.
  - Changes nothing, so check mode makes no difference.
options:
  parameter:
    description: Name of the SSM parameter.
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
- name: May the standby act by itself?
  failover_mode_info:
    parameter: parameter-failover-mode-prod-a1
    region: us-east-2
  register: mode
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
problem:
  description: What is wrong with the parameter, in a sentence; empty when nothing is.
  returned: when reachable
  type: str
  sample: ""
mode:
  description: V(automatic) or V(manual); empty when it could not be read, and the function then does nothing.
  returned: when reachable
  type: str
  sample: manual
by:
  description: Who set it.
  returned: when reachable
  type: str
  sample: anna
why:
  description: Why it was set.
  returned: when reachable
  type: str
  sample: upgrade of Aurora, change 4711
at:
  description: When it was set.
  returned: when reachable
  type: str
  sample: "2026-11-22T12:00:00.000Z"
"""

import dataclasses

from ansible.module_utils.payments_dr import mode as modes
from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import BRISK, AwsFailure, observed
from ansible.module_utils.payments_dr.parameters import ParameterError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

NOTHING = modes.Mode("", "", "", "")


def observe(module):
    """problem and the mode's fields, as RETURN describes them."""
    ssm = client(module, "ssm", patience=BRISK)
    try:
        found, problem = modes.read(ssm, module.params["parameter"]), ""
    except ParameterError as error:
        found, problem = NOTHING, str(error)
    return {"problem": problem, **dataclasses.asdict(found)}


def main():
    spec = {"parameter": {"type": "str", "required": True}, **AWS_SPEC}
    module = AnsibleAWSModule(argument_spec=spec, supports_check_mode=True)
    try:
        result = observed(lambda: observe(module))
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

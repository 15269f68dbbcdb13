#!/usr/bin/python
"""Reads a region's failover function: what is deployed, its mode, and whether it still evaluates."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: failover_function_info
short_description: Describe a region's failover function, its mode, the fences it knows of, and when it last evaluated
version_added: 1.0.0
description:
  - Describes the function that fails over to the region by itself, the parameter that says whether it may, and how
    long ago CloudWatch counted its last evaluation.
  - A region that does not answer is reported within seconds by RV(reachable) and RV(reason); it is not a failure.
  - Changes nothing, so check mode makes no difference.
options:
  function:
    description: Name of the failover function.
    type: str
    required: true
  parameter:
    description: Name of the SSM parameter that holds its mode.
    type: str
    required: true
  fence_parameter:
    description: Name of the SSM parameter that remembers the fences that were put up from this region.
    type: str
    required: true
  minutes:
    description: How far back to look for an evaluation.
    type: int
    default: 10
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Describe the function that would fail over to us-east-2
  failover_function_info:
    function: lambda-failover-us-east-2-prod-a1
    parameter: parameter-failover-mode-prod-a1
    fence_parameter: parameter-fence-prod-a1
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
function:
  description: The function as C(region_services_info) describes functions; null when it does not exist.
  returned: when reachable
  type: dict
  sample: {"name": "lambda-failover-us-east-2-prod-a1", "state": "Active", "version": "5c07e1b2a9d4"}
mode:
  description:
    - The mode as C(failover_mode_info) describes it, with C(mode), C(by), C(why) and C(at); null when it cannot be
      read.
  returned: when reachable
  type: dict
  sample: {"mode": "automatic", "by": "anna", "why": "upgrade done", "at": "2026-11-22T12:00:00Z"}
mode_problem:
  description: Why the mode cannot be read; empty when it can.
  returned: when reachable
  type: str
  sample: ""
fences:
  description:
    - By region, the reserved concurrency that its payments function had before it was fenced from here; null when that
      cannot be read.
  returned: when reachable
  type: dict
  sample: {"us-east-1": 200}
fences_problem:
  description: Why the fences cannot be read; empty when they can.
  returned: when reachable
  type: str
  sample: ""
evaluated_seconds_ago:
  description: The age of the last minute in which CloudWatch counted an evaluation; null when there is none.
  returned: when reachable
  type: int
  sample: 70
"""

import dataclasses
import datetime

from ansible.module_utils.payments_dr import fence_memory
from ansible.module_utils.payments_dr import mode as modes
from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import BRISK, AwsFailure, concurrently, observed
from ansible.module_utils.payments_dr.parameters import ParameterError
from ansible.module_utils.payments_dr.regional import read_function, seconds_since_evaluation
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

VERSION = "FAILOVER_VERSION"


def read_mode(ssm, parameter):
    """mode and mode_problem, as RETURN describes them."""
    try:
        return {"mode": dataclasses.asdict(modes.read(ssm, parameter)), "mode_problem": ""}
    except ParameterError as error:
        return {"mode": None, "mode_problem": str(error)}


def read_fences(ssm, parameter):
    """fences and fences_problem, as RETURN describes them."""
    try:
        return {"fences": fence_memory.read(ssm, parameter), "fences_problem": ""}
    except ParameterError as error:
        return {"fences": None, "fences_problem": str(error)}


def observe(module):
    """Everything in RETURN but whether the region is reachable."""
    params = module.params
    clients = {service: client(module, service, patience=BRISK) for service in ("lambda", "ssm", "cloudwatch")}
    now = datetime.datetime.now(datetime.UTC)
    seen = concurrently(
        {
            "function": lambda: read_function(clients["lambda"], params["function"], VERSION),
            "mode": lambda: read_mode(clients["ssm"], params["parameter"]),
            "fences": lambda: read_fences(clients["ssm"], params["fence_parameter"]),
            "evaluated": lambda: seconds_since_evaluation(clients["cloudwatch"], params["minutes"], now),
        }
    )
    return {
        "function": seen["function"],
        "evaluated_seconds_ago": seen["evaluated"],
        **seen["mode"],
        **seen["fences"],
    }


def main():
    spec = {
        "function": {"type": "str", "required": True},
        "parameter": {"type": "str", "required": True},
        "fence_parameter": {"type": "str", "required": True},
        "minutes": {"type": "int", "default": 10},
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

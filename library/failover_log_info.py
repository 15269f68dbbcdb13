#!/usr/bin/python
"""What a region's failover function saw and did in a time, for a timeline."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: failover_log_info
short_description: Read from its log what the failover function of a region saw and did
version_added: 1.0.0
description:
  - Reads the function's log group in its own region. Every decision that differs from the one before is an entry, and
    every step that the function took or could not take.
options:
  log_group:
    description: Log group of the failover function.
    type: str
    required: true
  since:
    description: Begin of the time, in seconds since the epoch.
    type: float
    required: true
  until:
    description: End of the time, in seconds since the epoch.
    type: float
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
- name: Read what the function did during the outage
  failover_log_info:
    log_group: /aws/lambda/lambda-failover-us-east-2-prod-a1
    since: 1790000000.0
    until: 1790000300.0
    region: us-east-2
"""

RETURN = r"""
timeline:
  description: What happened, the oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    at:
      description: When, in seconds since the epoch.
      returned: always
      type: float
      sample: 1790000061.2
    what:
      description: What was decided and why, or what was done.
      returned: always
      type: str
      sample: "promote: us-east-1 has not served for 60 s"
"""

from ansible.module_utils.payments_dr.aws import AWS_SPEC, clients
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.decision_log import story
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "log_group": {"type": "str", "required": True},
            "since": {"type": "float", "required": True},
            "until": {"type": "float", "required": True},
            **AWS_SPEC,
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        found = story(clients(module), module.region, params["log_group"], params["since"], params["until"])
    except AwsFailure as failure:
        module.fail_json(msg=failure.message)
    module.exit_json(changed=False, timeline=found)


if __name__ == "__main__":
    main()

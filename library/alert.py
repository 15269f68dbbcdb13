#!/usr/bin/python
"""Tells people, by the surviving region's topic."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: alert
short_description: Tell the on-call people something, through a region's alerts topic
version_added: 1.0.0
description:
  - Publishes to an SNS topic in the topic's own region, and nowhere else.
  - Every run tells again, so it always reports a change. In check mode nothing is sent.
options:
  topic_arn:
    description: ARN of the topic, in a region that answers.
    type: str
    required: true
  subject:
    description: What it is about, in one line. Longer than the 100 characters that SNS takes, it is cut.
    type: str
    required: true
  message:
    description: What happened, what is known, what is not, and the one command to type next.
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
- name: Say that the failover is over
  alert:
    topic_arn: arn:aws:sns:us-east-2:222222222222:sns-alerts-us-east-2-prod-a1
    subject: Payments run in us-east-2
    message: |
      us-east-1 did not answer; us-east-2 was promoted.
      Next: ansible-playbook playbooks/status.yml -i inventories/prod
"""

RETURN = r"""
message_id:
  description: What SNS calls the message; empty in check mode.
  returned: success
  type: str
  sample: 0b1d5d66-8f1a-5f6d-a7b7-0d9d9c1a0b3e
region:
  description: The region that the message was published in.
  returned: success
  type: str
  sample: us-east-2
"""

from ansible.module_utils.payments_dr.alerts import publish
from ansible.module_utils.payments_dr.aws import AWS_SPEC, clients
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.observation import region_of
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "topic_arn": {"type": "str", "required": True},
            "subject": {"type": "str", "required": True},
            "message": {"type": "str", "required": True},
            **AWS_SPEC,
        },
        supports_check_mode=True,
    )
    params, sent = module.params, ""
    if not region_of(params["topic_arn"]):
        module.fail_json(msg=f"topic_arn: {params['topic_arn']!r} is no ARN of a topic in a region")
    try:
        if not module.check_mode:
            sent = publish(clients(module), params["topic_arn"], params["subject"], params["message"])
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    module.exit_json(changed=True, message_id=sent, region=region_of(params["topic_arn"]))


if __name__ == "__main__":
    main()

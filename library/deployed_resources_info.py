#!/usr/bin/python
"""Lists what carries a deployment's tags, whoever made it."""

DOCUMENTATION = r"""
---
module: deployed_resources_info
short_description: List what stands of an environment in a region, by its tags
version_added: 1.0.0
description:
  - Asks the Resource Groups Tagging API for everything tagged with the environment, whether Terraform's state knows it
    or not, and keeps what has the suffix in its name.
  - Keys that are scheduled for deletion are left out. KMS keeps a key for seven days at least.
  - Changes nothing, so check mode makes no difference.
options:
  environment_name:
    description: Value of the tag Environment.
    type: str
    required: true
  environment_suffix:
    description: The environment's suffix.
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
- name: See what is left in us-east-1
  deployed_resources_info:
    region: us-east-1
    environment_name: prod
    environment_suffix: a1
  register: left
"""

RETURN = r"""
arns:
  description: What stands, by ARN.
  returned: success
  type: list
  elements: str
  sample: ["arn:aws:s3:::s3-transaction-logs-us-east-1-prod-a1"]
"""

from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import AwsFailure, describing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def tagged(tagging, environment):
    """(ARN, tags) of everything with the tag Environment."""
    filters = [{"Key": "Environment", "Values": [environment]}]
    with describing(f"list what is tagged Environment={environment}"):
        pages = list(tagging.get_paginator("get_resources").paginate(TagFilters=filters))
    return [
        (one["ResourceARN"], {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])})
        for page in pages
        for one in page["ResourceTagMappingList"]
    ]


def belongs(arn, tags, tail):
    """Whether it is of this deployment: two suffixes may share an environment."""
    return tail in arn or tags.get("Name", "").endswith(tail)


def going(kms, arn):
    """Whether it is a key that KMS will delete; it cannot be made to go sooner."""
    if ":kms:" not in arn or ":key/" not in arn:
        return False
    with describing(f"look at the key {arn}"):
        return kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "environment_name": {"type": "str", "required": True},
            "environment_suffix": {"type": "str", "required": True},
            **AWS_SPEC,
        },
        supports_check_mode=True,
    )
    tail = f"-{module.params['environment_name']}-{module.params['environment_suffix']}"
    try:
        tagging, kms = client(module, "resourcegroupstaggingapi"), client(module, "kms")
        found = [arn for arn, tags in tagged(tagging, module.params["environment_name"]) if belongs(arn, tags, tail)]
        arns = sorted(arn for arn in found if not going(kms, arn))
    except AwsFailure as failure:
        module.fail_json(msg=failure.message)
    module.exit_json(changed=False, arns=arns)


if __name__ == "__main__":
    main()

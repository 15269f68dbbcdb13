#!/usr/bin/python
"""Reads a region's journal table and its epoch: how they are kept, and who may acknowledge payments."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: journal_info
short_description: Describe a region's journal of payments, and the epoch that says who may acknowledge them
version_added: 1.0.0
description:
  - Describes the table in which the other region journals payments before it acknowledges them, and the table of the
    epoch, which every promotion raises.
  - Reads the epoch and its gates, which payments of the other region are checked against. Reads no payment.
  - What does not exist is null in the result.
  - A region that does not answer is reported within seconds by RV(reachable) and RV(reason); it is not a failure.
  - Changes nothing, so check mode makes no difference.
options:
  journal_table:
    description: Name of the journal's table.
    type: str
    required: true
  epoch_table:
    description: Name of the epoch's table.
    type: str
    required: true
  assume_role_arn:
    description: ARN of the role to assume for every call.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Say who may acknowledge payments, as us-east-2 knows it
  journal_info:
    journal_table: table-journal-us-east-2-prod-a1
    epoch_table: table-epoch-us-east-2-prod-a1
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
journal_table:
  description: The journal's table; null when it does not exist.
  returned: when reachable
  type: dict
  contains: &table
    name:
      description: Its name.
      returned: when it exists
      type: str
      sample: table-journal-us-east-2-prod-a1
    status:
      description: Its status.
      returned: when it exists
      type: str
      sample: ACTIVE
    kms_key_arn:
      description: ARN of the key that encrypts it; empty when that is a key of AWS's own.
      returned: when it exists
      type: str
      sample: arn:aws:kms:us-east-2:222222222222:key/0b7f6f0e-7a55-4f43-8d9e-6f2f6f1f9b11
    restorable:
      description: Whether it can be restored to a point in time.
      returned: when it exists
      type: bool
      sample: true
    expires_by:
      description: The attribute that says when an item expires; empty when none does.
      returned: when it exists
      type: str
      sample: expires
epoch_table:
  description: The epoch's table; null when it does not exist.
  returned: when reachable
  type: dict
  contains: *table
epoch:
  description: The epoch; null when it cannot be read.
  returned: when reachable
  type: dict
  contains:
    number:
      description: Its number, which grows with every promotion.
      returned: when it can be read
      type: int
      sample: 3
    active:
      description: The region that may acknowledge payments.
      returned: when it can be read
      type: str
      sample: us-east-1
    replayed:
      description: Whether the database of this region has everything that its journal has.
      returned: when it can be read
      type: bool
      sample: true
    by:
      description: Who began it.
      returned: when it can be read
      type: str
      sample: terraform
    why:
      description: Why.
      returned: when it can be read
      type: str
      sample: first deployment
    at:
      description: When, ISO 8601.
      returned: when it can be read
      type: str
      sample: "2026-11-22T12:00:00Z"
epoch_problem:
  description: Why the epoch cannot be read; empty when it can.
  returned: when reachable
  type: str
  sample: ""
gates:
  description: Number and region of the epoch in each gate; empty before the first promotion.
  returned: when reachable
  type: dict
  sample: {"gate-00": "3 us-east-1"}
"""

from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import BRISK, AwsFailure, concurrently, observed
from ansible.module_utils.payments_dr.journal_tables import read_epoch, read_table
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def observe(module):
    """Everything in RETURN but whether the region is reachable."""
    dynamodb, params = client(module, "dynamodb", patience=BRISK), module.params
    seen = concurrently(
        {
            "journal_table": lambda: read_table(dynamodb, params["journal_table"]),
            "epoch_table": lambda: read_table(dynamodb, params["epoch_table"]),
            "epoch": lambda: read_epoch(dynamodb, params["epoch_table"]),
        }
    )
    return {"journal_table": seen["journal_table"], "epoch_table": seen["epoch_table"], **seen["epoch"]}


def main():
    spec = {
        "journal_table": {"type": "str", "required": True},
        "epoch_table": {"type": "str", "required": True},
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

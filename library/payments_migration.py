#!/usr/bin/python
"""Has the payments function bring the database's schema up to date: it alone stands where the database is."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: payments_migration
short_description: Migrate the payments database through the function in its private subnets
version_added: 1.0.0
description:
  - Invokes the payments function of a region with the action C(migrate). Where the region's database is the writer,
    the function applies the migrations that are in its zip and not in the database, all or none; elsewhere it does
    nothing.
  - Safe to run twice, and from two places at once.
  - In check mode nothing is invoked, since the function cannot tell without doing.
options:
  function_name:
    description: The payments function.
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
- name: Bring the schema up to date
  payments_migration:
    region: us-east-1
    function_name: lambda-payments-us-east-1-prod-a1
"""

RETURN = r"""
status:
  description: C(migrated), C(current) when there was nothing to do, C(standby) where the writer is elsewhere,
    C(skipped) in check mode.
  returned: success
  type: str
  sample: migrated
applied:
  description: The versions that this call applied.
  returned: success
  type: list
  elements: int
  sample: [1]
"""

from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.payments_function import PATIENCE, ask
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def main():
    module = AnsibleAWSModule(
        argument_spec={"function_name": {"type": "str", "required": True}, **AWS_SPEC}, supports_check_mode=True
    )
    if module.check_mode:
        module.exit_json(changed=False, status="skipped", applied=[])
    try:
        functions = client(module, "lambda", patience=PATIENCE)
        answer = ask(functions, module.params["function_name"], {"action": "migrate"})
    except AwsFailure as failure:
        module.fail_json(msg=failure.message)
    module.exit_json(changed=answer["status"] == "migrated", status=answer["status"], applied=answer.get("applied", []))


if __name__ == "__main__":
    main()

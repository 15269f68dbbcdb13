#!/usr/bin/python
"""Reads a saved Terraform plan. What it means is decided in payments_dr.plan."""

DOCUMENTATION = r"""
---
module: terraform_plan_info
short_description: Say what a saved Terraform plan would do, and whether it would lose data
version_added: 1.0.0
description:
  - Reads a saved plan with C(terraform show -json) and returns what it would create, update, replace and delete.
  - Names the stateful resources that the plan would delete or replace without having been allowed to by address.
    C(community.general.terraform) overlooks replacements in check and diff mode, so they are read here.
  - Returns names of attributes only, never their values.
  - Changes nothing, so check mode makes no difference.
options:
  project_path:
    description: The Terraform configuration that the plan was made from.
    type: path
    required: true
  plan_file:
    description: The saved plan.
    type: path
    required: true
  binary_path:
    description: The Terraform program.
    type: path
    required: true
  allowed:
    description: Addresses of stateful resources that may be deleted or replaced.
    type: list
    elements: str
    default: []
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Read the plan
  terraform_plan_info:
    project_path: terraform
    plan_file: build/prod-a1/plan
    binary_path: /usr/bin/terraform
  register: infrastructure_plan
"""

RETURN = r"""
has_changes:
  description: Whether applying the plan would change a resource or an output.
  returned: success
  type: bool
  sample: true
totals:
  description: Number of resources by what happens to them.
  returned: success
  type: dict
  sample: {create: 260, update: 0, replace: 0, delete: 0}
summary:
  description: The plan as lines for a person.
  returned: success
  type: list
  elements: str
  sample: ["+ create   3 aws_subnet in module.primary"]
outputs:
  description: Names of the outputs that would change.
  returned: success
  type: list
  elements: str
  sample: [topology]
refused:
  description: Addresses of stateful resources that would be deleted or replaced and are not in O(allowed).
  returned: success
  type: list
  elements: str
  sample: [module.primary.aws_s3_bucket.transaction_logs]
"""

import json

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr import plan


def main():
    module = AnsibleModule(
        argument_spec={
            "project_path": {"type": "path", "required": True},
            "plan_file": {"type": "path", "required": True},
            "binary_path": {"type": "path", "required": True},
            "allowed": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    command = [module.params["binary_path"], "show", "-json", module.params["plan_file"]]
    code, shown, error = module.run_command(command, cwd=module.params["project_path"])
    if code != 0:
        module.fail_json(msg=f"Terraform could not read the plan {module.params['plan_file']}: {error.strip()}")
    document = json.loads(shown)
    changes = plan.changes_in(document)
    outputs = plan.changed_outputs(document)
    module.exit_json(
        changed=False,
        has_changes=bool(changes or outputs),
        totals=plan.totals(changes),
        summary=plan.summary(changes, outputs),
        outputs=outputs,
        refused=[change.address for change in plan.refused(changes, module.params["allowed"])],
    )


if __name__ == "__main__":
    main()

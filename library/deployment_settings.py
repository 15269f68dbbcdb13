#!/usr/bin/python
"""Checks an inventory's variables and says what Terraform gets of them; payments_dr.settings decides."""

DOCUMENTATION = r"""
---
module: deployment_settings
short_description: Check the inventory's variables and derive Terraform's variable files
version_added: 1.0.0
description:
  - Holds the variables of an inventory against what AWS and the design allow, and fails with every error at once,
    each naming its variable and the mend.
  - Returns Terraform's variables, one mapping for what both regions share and one for each region. The function's
    package and version are not among them, since they are built later.
  - Talks to nothing and changes nothing, so check mode makes no difference.
options:
  shared:
    description: The variables that both regions share, by the names they have in C(group_vars/all).
    type: dict
    required: true
  regions:
    description: For each host of the group C(regions) its variables, and its name as C(host).
    type: list
    elements: dict
    required: true
requirements:
  - botocore, whose list of AWS regions is asked
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Check the inventory
  deployment_settings:
    shared: "{{ preflight_shared }}"
    regions: "{{ groups['regions'] | map('extract', hostvars, 'preflight_region') }}"
"""

RETURN = r"""
shared:
  description: Terraform's variables for both regions.
  returned: success
  type: dict
  sample: {environment: prod, environmentSuffix: a1, record_ttl_seconds: 60}
regions:
  description: Terraform's variables of each region by host, under its home role.
  returned: success
  type: dict
  sample: {us-east-1: {primary: {region: us-east-1, vpc_cidr: 10.10.0.0/16}}}
errors:
  description: What is wrong, a sentence a variable.
  returned: failure
  type: list
  elements: str
  sample: ["record_ttl_seconds (group_vars/all): is not set; set it to a whole number from 1 to 86400 seconds"]
"""

import botocore.session
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr import settings


def aurora_regions():
    """Every region in which botocore knows RDS, of all partitions."""
    session = botocore.session.get_session()
    partitions = session.get_available_partitions()
    return [region for partition in partitions for region in session.get_available_regions("rds", partition)]


def main():
    module = AnsibleModule(
        argument_spec={
            "shared": {"type": "dict", "required": True},
            "regions": {"type": "list", "elements": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    shared, regions = module.params["shared"], module.params["regions"]
    errors = settings.errors_in(shared, regions, aurora_regions())
    if errors:
        module.fail_json(msg="The inventory cannot be deployed:\n" + "\n".join(f"- {e}" for e in errors), errors=errors)
    module.exit_json(
        changed=False,
        shared=settings.shared_variables(shared),
        regions={region["host"]: settings.region_variables(region) for region in regions},
    )


if __name__ == "__main__":
    main()

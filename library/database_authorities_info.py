#!/usr/bin/python
"""Looks at the file of authorities that the function will trust its database by. How is in payments_dr.authorities."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: database_authorities_info
short_description: Tell whether a file holds the certificate authorities of RDS in some regions
version_added: 1.0.0
description:
  - Reads a PEM file, and looks in it for a valid authority of RDS for each region.
  - What is wrong with it is reported in RV(fault) with the mend; that is not a failure.
  - Changes nothing, so check mode makes no difference.
options:
  path:
    description: The PEM file.
    type: path
    required: true
  regions:
    description: The regions whose authorities it has to hold.
    type: list
    elements: str
    required: true
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Look at the authorities of RDS
  database_authorities_info:
    path: lambda/payments/rds-bundle.pem
    regions: [us-east-1, us-east-2]
"""

RETURN = r"""
fault:
  description: What is wrong with the file, and the mend; empty when nothing is.
  returned: always
  type: str
  sample: ""
authorities:
  description: The authorities in it.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The common name.
      returned: always
      type: str
      sample: Amazon RDS us-east-1 Root CA RSA2048 G1
    ends:
      description: Until when it is valid, in seconds since the epoch.
      returned: always
      type: int
      sample: 2882304000
"""

import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr import authorities


def look(path, regions):
    """What is in the file, and what is wrong with it."""
    found = []
    try:
        found = authorities.read(Path(path).read_bytes())
    except FileNotFoundError:
        wrong = "is not there"
    except OSError as error:
        wrong = f"cannot be read ({error.strerror})"
    except ValueError as error:
        wrong = str(error)
    else:
        missing = authorities.lacking(found, regions, time.time())
        wrong = f"holds no valid authority of RDS for {', '.join(missing)}" if missing else ""
    return found, f"{path} {wrong}. {authorities.mend(path, regions)}" if wrong else ""


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "regions": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    found, fault = look(module.params["path"], module.params["regions"])
    module.exit_json(changed=False, fault=fault, authorities=authorities.as_data(found))


if __name__ == "__main__":
    main()

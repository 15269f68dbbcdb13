#!/usr/bin/python
"""Builds a Lambda function's zip, reproducibly. How is in payments_dr.package."""

DOCUMENTATION = r"""
---
module: lambda_package
short_description: Build a Lambda function's zip with the same bytes for the same files
version_added: 1.0.0
description:
  - Packs folders into a zip in a fixed order, with one time and one mode, so that the same files give the same bytes
    and a deployment without a change of code changes nothing.
  - In check mode nothing is written.
options:
  dest:
    description: The zip to write. It is replaced in one step, so that a reader never sees half of it.
    type: path
    required: true
  sources:
    description: What goes in.
    type: list
    elements: dict
    required: true
    suboptions:
      folder:
        description: Folder whose files are packed.
        type: path
        required: true
      prefix:
        description: Folder inside the zip that they go to.
        type: str
        default: ''
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Package the payments function
  lambda_package:
    dest: build/payments.zip
    sources:
      - {folder: lambda/payments, prefix: payments}
      - {folder: module_utils/payments_dr, prefix: payments_dr}
"""

RETURN = r"""
dest:
  description: The zip.
  returned: success
  type: str
  sample: build/payments.zip
version:
  description: Twelve hexadecimal digits that stand for the contents.
  returned: success
  type: str
  sample: 3f9a0c1d2e4b
size:
  description: Size of the zip in bytes.
  returned: success
  type: int
  sample: 184320
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr import package


def main():
    module = AnsibleModule(
        argument_spec={
            "dest": {"type": "path", "required": True},
            "sources": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {"folder": {"type": "path", "required": True}, "prefix": {"type": "str", "default": ""}},
            },
        },
        supports_check_mode=True,
    )
    dest = Path(module.params["dest"])
    try:
        files = package.collect((Path(one["folder"]), one["prefix"]) for one in module.params["sources"])
    except ValueError as error:
        module.fail_json(msg=f"sources: {error}")
    content = package.archive(files)
    changed = not dest.is_file() or dest.read_bytes() != content
    if changed and not module.check_mode:
        dest.parent.mkdir(parents=True, exist_ok=True)
        partial = dest.with_suffix(f".{os.getpid()}")
        partial.write_bytes(content)
        partial.replace(dest)
    module.exit_json(changed=changed, dest=str(dest), version=package.version_of(files), size=len(content))


if __name__ == "__main__":
    main()

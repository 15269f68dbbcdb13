#!/usr/bin/python
"""Writes a document as JSON."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: json_file
short_description: Write a document as a JSON file
version_added: 1.0.0
description:
  - Writes a document as indented JSON in one step, so that a reader never sees half of it. Its folder is made.
  - In check mode nothing is written.
options:
  dest:
    description: The file to write.
    type: path
    required: true
  content:
    description: The document.
    type: dict
    required: true
  private:
    description: Whether only the owner may read it. What is written anew gets this mode; what stands keeps its own.
    type: bool
    default: false
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Keep the verdict
  json_file:
    dest: build/reports/verify.json
    content: "{{ verification_verdict.report }}"
"""

RETURN = r"""
dest:
  description: The file, as an absolute path.
  returned: always
  type: str
  sample: /srv/payments/build/reports/verify.json
"""

import json
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def text_of(content):
    """The file's content."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def write(path, text, private):
    """Puts the text where readers find either the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.touch(mode=0o600 if private else 0o644)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def main():
    module = AnsibleModule(
        argument_spec={
            "dest": {"type": "path", "required": True},
            "content": {"type": "dict", "required": True},
            "private": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    path, text = Path(module.params["dest"]).resolve(), text_of(module.params["content"])
    try:
        changed = not path.exists() or path.read_text(encoding="utf-8") != text
        if changed and not module.check_mode:
            write(path, text, module.params["private"])
    except OSError as error:
        module.fail_json(msg=f"dest: {path} cannot be written: {error}")
    module.exit_json(changed=changed, dest=str(path))


if __name__ == "__main__":
    main()

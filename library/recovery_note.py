#!/usr/bin/python
"""Keeps the report of a recovery, one event at a time."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: recovery_note
short_description: Note in a report what a recovery has just done
version_added: 1.0.0
description:
  - Adds an event to a report and writes it at once, so that what a killed run has done can be read, and the next one
    goes on with it.
  - The report is also the fact C(recovery_story), for the next note. In check mode it is only that, and nothing is
    written.
options:
  story:
    description: The report so far. Its C(timeline) is a list of C(at) and C(what).
    type: dict
    required: true
  event:
    description: What happened, in a sentence.
    type: str
    default: ""
  timeline:
    description: What happened when, as a module returned it, instead of O(event).
    type: list
    elements: dict
    default: []
  learned:
    description: What is kept beside the timeline. It replaces what stands there under the same name.
    type: dict
    default: {}
  dest:
    description: The file.
    type: path
    required: true
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Note it
  recovery_note:
    story: "{{ ansible_facts.recovery_story }}"
    event: "{{ recovery_fence.fence }}"
    dest: build/reports/failover.json
"""

RETURN = r"""
ansible_facts:
  description: C(recovery_story), the report.
  returned: always
  type: dict
  sample: {"recovery_story": {"verb": "failover", "timeline": [{"at": "2026-11-22T12:00:00.000Z", "what": "…"}]}}
"""

import json
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr.waiters import timestamp


def continued(params, now):
    """The report with what happened; `now` is in seconds since the epoch."""
    events = [{"at": timestamp(now), "what": params["event"]}] if params["event"] else []
    timeline = [*params["story"].get("timeline", []), *params["timeline"], *events]
    return {**params["story"], **params["learned"], "timeline": timeline}


def write(path, story):
    """Puts it where readers find either the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(json.dumps(story, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)


def main():
    module = AnsibleModule(
        argument_spec={
            "story": {"type": "dict", "required": True},
            "event": {"type": "str", "default": ""},
            "timeline": {"type": "list", "elements": "dict", "default": []},
            "learned": {"type": "dict", "default": {}},
            "dest": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    story = continued(module.params, time.time())
    try:
        if not module.check_mode:
            write(Path(module.params["dest"]), story)
    except OSError as error:
        # A full disk must not stop a recovery: what happened is on the screen, too.
        module.warn(f"dest: {module.params['dest']} cannot be written: {error}")
    module.exit_json(changed=False, ansible_facts={"recovery_story": story})


if __name__ == "__main__":
    main()

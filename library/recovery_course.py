#!/usr/bin/python
"""Decides which region a recovery leaves, and which it goes to."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: recovery_course
short_description: Decide which region a recovery leaves, and which it goes to
version_added: 1.0.0
description:
  - A failback goes home. Else the region that a person named is taken, or that of an earlier run that did not end, or
    that of a handover under way, or the standby.
  - Fails where the writer would leave a region whose journal was not replayed, unless for a failover.
  - Calls nothing and changes nothing, so check mode makes no difference.
options:
  verb:
    description: What is going to be done.
    type: str
    choices: [switchover, failover, failback]
    required: true
  to:
    description: The region that shall be active, as a person named it.
    type: str
    default: ""
  views:
    description: For each region what C(recovery_screen) is given.
    type: dict
    required: true
  report:
    description: The file that a run writes about itself. It need not exist.
    type: path
    required: true
  resume_minutes:
    description: A run that began longer ago and did not end is not taken up again.
    type: int
    default: 120
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Which way?
  recovery_course:
    verb: failover
    views: "{{ recovery_views }}"
    report: build/reports/failover.json
  register: course
"""

RETURN = r"""
source:
  description: The region that is left.
  returned: success
  type: str
  sample: us-east-1
target:
  description: The region that shall be active.
  returned: success
  type: str
  sample: us-east-2
why:
  description: Why it is that one.
  returned: success
  type: str
  sample: the standby
active:
  description: The region that holds the writer now; empty when nobody says, or the regions disagree.
  returned: success
  type: str
  sample: us-east-1
document:
  description: The topology document, from the first region that has it.
  returned: success
  type: dict
  sample: {"version": 1, "global_cluster": "aurora-global-prod-a1", "regions": {}}
earlier:
  description: What an earlier run that did not end has written; empty when there was none.
  returned: success
  type: dict
  sample: {}
"""

import dataclasses
import json
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr.advice import Situation
from ansible.module_utils.payments_dr.course import CourseError, choose, unfinished


def read_report(path):
    """What is in the file; {} when there is none, or it is no report: that is no reason not to recover."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def decide(params, now):
    """The result as RETURN describes it; `now` is in seconds since the epoch. Raises CourseError."""
    situation = Situation(params["views"], [])
    report = read_report(params["report"])
    earlier = report if unfinished(report, situation, now, params["resume_minutes"] * 60) else {}
    course = choose(situation, params["verb"], params["to"], earlier)
    found = {"active": situation.active, "document": situation.document, "earlier": earlier}
    return {**dataclasses.asdict(course), **found}


def main():
    module = AnsibleModule(
        argument_spec={
            "verb": {"type": "str", "required": True, "choices": ["switchover", "failover", "failback"]},
            "to": {"type": "str", "default": ""},
            "views": {"type": "dict", "required": True},
            "report": {"type": "path", "required": True},
            "resume_minutes": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    try:
        result = decide(module.params, time.time())
    except CourseError as error:
        module.fail_json(msg=f"Nothing was done. {error}")
    except OSError as error:
        module.fail_json(msg=f"report: {error}")
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

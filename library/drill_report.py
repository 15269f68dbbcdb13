#!/usr/bin/python
"""Puts together what a drill measured: for programs, for people, and as a page with a picture."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: drill_report
short_description: Report on a drill
version_added: 1.0.0
description:
  - Reads the file of C(payments_load) and puts it together with what other tasks have seen. Calls nothing, writes
    nothing; check mode makes no difference.
  - The verdict says whether the objectives were met; it does not fail.
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
  kind:
    description: The kind of outage.
    type: str
    required: true
  origin:
    description: The region that was active, and had the outage.
    type: str
    required: true
  target:
    description: The region that was the standby.
    type: str
    required: true
  mode:
    description: V(automatic) when the function recovered by itself, V(manual) when a person did with a playbook.
    type: str
    required: true
    choices: [automatic, manual]
  timings:
    description: Whose timings these are, such as C(AWS), C(AWS as modelled) or C(hurried 30 times).
    type: str
    required: true
  path:
    description: The file of C(payments_load).
    type: path
    required: true
  began:
    description: When the outage began, in seconds since the epoch.
    type: float
    required: true
  ended:
    description: When the region was restored, in seconds since the epoch.
    type: float
    required: true
  replicated:
    description: What C(payments_load_info) returned as C(proof) before the journal was replayed.
    type: dict
    required: true
  proof:
    description: The same after it was replayed.
    type: dict
    required: true
  timeline:
    description: What happened, as dicts of C(at), in seconds since the epoch, and C(what).
    type: list
    elements: dict
    default: []
  rto_seconds:
    description: The objective.
    type: int
    required: true
  rpo_seconds:
    description: The objective.
    type: int
    required: true
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Put together what the drill measured
  drill_report:
    environment: staging-a1
    kind: dark
    origin: us-east-1
    target: us-east-2
    mode: automatic
    timings: AWS
    path: build/drill/payments.jsonl
    began: 1790000000.0
    ended: 1790000300.0
    replicated: "{{ before.proof }}"
    proof: "{{ after.proof }}"
    timeline: [{at: 1790000000.0, what: us-east-1 goes dark}]
    rto_seconds: 900
    rpo_seconds: 300
"""

RETURN = r"""
report:
  description: For programs.
  returned: always
  type: dict
  sample: {kind: dark, direction: us-east-1 to us-east-2, rto_seconds: 101.2, acknowledged: 5000, lost: 0}
lines:
  description: For people.
  returned: always
  type: list
  elements: str
  sample: ["MET: dark, us-east-1 to us-east-2, automatic"]
page:
  description: A self-contained HTML page.
  returned: always
  type: str
  sample: <!doctype html>…
met:
  description: Whether RTO and RPO were within the objectives, and nothing was doubled.
  returned: always
  type: bool
  sample: true
"""

import datetime
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr import drill, drill_page, load


def main():
    module = AnsibleModule(
        argument_spec={
            **{name: {"type": "str", "required": True} for name in ("environment", "kind", "origin", "target")},
            "mode": {"type": "str", "required": True, "choices": ["automatic", "manual"]},
            "timings": {"type": "str", "required": True},
            "path": {"type": "path", "required": True},
            "began": {"type": "float", "required": True},
            "ended": {"type": "float", "required": True},
            "replicated": {"type": "dict", "required": True},
            "proof": {"type": "dict", "required": True},
            "timeline": {"type": "list", "elements": "dict", "default": []},
            "rto_seconds": {"type": "int", "required": True},
            "rpo_seconds": {"type": "int", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        with Path(module.params["path"]).open() as file:
            payments = load.parse(file)
    except OSError as error:
        module.fail_json(msg=f"path: {error}")
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    report = drill.report(payments, module.params, now)
    page = drill_page.render(report, drill.histogram(payments, drill.BAR_SECONDS))
    module.exit_json(changed=False, report=report, lines=drill.lines(report), page=page, met=report["met"])


if __name__ == "__main__":
    main()

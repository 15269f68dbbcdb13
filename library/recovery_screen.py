#!/usr/bin/python
"""Shows what is known of both regions on one screen, and the one command to type next."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: recovery_screen
short_description: Show on one screen who is active, what is known and what not, and what to do
version_added: 1.0.0
description:
  - Puts together what other modules have seen. Calls nothing; the same facts give the same screen.
  - Changes nothing, so check mode makes no difference.
options:
  environment:
    description: Name of the environment, shown first.
    type: str
    required: true
  inventory:
    description: The inventory as a person would type it, for the command to type next.
    type: str
    required: true
  views:
    description:
      - For each region what C(topology_info) returned, and under C(observation) and C(last_decision) what
        C(failover_observation_info) returned when it looked from that region.
      - A region that could not look has no observation, and perhaps a sentence under C(error).
    type: dict
    required: true
  answers:
    description: What DNS servers answered for the name that fails over, as C(dns_answers_info) returned it.
    type: list
    elements: dict
    default: []
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Show what is known
  recovery_screen:
    environment: prod-a1
    inventory: inventories/prod
    views: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'recovery_view'))) }}"
    answers: "{{ recovery_dns.answers }}"
  register: screen
"""

RETURN = r"""
lines:
  description: The screen.
  returned: always
  type: list
  elements: str
  sample: ["ACTIVE    us-east-1 (as us-east-1 and us-east-2 say)"]
report:
  description: The same for programs.
  returned: always
  type: dict
  sample: {"active": "us-east-1", "standby": "us-east-2", "unknown": [], "next": {"command": "…", "why": "…"}}
"""

import datetime

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr import screen
from ansible.module_utils.payments_dr.advice import Situation, advise


def show(params, now):
    """lines and report, as RETURN describes them; `now` is a datetime in UTC."""
    situation = Situation(params["views"], params["answers"])
    facts = (advise(situation), params["environment"], params["inventory"], now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return {"lines": screen.lines(situation, *facts), "report": screen.report(situation, *facts)}


def main():
    module = AnsibleModule(
        argument_spec={
            "environment": {"type": "str", "required": True},
            "inventory": {"type": "str", "required": True},
            "views": {"type": "dict", "required": True},
            "answers": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, **show(module.params, datetime.datetime.now(datetime.UTC)))


if __name__ == "__main__":
    main()

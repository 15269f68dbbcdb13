#!/usr/bin/python
"""What a region sees of both, what would be decided from it, and what its failover function decided last."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: failover_observation_info
short_description: Look at both regions from one, and say what would be decided
version_added: 1.0.0
description:
  - Looks as the failover function of the region looks, with that region's own APIs, public DNS, and the API's own
    addresses. No API of the other region is called.
  - What could not be seen is unknown and named in C(errors) of RV(observation); it is not a failure.
  - The function probes for a whole detection window before it decides; here is one probe, so that an outage is
    V(probe). With O(state) it is decided as for a person, for whom one failed probe will do.
  - Changes nothing, so check mode makes no difference.
options:
  observer:
    description: The region to look from. It is the one that would be promoted, or that is active already.
    type: str
    required: true
  topology:
    description: The topology document, as C(topology_info) returns it.
    type: dict
    required: true
  policy:
    description: The inventory's failover policy; what is left out has the default of the failover function.
    type: dict
    default: {}
  state:
    description: What a person would ask for; left out, it is decided as by the function.
    type: str
    choices: [failed_over, switched_over]
  override:
    description: Names of the guards that a person waives; only with O(state).
    type: list
    elements: str
    default: []
  connect_seconds:
    description:
      - How long a probe waits for a connection; left out, as long as a Route 53 checker, 4 seconds. For a screen that
        somebody waits for.
    type: float
  log_group:
    description: Log group of the region's failover function; empty means that its last decision is not read.
    type: str
    default: ""
  log_minutes:
    description: How far back to look for the last decision.
    type: int
    default: 15
extends_documentation_fragment:
  - reach
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: What does the standby see, and what did its function decide?
  failover_observation_info:
    observer: us-east-2
    topology: "{{ topology_document }}"
    log_group: /aws/lambda/lambda-failover-us-east-2-prod-a1
  register: seen
"""

RETURN = r"""
observation:
  description: What was seen; times are ISO 8601, what is unknown is null or empty.
  returned: success
  type: dict
  sample: {"here": "us-east-2", "peer": "us-east-1", "active": "us-east-1", "checkers": "up", "errors": {}}
decision:
  description: What would be decided.
  returned: success
  type: dict
  contains:
    action:
      description: V(stay), V(probe), V(promote), V(follow), V(refuse) or V(reopen).
      returned: always
      type: str
      sample: stay
    reason:
      description: Why, in one sentence.
      returned: always
      type: str
      sample: us-east-1 serves
    guards:
      description: The conditions that were asked, each with C(name), C(holds), C(expected), C(seen) and C(known).
      returned: always
      type: list
      elements: dict
      sample:
        - name: mode
          holds: true
          expected: the mode in us-east-2 is automatic
          seen: the mode is automatic
          known: true
    warnings:
      description: What would stand in the way of a recovery, or is odd, although nothing is to be done now.
      returned: always
      type: list
      elements: str
      sample: []
    loss_seconds:
      description: The most that a promotion now would lose, in seconds of payments; null when nobody knows.
      returned: always
      type: float
      sample: 61.0
last_decision:
  description:
    - What the region's failover function decided last, with C(at), C(action) and C(reason); null when its log has
      none in the last O(log_minutes), or could not be read.
  returned: success
  type: dict
  sample: {"at": "2026-11-22T12:00:02.000Z", "action": "stay", "reason": "us-east-1 serves"}
log_problem:
  description: Why there is no last decision; empty when there is one, or when it was not asked for.
  returned: success
  type: str
  sample: ""
lines:
  description: The decision and its guards for a screen.
  returned: success
  type: list
  elements: str
  sample: ["STAY: us-east-1 serves", "  holds   mode: the mode in us-east-2 is automatic"]
"""

import dataclasses

from ansible.module_utils.payments_dr.aws import AWS_SPEC, clients
from ansible.module_utils.payments_dr.calls import AwsFailure, concurrently
from ansible.module_utils.payments_dr.decision import decide, decide_by_hand
from ansible.module_utils.payments_dr.decision_log import last_decision
from ansible.module_utils.payments_dr.observe import observe, observe_late
from ansible.module_utils.payments_dr.options import REACH_SPEC, TOPOLOGY_SPEC, reach_of, topology_of
from ansible.module_utils.payments_dr.policy import Policy, PolicyError
from ansible.module_utils.payments_dr.topology import TopologyError
from ansible.module_utils.payments_dr.waiters import Clock
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def read_log(make, params, observer, clock):
    """(last decision or None, why there is none)."""
    if not params["log_group"]:
        return None, ""
    try:
        found = last_decision(make, observer, params["log_group"], params["log_minutes"], clock)
    except AwsFailure as failure:
        return None, failure.message
    return found, "" if found else f"{params['log_group']} has no decision of the last {params['log_minutes']} minutes"


def lines(decision):
    """What RETURN calls lines."""
    guards = [
        f"  {'holds  ' if guard.holds else 'refuses'} {guard.name}: {guard.expected}"
        + ("" if guard.holds else f"; but {guard.seen}")
        for guard in decision.guards
    ]
    warnings = [f"  warning {warning}" for warning in decision.warnings]
    return [f"{decision.action.upper()}: {decision.reason}", *guards, *warnings]


def read(module):
    """What RETURN describes."""
    params, clock = module.params, Clock()
    topology, observer = topology_of(params, "observer")
    policy, make = Policy.parse(params["policy"]), clients(module)
    reach = dataclasses.replace(reach_of(params), connect_seconds=params["connect_seconds"])
    # Whoever asks what to do by hand comes late.
    look = observe_late if params["state"] else observe
    seen = concurrently(
        {
            "observation": lambda: look(make, topology, observer, reach, clock),
            "log": lambda: read_log(make, params, observer, clock),
        }
    )
    observation, (last, problem) = seen["observation"], seen["log"]
    if params["state"]:
        decision = decide_by_hand(observation, policy, params["state"], params["override"])
    else:
        decision = decide(observation, policy)
    return {
        "observation": observation.as_log(),
        "decision": decision.as_log(),
        "last_decision": last,
        "log_problem": problem,
        "lines": lines(decision),
    }


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "observer": {"type": "str", "required": True},
            "policy": {"type": "dict", "default": {}},
            "state": {"type": "str", "choices": ["failed_over", "switched_over"]},
            "override": {"type": "list", "elements": "str", "default": []},
            "connect_seconds": {"type": "float"},
            "log_group": {"type": "str", "default": ""},
            "log_minutes": {"type": "int", "default": 15},
            **TOPOLOGY_SPEC,
            **REACH_SPEC,
            **AWS_SPEC,
        },
        supports_check_mode=True,
    )
    try:
        result = read(module)
    except (TopologyError, PolicyError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Makes a region the active one: by a switchover that loses nothing, or by a failover."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aurora_global_cluster
short_description: Move the writer of an Aurora global database to another region
version_added: 1.0.0
description:
  - V(failed_over) promotes the cluster of O(target_region) and loses what it has not received. Only the target's
    APIs, public DNS and the API's own addresses are called.
  - V(switched_over) loses nothing, and needs both regions. AWS has it begun in the region of the current writer.
  - First it looks, and asks the same code as the failover function whether to go on. A guard that does not hold
    refuses, unless O(override) names it.
  - It can be run again after any interruption, and by two operators at once. Where the target holds the writer
    already nothing is done; where somebody moves it there, the module waits for the same end.
  - In check mode it says what it would do, what could be lost and which guards refuse; a refusal is then no failure.
options:
  state:
    description: How the target becomes the active region.
    type: str
    choices: [failed_over, switched_over]
    required: true
  global_cluster:
    description: Name of the global database, as a person has confirmed it. It has to be the one of the topology.
    type: str
    required: true
  target_region:
    description: The region that shall hold the writer.
    type: str
    required: true
  topology:
    description: The topology document, as C(topology_info) returns it.
    type: dict
    required: true
  override:
    description: Names of the guards that a person waives, such as V(checkers) or V(rpo).
    type: list
    elements: str
    default: []
  policy:
    description:
      - The inventory's failover policy, such as C(rpo_seconds) and C(lag_age_seconds). What is left out has the
        default of the failover function.
    type: dict
    default: {}
  wait:
    description:
      - Whether to wait for the end. A failover has ended when the target holds the writer, a switchover when both
        clusters are well again.
    type: bool
    default: true
  wait_timeout_seconds:
    description: How long to wait. When it is over, nothing is undone; run the module again and it goes on waiting.
    type: int
    default: 600
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
- name: What would a failover to us-east-2 do?
  aurora_global_cluster:
    state: failed_over
    global_cluster: aurora-global-prod-a1
    target_region: us-east-2
    topology: "{{ topology_document }}"
  check_mode: true
  register: prediction

- name: Promote us-east-2, although Route 53's checkers do not agree
  aurora_global_cluster:
    state: failed_over
    global_cluster: aurora-global-prod-a1
    target_region: us-east-2
    topology: "{{ topology_document }}"
    override: [checkers]
"""

RETURN = r"""
action:
  description:
    - What was decided. V(promote) began the move (in check mode, would begin it); V(follow) found it under way;
      V(stay) found nothing to do; V(refuse) fails, but in check mode.
  returned: always
  type: str
  sample: promote
reason:
  description: Why, in one sentence.
  returned: always
  type: str
  sample: us-east-2 is promoted, losing at most 61 s of payments
outcome:
  description:
    - How it ended. V(done), V(joined) when somebody else began it, V(already), V(begun) when it was not waited for,
      and in check mode or when refused V(nothing).
  returned: always
  type: str
  sample: done
guards:
  description: The conditions that were asked.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: What O(override) calls it.
      returned: always
      type: str
      sample: checkers
    holds:
      description: Whether it holds.
      returned: always
      type: bool
      sample: true
    expected:
      description: What has to be so.
      returned: always
      type: str
      sample: Route 53's checkers call us-east-1 down
    seen:
      description: What is so.
      returned: always
      type: str
      sample: Route 53's checkers call us-east-1 down
    known:
      description: Whether it could be seen at all.
      returned: always
      type: bool
      sample: true
predicted_loss_ms:
  description: The most that a move now loses, in milliseconds of payments; null when nobody knows.
  returned: always
  type: float
  sample: 61084.2
before:
  description:
    - C(active) and C(standby) regions, empty where nobody can say, and the C(handover) under way, as it was found.
  returned: always
  type: dict
  sample: {"active": "us-east-1", "standby": "us-east-2", "handover": null}
after:
  description: The same after the move; in check mode, as it would be.
  returned: always
  type: dict
  sample: {"active": "us-east-2", "standby": "us-east-1", "handover": null}
seconds:
  description: How long the move took, from asking Aurora to its end.
  returned: always
  type: float
  sample: 58.2
timeline:
  description: What happened when.
  returned: always
  type: list
  elements: dict
  sample: [{"at": "2026-11-22T12:00:00.000Z", "what": "us-east-2 holds the writer after a failover"}]
"""

import dataclasses

from ansible.module_utils.payments_dr.aws import AWS_SPEC, clients
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.decision import Action, State, decide_by_hand
from ansible.module_utils.payments_dr.handover import Outcome, fail_over, switch_over
from ansible.module_utils.payments_dr.observe import observe_late
from ansible.module_utils.payments_dr.options import REACH_SPEC, TOPOLOGY_SPEC, reach_of, topology_of
from ansible.module_utils.payments_dr.policy import Policy, PolicyError
from ansible.module_utils.payments_dr.topology import TopologyError
from ansible.module_utils.payments_dr.waiters import PROMOTION, Clock, Timeline, lasting
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

MOVES = {State.FAILED_OVER: fail_over, State.SWITCHED_OVER: switch_over}


def roles_of(observation):
    """What RETURN calls before."""
    handover = observation.handover and dataclasses.asdict(observation.handover)
    return {"active": observation.active, "standby": observation.standby, "handover": handover}


def roles_after(before, target):
    """What RETURN calls after, when the target holds the writer."""
    other = before["standby"] if before["active"] == target else before["active"]
    return {"active": target, "standby": other, "handover": None}


class Run:
    """One run of the module: look, decide, act. `result` is what RETURN describes, as far as it is known."""

    def __init__(self, module):
        params = self.params = module.params
        self.topology, self.target = topology_of(params, "target_region")
        if params["global_cluster"] != self.topology.global_cluster:
            expected = self.topology.global_cluster
            raise TopologyError(f"global_cluster: expected {expected}, found {params['global_cluster']!r}")
        self.policy = Policy.parse(params["policy"])
        self.clients, self.clock, self.changing = clients(module), Clock(), not module.check_mode
        self.timeline = Timeline(self.clock)
        self.result = {"changed": False, "outcome": "nothing", "seconds": 0.0, "timeline": self.timeline.entries}

    def decide(self):
        """Looks, and asks; what is known of the result then."""
        seen = observe_late(self.clients, self.topology, self.target, reach_of(self.params), self.clock)
        decision = decide_by_hand(seen, self.policy, self.params["state"], self.params["override"])
        loss = decision.loss_seconds
        self.timeline.add(decision.reason)
        self.result |= {
            "action": str(decision.action),
            "reason": decision.reason,
            "guards": [dataclasses.asdict(guard) for guard in decision.guards],
            "predicted_loss_ms": None if loss is None else loss * 1000,
            "before": roles_of(seen),
            "after": roles_of(seen),
        }
        return decision.action

    def act(self, action):
        """Moves the writer, or joins who moves it; the rest of the result. Raises AwsFailure, and Late."""
        before = self.result["before"]
        if not self.changing and action in (Action.PROMOTE, Action.FOLLOW):
            self.result |= {"changed": action == Action.PROMOTE, "after": roles_after(before, self.target)}
        if not self.changing or action == Action.REFUSE:
            return
        wait = lasting(PROMOTION, self.params["wait_timeout_seconds"]) if self.params["wait"] else None
        move = MOVES[State(self.params["state"])]
        ended = move(self.clients, self.topology, self.target, self.clock, self.timeline.add, wait)
        self.timeline.add(ended.sentence)
        self.result |= {
            "outcome": str(ended.outcome),
            "seconds": ended.seconds,
            "changed": before["active"] != ended.writer or ended.outcome == Outcome.BEGUN,
            "after": roles_after(before, self.target) if ended.writer == self.target else before,
        }


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["failed_over", "switched_over"], "required": True},
            "global_cluster": {"type": "str", "required": True},
            "target_region": {"type": "str", "required": True},
            "override": {"type": "list", "elements": "str", "default": []},
            "policy": {"type": "dict", "default": {}},
            "wait": {"type": "bool", "default": True},
            "wait_timeout_seconds": {"type": "int", "default": 600},
            **TOPOLOGY_SPEC,
            **REACH_SPEC,
            **AWS_SPEC,
        },
        supports_check_mode=True,
    )
    known = {}
    try:
        run = Run(module)
        known = run.result
        action = run.decide()
        run.act(action)
    except (TopologyError, PolicyError, ValueError) as error:
        module.fail_json(msg=str(error))
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code, **known)
    if action == Action.REFUSE and not module.check_mode:
        module.fail_json(msg=f"Refused: {known['reason']}", **known)
    module.exit_json(**known, diff={side: known[side] for side in ("before", "after")})


if __name__ == "__main__":
    main()

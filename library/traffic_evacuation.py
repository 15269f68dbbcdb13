#!/usr/bin/python
"""Sends the traffic out of a region, or lets it back in, by a metric in the other region."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: traffic_evacuation
short_description: Send the traffic out of a region, or let it back in
version_added: 1.0.0
description:
  - Puts the metric C(PaymentsDR/Evacuate) of the region in the B(other) region, whose alarm Route 53 follows. Neither
    Route 53's control plane nor any API of the evacuated region is called.
  - The name that fails over is answered with the other region then, whether or not that can take payments.
  - Nothing is put when the alarm and the newest datapoint say already what is wanted.
options:
  evacuated_region:
    description: The region that the traffic is to leave, or may come back to.
    type: str
    required: true
  state:
    description: V(present) sends the traffic away, V(absent) lets it back in.
    type: str
    choices: [present, absent]
    default: present
  topology:
    description: The topology document, as C(topology_info) returns it.
    type: dict
    required: true
  wait:
    description:
      - Whether to wait until the alarm agrees. It does so at the end of a minute; a failover need not wait for it.
      - While it waits, the metric is put again every few seconds. Without waiting, V(absent) in the same minute as an
        earlier V(present) can be lost, since the alarm goes by the minute's maximum.
    type: bool
    default: true
  wait_timeout_seconds:
    description: How long to wait for the alarm.
    type: int
    default: 180
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Send the traffic out of the region that fails
  traffic_evacuation:
    evacuated_region: us-east-1
    topology: "{{ topology_document }}"
    wait: false
"""

RETURN = r"""
evacuation:
  description: What was done, in a sentence.
  returned: success
  type: str
  sample: "evacuation of us-east-1 on: alarm-evacuate-us-east-2-prod-a1 agrees"
standing_in:
  description: The region where the switch stands.
  returned: success
  type: str
  sample: us-east-2
alarm:
  description: The alarm that Route 53 follows.
  returned: success
  type: str
  sample: alarm-evacuate-us-east-2-prod-a1
was_on:
  description: Whether the alarm sent the traffic away before.
  returned: success
  type: bool
  sample: false
confirmed:
  description: Whether the alarm agrees with what is wanted.
  returned: success
  type: bool
  sample: true
timeline:
  description: What happened when.
  returned: success
  type: list
  elements: dict
  sample: [{"at": "2026-11-22T12:00:00.000Z", "what": "evacuation of us-east-1 on: put in us-east-2"}]
"""

from ansible.module_utils.payments_dr.aws import AWS_SPEC, clients
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.evacuation import evacuate
from ansible.module_utils.payments_dr.options import TOPOLOGY_SPEC, topology_of
from ansible.module_utils.payments_dr.topology import TopologyError
from ansible.module_utils.payments_dr.waiters import ALARM, Clock, Timeline, lasting
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def run(module):
    """Does what the options ask; what RETURN describes, with changed and diff."""
    params, clock = module.params, Clock()
    topology, region = topology_of(params, "evacuated_region")
    timeline = Timeline(clock)
    done = evacuate(
        clients(module),
        topology,
        region,
        on=params["state"] == "present",
        clock=clock,
        say=timeline.add,
        wait=lasting(ALARM, params["wait_timeout_seconds"]) if params["wait"] else None,
        changing=not module.check_mode,
    )
    after = params["state"] == "present" if done.changed else done.before.on
    return {
        "changed": done.changed,
        "evacuation": done.sentence,
        "standing_in": done.before.standing_in,
        "alarm": done.before.alarm,
        "was_on": done.before.on,
        "confirmed": done.confirmed,
        "timeline": timeline.entries,
        "diff": {"before": {"evacuated": done.before.on}, "after": {"evacuated": after}},
    }


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "evacuated_region": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "wait": {"type": "bool", "default": True},
            "wait_timeout_seconds": {"type": "int", "default": 180},
            **TOPOLOGY_SPEC,
            **AWS_SPEC,
        },
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except TopologyError as error:
        module.fail_json(msg=str(error))
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

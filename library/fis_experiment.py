#!/usr/bin/python
"""Begins an experiment of AWS Fault Injection Service, or ends what runs of it."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: fis_experiment
short_description: Begin an experiment of AWS Fault Injection Service, or end it
version_added: 1.0.0
description:
  - Begins an experiment of a template and waits until it runs, or stops whatever runs of the template and waits until
    that is over.
  - Experiments are found by their template, so that one can be ended without knowing its identifier, also by somebody
    else, and none is begun while one is under way.
  - Needs C(fis:StartExperiment), C(fis:StopExperiment), C(fis:GetExperiment), C(fis:ListExperiments) and
    C(fis:TagResource).
options:
  template:
    description: Identifier of the experiment template, which is in the module's region.
    type: str
    required: true
  state:
    description: V(running) begins one, unless one is under way; V(ended) stops them.
    type: str
    choices: [running, ended]
    default: running
  name:
    description: The tag C(Name) of an experiment that is begun.
    type: str
    default: drill
  wait_timeout_seconds:
    description: How long to wait until it runs, or is over.
    type: int
    default: 300
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Let the experiment take the network of us-east-1 away
  fis_experiment:
    template: EXTDCh1Y8VRXPnaaa
    region: us-east-1

- name: Give it back
  fis_experiment:
    template: EXTDCh1Y8VRXPnaaa
    state: ended
    region: us-east-1
"""

RETURN = r"""
experiments:
  description: The experiments that were begun, found or ended.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Identifier of the experiment.
      returned: always
      type: str
      sample: EXPTTGXRVLVBkDJfX6
    status:
      description: The status, as FIS has it.
      returned: always
      type: str
      sample: running
    reason:
      description: Why it has that status, as FIS says; empty when it says nothing.
      returned: always
      type: str
      sample: Experiment is running.
outcome:
  description: What was found or done, in a sentence.
  returned: success
  type: str
  sample: the experiment EXPTTGXRVLVBkDJfX6 is running
timeline:
  description: What was waited for, and when.
  returned: success
  type: list
  elements: dict
  sample: [{"at": "2026-11-22T12:00:00.000Z", "what": "the experiment EXPTTGXRVLVBkDJfX6 is initiating"}]
"""

import dataclasses

from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.experiment import Laboratory
from ansible.module_utils.payments_dr.waiters import Clock, Timeline, Wait
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def run(module):
    """Does what the options ask; what RETURN describes, with changed."""
    params, clock = module.params, Clock()
    timeline = Timeline(clock)
    wait = Wait(seconds=params["wait_timeout_seconds"])
    fis = client(module, "fis")
    laboratory = Laboratory(fis, params["template"], clock, wait, timeline.add, changing=not module.check_mode)
    done = laboratory.begin(params["name"]) if params["state"] == "running" else laboratory.end()
    return {
        "changed": done.changed,
        "experiments": [dataclasses.asdict(one) for one in done.experiments],
        "outcome": done.sentence,
        "timeline": timeline.entries,
    }


def main():
    spec = {
        "template": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["running", "ended"], "default": "running"},
        "name": {"type": "str", "default": "drill"},
        "wait_timeout_seconds": {"type": "int", "default": 300},
        **AWS_SPEC,
    }
    module = AnsibleAWSModule(argument_spec=spec, supports_check_mode=True)
    try:
        result = run(module)
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

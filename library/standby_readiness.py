#!/usr/bin/python
"""Says whether the standby could take over, from facts that other modules have gathered."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: standby_readiness
short_description: Decide whether the standby could take over
version_added: 1.0.0
description:
  - Holds the facts of both regions against what the inventory demands. Calls nothing; the same facts give the same
    verdict.
  - The RTO budget is computed from what is deployed and answered, not from what is configured.
  - Changes nothing, so check mode makes no difference.
options:
  environment:
    description: Name of the environment, for the report.
    type: str
    required: true
  regions:
    description: The two regions that have to be judged. One without facts makes the verdict not ready.
    type: list
    elements: str
    required: true
  facts:
    description:
      - For each region what C(topology_info), C(aurora_global_cluster_info), C(s3_replication_info),
        C(region_services_info), C(failover_function_info) and C(journal_info) returned, under C(topology), C(aurora),
        C(s3), C(services), C(failover) and C(journal).
      - A region that could not be read has a sentence under C(error) instead.
    type: dict
    required: true
  route53:
    description: What C(route53_failover_info) returned; empty when it could not be read.
    type: dict
    default: {}
  policy:
    description: What the inventory demands.
    type: dict
    required: true
    suboptions:
      rto_seconds:
        description: How long an outage may last.
        type: int
        required: true
      rpo_seconds:
        description: How much of the latest data may be lost; the replication lag must not exceed it.
        type: int
        required: true
      promotion_seconds:
        description: What the promotion of the standby's database is reckoned with.
        type: int
        required: true
      record_ttl_seconds:
        description: Longest TTL of the records that fail over.
        type: int
        required: true
      interval_seconds:
        description: Interval of the endpoint health checks.
        type: int
        required: true
      failure_threshold:
        description: Failure threshold of the endpoint health checks.
        type: int
        required: true
      reserved_concurrency:
        description: Reserved concurrency of the payments function.
        type: int
        required: true
      instances:
        description: Number of database instances by region.
        type: dict
        required: true
      certificate_days:
        description: A certificate must be valid for so many days more.
        type: int
        default: 30
      lag_required:
        description: Whether a standby without any data about its replication lag is not ready.
        type: bool
        default: true
      rule:
        description: ID of the replication rule of both buckets.
        type: str
        default: transaction-logs
      replication_minutes:
        description: The replication time control of that rule.
        type: int
        default: 15
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Decide whether the standby could take over
  standby_readiness:
    environment: prod-a1
    regions: [us-east-1, us-east-2]
    facts:
      us-east-1: "{{ hostvars['us-east-1'].verification_facts }}"
      us-east-2: "{{ hostvars['us-east-2'].verification_facts }}"
    route53: "{{ verification_route53 }}"
    policy:
      rto_seconds: 900
      rpo_seconds: 300
      promotion_seconds: 120
      record_ttl_seconds: 60
      interval_seconds: 10
      failure_threshold: 6
      reserved_concurrency: 100
      instances: {us-east-1: 3, us-east-2: 3}
"""

RETURN = r"""
report:
  description: The verdict, as it is written to the report.
  returned: always
  type: dict
  contains:
    ready:
      description: Whether every check passed that is more than a warning.
      returned: always
      type: bool
      sample: false
    environment:
      description: The environment.
      returned: always
      type: str
      sample: prod-a1
    generated_at:
      description: When the verdict was given, ISO 8601 in UTC.
      returned: always
      type: str
      sample: "2026-01-31T03:00:07Z"
    active:
      description: The region that holds the writer; empty when nobody knows.
      returned: always
      type: str
      sample: us-east-1
    standby:
      description: The region that would take over; empty when nobody knows.
      returned: always
      type: str
      sample: us-east-2
    objective:
      description: What was promised.
      returned: always
      type: dict
      contains:
        rto_seconds:
          description: How long an outage may last.
          returned: always
          type: int
          sample: 900
        rpo_seconds:
          description: How much of the latest data may be lost.
          returned: always
          type: int
          sample: 300
    rto_budget_seconds:
      description: The longest outage that the deployed settings allow; null when it cannot be computed.
      returned: always
      type: int
      sample: 240
    checks:
      description: Every check.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: What is checked.
          returned: always
          type: str
          sample: s3-rule-enabled
        region:
          description: Where; V(global) when it concerns no single region.
          returned: always
          type: str
          sample: us-east-1
        ok:
          description: Whether it passed.
          returned: always
          type: bool
          sample: false
        expected:
          description: What was expected, naming the resource.
          returned: always
          type: str
          sample: "s3-transaction-logs-us-east-1-prod-a1 rule transaction-logs: Enabled"
        observed:
          description: What was observed, naming the resource.
          returned: always
          type: str
          sample: "s3-transaction-logs-us-east-1-prod-a1 rule transaction-logs: Disabled"
        warning:
          description: Whether its failure is told only, and leaves the standby ready.
          returned: always
          type: bool
          sample: false
lines:
  description: The verdict for people, failed checks first, each with its mend.
  returned: always
  type: list
  elements: str
  sample: ["NOT READY: prod-a1, 1 of 60 checks failed"]
culprits:
  description: The names of the failed checks in one line; empty when ready.
  returned: always
  type: str
  sample: s3-rule-enabled (us-east-1)
"""

import datetime

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr import report
from ansible.module_utils.payments_dr.checks.model import Policy
from ansible.module_utils.payments_dr.checks.verdict import judge

NUMBERS = (
    "rto_seconds",
    "rpo_seconds",
    "promotion_seconds",
    "record_ttl_seconds",
    "interval_seconds",
    "failure_threshold",
    "reserved_concurrency",
)
POLICY = {
    **{name: {"type": "int", "required": True} for name in NUMBERS},
    "instances": {"type": "dict", "required": True},
    "certificate_days": {"type": "int", "default": 30},
    "lag_required": {"type": "bool", "default": True},
    "rule": {"type": "str", "default": "transaction-logs"},
    "replication_minutes": {"type": "int", "default": 15},
}


def uncounted(policy, regions):
    """The regions for which the policy does not say how many instances there must be."""
    return [region for region in regions if not str(policy["instances"].get(region, "")).isdecimal()]


def decide(params, now):
    """The verdict as RETURN describes it; `now` is a datetime in UTC."""
    numbers = {region: int(count) for region, count in params["policy"]["instances"].items()}
    policy = Policy(**{**params["policy"], "instances": numbers})
    verdict = judge(policy, params["regions"], params["facts"], params["route53"])
    return {
        "report": report.document(verdict, policy, params["environment"], now.strftime("%Y-%m-%dT%H:%M:%SZ")),
        "lines": report.lines(verdict, policy, params["environment"]),
        "culprits": report.culprits(verdict),
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "environment": {"type": "str", "required": True},
            "regions": {"type": "list", "elements": "str", "required": True},
            "facts": {"type": "dict", "required": True},
            "route53": {"type": "dict", "default": {}},
            "policy": {"type": "dict", "required": True, "options": POLICY},
        },
        supports_check_mode=True,
    )
    missing = uncounted(module.params["policy"], module.params["regions"])
    if missing:
        module.fail_json(msg=f"policy.instances: say how many instances {', '.join(missing)} must have")
    module.exit_json(changed=False, **decide(module.params, datetime.datetime.now(datetime.UTC)))


if __name__ == "__main__":
    main()

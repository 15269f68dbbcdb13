#!/usr/bin/python
"""Reads what a region needs to take payments: function, schedule, certificate, secret, alarms, topic, its answer."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: region_services_info
short_description: Describe what a region needs to take payments, and ask it whether it is well
version_added: 1.0.0
description:
  - Describes the payments function, the rule that wakes it every minute, the certificate, the database secret, the
    alarms and the alerts topic of a region.
  - Asks C(GET /health) at the region's own address over TLS, with the patience of a Route 53 health checker, that is 4
    seconds to connect and 2 seconds to answer.
  - What does not exist is null in the result, or missing from its list.
  - A region that does not answer is reported within seconds by RV(reachable) and RV(reason); it is not a failure.
  - The secret's value is not read. Changes nothing, so check mode makes no difference.
options:
  function:
    description: Name of the payments function.
    type: str
    required: true
  repair_rule:
    description: Name of the EventBridge rule that has the payments function complete the transaction log.
    type: str
    required: true
  certificate_arn:
    description: ARN of the certificate of the custom domain.
    type: str
    required: true
  secret_name:
    description: Name of the database secret.
    type: str
    required: true
  alarms:
    description: Names of the alarms to describe.
    type: list
    elements: str
    required: true
  topic_arn:
    description: ARN of the alerts topic.
    type: str
    required: true
  address:
    description: Host name of the region's own address.
    type: str
    required: true
  dns_servers:
    description:
      - The servers that resolve O(address), each C(host) or C(host:port). When empty, the system's resolver does.
    type: list
    elements: str
    default: []
  api_port:
    description: Port of the API.
    type: int
    default: 443
  api_ca_file:
    description: PEM file with the authority of the API's certificate. When empty, the system's authorities count.
    type: str
    default: ""
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Describe the services of the standby
  region_services_info:
    function: lambda-payments-us-east-2-prod-a1
    repair_rule: rule-repair-us-east-2-prod-a1
    certificate_arn: arn:aws:acm:us-east-2:222222222222:certificate/0b7f6f0e-7a55-4f43-8d9e-6f2f6f1f9b11
    secret_name: payments/aurora/master
    alarms: [alarm-api-5xx-us-east-2-prod-a1]
    topic_arn: arn:aws:sns:us-east-2:222222222222:sns-alerts-us-east-2-prod-a1
    address: api-us-east-2.payments.example.com
    region: us-east-2
"""

RETURN = r"""
reachable:
  description: Whether the region's APIs answered.
  returned: always
  type: bool
  sample: true
reason:
  description: Why the region counts as not reachable; empty when it is.
  returned: always
  type: str
  sample: ""
health:
  description: What the region's own address answered.
  returned: always
  type: dict
  contains:
    status_code:
      description: HTTP status; null when there was no answer.
      returned: always
      type: int
      sample: 200
    region:
      description: The region that the answer names; empty when it names none.
      returned: always
      type: str
      sample: us-east-2
    version:
      description: The version that the answer names; empty when it names none.
      returned: always
      type: str
      sample: 1.0.0
    status:
      description: The state that the answer names; empty when it names none.
      returned: always
      type: str
      sample: ok
    connect_ms:
      description: Milliseconds to connect, TLS included; null when there was no answer.
      returned: always
      type: int
      sample: 12
    answer_ms:
      description: Milliseconds from the request to the whole answer; null when there was none.
      returned: always
      type: int
      sample: 31
    error:
      description: Why there was no answer; empty when there was.
      returned: always
      type: str
      sample: ""
function:
  description: The payments function; null when it does not exist.
  returned: when reachable
  type: dict
  contains:
    name:
      description: Its name.
      returned: when it exists
      type: str
      sample: lambda-payments-us-east-2-prod-a1
    state:
      description: Its state.
      returned: when it exists
      type: str
      sample: Active
    last_update:
      description: How its last update ended.
      returned: when it exists
      type: str
      sample: Successful
    version:
      description: The version of the deployed code, from its environment; empty when it has none.
      returned: when it exists
      type: str
      sample: 1.0.0
    code_sha256:
      description: Hash of the deployed package.
      returned: when it exists
      type: str
      sample: 8N1pGx5Y0oYfEYyJqu5Wv0R3i2y9uUu9c5TzX7vT3mA=
    runtime:
      description: Its runtime.
      returned: when it exists
      type: str
      sample: python3.13
    architecture:
      description: Its processor architecture.
      returned: when it exists
      type: str
      sample: arm64
    memory_mb:
      description: Its memory.
      returned: when it exists
      type: int
      sample: 512
    timeout_seconds:
      description: Its time-out.
      returned: when it exists
      type: int
      sample: 10
    reserved_concurrency:
      description: Its reserved concurrency; null when none is reserved, 0 when it is fenced.
      returned: when it exists
      type: int
      sample: 100
repair_rule:
  description: The rule that has the payments function complete the transaction log; null when it does not exist.
  returned: when reachable
  type: dict
  contains:
    name:
      description: Its name.
      returned: when it exists
      type: str
      sample: rule-repair-us-east-2-prod-a1
    state:
      description: V(ENABLED) or V(DISABLED).
      returned: when it exists
      type: str
      sample: ENABLED
    schedule:
      description: Its schedule expression; empty when it has none.
      returned: when it exists
      type: str
      sample: rate(1 minute)
    targets:
      description: ARNs of what it wakes.
      returned: when it exists
      type: list
      elements: str
      sample: [arn:aws:lambda:us-east-2:222222222222:function:lambda-payments-us-east-2-prod-a1]
certificate:
  description: The certificate; null when it does not exist.
  returned: when reachable
  type: dict
  contains:
    arn:
      description: Its ARN.
      returned: when it exists
      type: str
      sample: arn:aws:acm:us-east-2:222222222222:certificate/0b7f6f0e-7a55-4f43-8d9e-6f2f6f1f9b11
    status:
      description: Its status.
      returned: when it exists
      type: str
      sample: ISSUED
    days_left:
      description: Whole days until it expires; null when it has not been issued.
      returned: when it exists
      type: int
      sample: 212
    names:
      description: The names that it covers.
      returned: when it exists
      type: list
      elements: str
      sample: [api-us-east-2.payments.example.com, api.payments.example.com]
secret:
  description: The secret as this region has it; null when it does not exist here.
  returned: when reachable
  type: dict
  contains:
    arn:
      description: Its ARN.
      returned: when it exists
      type: str
      sample: arn:aws:secretsmanager:us-east-2:222222222222:secret:payments/aurora/master-AbCdEf
    deleted:
      description: Whether it is waiting to be deleted.
      returned: when it exists
      type: bool
      sample: false
    primary_region:
      description: The region that it is replicated from; empty when it is not a replica and has none.
      returned: when it exists
      type: str
      sample: us-east-1
    current_version:
      description: ID of the version that is current.
      returned: when it exists
      type: str
      sample: 0c1f7a2e-1f6b-4f1e-9a6a-0a6f0b1d2c3e
    replicas:
      description: Its replicas, where it is the primary secret.
      returned: when it exists
      type: list
      elements: dict
      sample:
        - region: us-east-2
          status: InSync
alarms:
  description: Those of the alarms that exist.
  returned: when reachable
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      returned: always
      type: str
      sample: alarm-api-5xx-us-east-2-prod-a1
    state:
      description: V(OK), V(ALARM) or V(INSUFFICIENT_DATA).
      returned: always
      type: str
      sample: OK
    actions_enabled:
      description: Whether its actions are switched on.
      returned: always
      type: bool
      sample: true
    alarm_actions:
      description: ARNs of what is told when it goes off.
      returned: always
      type: list
      elements: str
      sample: [arn:aws:sns:us-east-2:222222222222:sns-alerts-us-east-2-prod-a1]
    threshold:
      description: Its threshold, in the unit of its metric; null for a composite alarm.
      returned: always
      type: float
      sample: 1.0
topic:
  description: The alerts topic; null when it does not exist.
  returned: when reachable
  type: dict
  contains:
    arn:
      description: Its ARN.
      returned: when it exists
      type: str
      sample: arn:aws:sns:us-east-2:222222222222:sns-alerts-us-east-2-prod-a1
    subscriptions:
      description: How many have confirmed that they want the alerts.
      returned: when it exists
      type: int
      sample: 2
"""

from ansible.module_utils.payments_dr import dns_query
from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import BRISK, AwsFailure, concurrently, observed
from ansible.module_utils.payments_dr.health_probe import NO_ANSWER, ask_health
from ansible.module_utils.payments_dr.regional import (
    read_alarms,
    read_certificate,
    read_function,
    read_rule,
    read_secret,
    read_topic,
)
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

SERVICES = ("lambda", "events", "acm", "secretsmanager", "cloudwatch", "sns")


def read_health(params):
    """What RETURN calls health."""
    try:
        address = dns_query.addresses(params["address"], params["dns_servers"])[0]
    except OSError as error:
        answer = {**NO_ANSWER, "error": f"{params['address']} does not resolve: {error}"}
    else:
        answer = ask_health(params["address"], address, params["api_port"], params["api_ca_file"])
    body = answer.pop("body")
    return {**answer, **{name: str(body.get(name, "")) for name in ("status", "region", "version")}}


def read_services(module):
    """Everything in RETURN that AWS's APIs answer."""
    params = module.params
    clients = {service: client(module, service, patience=BRISK) for service in SERVICES}
    return concurrently(
        {
            "function": lambda: read_function(clients["lambda"], params["function"]),
            "repair_rule": lambda: read_rule(clients["events"], params["repair_rule"]),
            "certificate": lambda: read_certificate(clients["acm"], params["certificate_arn"]),
            "secret": lambda: read_secret(clients["secretsmanager"], params["secret_name"]),
            "alarms": lambda: read_alarms(clients["cloudwatch"], params["alarms"]),
            "topic": lambda: read_topic(clients["sns"], params["topic_arn"]),
        }
    )


def observe(module):
    """The region's APIs and its own address side by side, as RETURN describes them."""
    seen = concurrently(
        {
            "services": lambda: observed(lambda: read_services(module)),
            "health": lambda: read_health(module.params),
        }
    )
    return {**seen["services"], "health": seen["health"]}


def main():
    spec = {
        "function": {"type": "str", "required": True},
        "repair_rule": {"type": "str", "required": True},
        "certificate_arn": {"type": "str", "required": True},
        "secret_name": {"type": "str", "required": True, "no_log": False},
        "alarms": {"type": "list", "elements": "str", "required": True},
        "topic_arn": {"type": "str", "required": True},
        "address": {"type": "str", "required": True},
        "dns_servers": {"type": "list", "elements": "str", "default": []},
        "api_port": {"type": "int", "default": 443},
        "api_ca_file": {"type": "str", "default": ""},
        **AWS_SPEC,
    }
    module = AnsibleAWSModule(argument_spec=spec, supports_check_mode=True)
    try:
        result = observe(module)
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

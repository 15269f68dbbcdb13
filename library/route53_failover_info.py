#!/usr/bin/python
"""Reads how DNS fails over: records, health checks, and what the authoritative servers answer at this moment."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: route53_failover_info
short_description: Describe failover records and health checks, and what the authoritative DNS answers
version_added: 1.0.0
description:
  - Reads the records of some names and the health checks behind them from Route 53's control plane.
  - Asks the zone's authoritative DNS servers directly, over UDP and again over TCP when an answer was truncated.
    That is a data plane, so there are answers even while the control plane in us-east-1 is out of reach.
  - A control plane that does not answer is reported within seconds by RV(reachable) and RV(reason); that is not a
    failure.
  - Changes nothing, so check mode makes no difference.
options:
  zone_id:
    description: ID of the hosted zone.
    type: str
    required: true
  zone_name:
    description: Name of the hosted zone.
    type: str
    required: true
  names:
    description: The names whose records to read.
    type: list
    elements: str
    required: true
  health_checks:
    description: IDs of health checks to describe, besides those that the records and calculated checks name.
    type: list
    elements: str
    default: []
  questions:
    description: What to ask the DNS servers.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name.
        type: str
        required: true
      type:
        description: The record type.
        type: str
        choices: [A, CNAME, TXT]
        required: true
  dns_servers:
    description:
      - The servers to ask, each C(host) or C(host:port). When empty, the zone's own name servers are asked, as public
        DNS names them.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Describe the failover of the payment API
  route53_failover_info:
    zone_id: Z0123456789ABCDEFGHIJ
    zone_name: payments.example.com
    names:
      - api.payments.example.com
      - beacon-us-east-1.payments.example.com
    questions:
      - name: api.payments.example.com
        type: CNAME
    region: us-east-1
"""

RETURN = r"""
reachable:
  description: Whether Route 53's control plane answered.
  returned: always
  type: bool
  sample: true
reason:
  description: Why it counts as not reachable; empty when it is.
  returned: always
  type: str
  sample: ""
answers:
  description: What each server answered to each question.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name that was asked for.
      returned: always
      type: str
      sample: api.payments.example.com
    type:
      description: The type that was asked for.
      returned: always
      type: str
      sample: CNAME
    server:
      description: The server.
      returned: always
      type: str
      sample: ns-512.awsdns-00.net
    rcode:
      description: The response code; empty when there was no answer.
      returned: always
      type: str
      sample: NOERROR
    values:
      description: The values; names without their last dot, texts without quotes.
      returned: always
      type: list
      elements: str
      sample: [d-abc123.execute-api.us-east-1.amazonaws.com]
    ttl_seconds:
      description: For how long resolvers may keep the answer; null when there is none.
      returned: always
      type: int
      sample: 60
    error:
      description: Why there was no answer; empty when there was.
      returned: always
      type: str
      sample: ""
records:
  description: The records of the names.
  returned: when reachable
  type: list
  elements: dict
  contains:
    name:
      description: Name without its last dot.
      returned: always
      type: str
      sample: api.payments.example.com
    type:
      description: Type.
      returned: always
      type: str
      sample: CNAME
    ttl_seconds:
      description: Time to live; null for an alias.
      returned: always
      type: int
      sample: 60
    set_identifier:
      description: Set identifier; empty for a simple record.
      returned: always
      type: str
      sample: primary
    failover:
      description: V(PRIMARY), V(SECONDARY), or empty.
      returned: always
      type: str
      sample: PRIMARY
    health_check_id:
      description: ID of its health check; empty when it has none.
      returned: always
      type: str
      sample: 3e1b5a51-0d5c-4a8e-9d4a-1f6e5a0b7c11
    values:
      description: Values, as in RV(answers); the target of an alias.
      returned: always
      type: list
      elements: str
      sample: [d-abc123.execute-api.us-east-1.amazonaws.com]
health_checks:
  description: The health checks that exist, of those that were named by option, record or calculated check.
  returned: when reachable
  type: list
  elements: dict
  contains:
    id:
      description: ID.
      returned: always
      type: str
      sample: 3e1b5a51-0d5c-4a8e-9d4a-1f6e5a0b7c11
    type:
      description: Type.
      returned: always
      type: str
      sample: HTTPS
    disabled:
      description: Whether it is switched off; Route 53 then takes it for healthy, always.
      returned: always
      type: bool
      sample: false
    inverted:
      description: Whether healthy and unhealthy are exchanged.
      returned: always
      type: bool
      sample: false
    fqdn:
      description: The host that is checked; empty for other types.
      returned: always
      type: str
      sample: api-us-east-1.payments.example.com
    path:
      description: The path that is checked; empty for other types.
      returned: always
      type: str
      sample: /health
    interval_seconds:
      description: Seconds between two checks of one checker; 0 for other types.
      returned: always
      type: int
      sample: 10
    failure_threshold:
      description: Failures in a row until a checker calls the endpoint unhealthy; 0 for other types.
      returned: always
      type: int
      sample: 6
    children:
      description: IDs of the children of a calculated check.
      returned: always
      type: list
      elements: str
      sample: []
    health_threshold:
      description: How many children must be healthy; 0 for other types.
      returned: always
      type: int
      sample: 0
    alarm_name:
      description: The alarm that the check follows; empty for other types.
      returned: always
      type: str
      sample: ""
    alarm_region:
      description: The region of that alarm.
      returned: always
      type: str
      sample: ""
    insufficient_data_status:
      description: What missing data means to a check that follows an alarm; empty for other types.
      returned: always
      type: str
      sample: ""
"""

from ansible.module_utils.payments_dr import dns_query
from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import BRISK, AwsFailure, concurrently, describing, observed
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def list_records(route53, zone_id, name):
    """The record sets of one name; Route 53 lists in order of names, so that a page that starts there holds them all:
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html"""
    with describing(f"list the records of {name}"):
        answer = route53.list_resource_record_sets(HostedZoneId=zone_id, StartRecordName=name, MaxItems="50")
    return [found for found in answer["ResourceRecordSets"] if plain(found["Name"]) == plain(name)]


def list_health_checks(route53):
    """Every health check of the account, by ID: one call for a hundred of them is quicker than one for each."""
    with describing("list the health checks"):
        found = route53.get_paginator("list_health_checks").paginate().build_full_result()["HealthChecks"]
    return {entry["Id"]: entry for entry in found}


def plain(name):
    """A name as people write it: no last dot, lower case."""
    return name.rstrip(".").lower()


def record_facts(found):
    """What RETURN lists as records."""
    values = [entry["Value"] for entry in found.get("ResourceRecords", [])]
    values = values or [found["AliasTarget"]["DNSName"]]
    return {
        "name": plain(found["Name"]),
        "type": found["Type"],
        "ttl_seconds": found.get("TTL"),
        "set_identifier": found.get("SetIdentifier", ""),
        "failover": found.get("Failover", ""),
        "health_check_id": found.get("HealthCheckId", ""),
        "values": sorted(value.strip('"') if found["Type"] == "TXT" else value.rstrip(".") for value in values),
    }


def health_check_facts(found):
    """What RETURN lists as health_checks."""
    config = found["HealthCheckConfig"]
    alarm = config.get("AlarmIdentifier", {})
    return {
        "id": found["Id"],
        "type": config["Type"],
        "disabled": config.get("Disabled", False),
        "inverted": config.get("Inverted", False),
        "fqdn": config.get("FullyQualifiedDomainName", ""),
        "path": config.get("ResourcePath", ""),
        "interval_seconds": config.get("RequestInterval", 0),
        "failure_threshold": config.get("FailureThreshold", 0),
        "children": sorted(config.get("ChildHealthChecks", [])),
        "health_threshold": config.get("HealthThreshold", 0),
        "alarm_name": alarm.get("Name", ""),
        "alarm_region": alarm.get("Region", ""),
        "insufficient_data_status": config.get("InsufficientDataHealthStatus", ""),
    }


def wanted(identifiers, every):
    """Those of the health checks, with their children, that exist, in order of their IDs."""
    children = {child for one in identifiers if one in every for child in health_check_facts(every[one])["children"]}
    return [every[one] for one in sorted({*identifiers, *children}) if one in every]


def read_control_plane(module):
    """records and health_checks, as RETURN describes them."""
    params, route53 = module.params, client(module, "route53", patience=BRISK)
    jobs = {name: lambda name=name: list_records(route53, params["zone_id"], name) for name in params["names"]}
    seen = concurrently({**jobs, "health checks": lambda: list_health_checks(route53)})
    checks = seen.pop("health checks")
    records = [record_facts(found) for name in params["names"] for found in seen[name]]
    named = {record["health_check_id"] for record in records} | set(params["health_checks"])
    return {"records": records, "health_checks": [health_check_facts(found) for found in wanted(named, checks)]}


def ask_servers(params):
    """answers, as RETURN describes them: every question to every server, side by side."""
    questions = params["questions"]
    try:
        servers = params["dns_servers"] or (dns_query.name_servers(params["zone_name"]) if questions else [])
    except OSError as error:
        reason = f"public DNS does not name the servers of {params['zone_name']}: {error}"
        nothing = {"server": "", "rcode": "", "values": [], "ttl_seconds": None, "error": reason}
        return [{"name": one["name"], "type": one["type"], **nothing} for one in questions]
    jobs = {
        (one["name"], one["type"], server): lambda one=one, server=server: dns_query.ask(
            one["name"], one["type"], server
        )
        for one in questions
        for server in servers
    }
    return list(concurrently(jobs).values())


def observe(module):
    """Both planes side by side, as RETURN describes them."""
    seen = concurrently(
        {
            "control plane": lambda: observed(lambda: read_control_plane(module)),
            "answers": lambda: ask_servers(module.params),
        }
    )
    return {**seen["control plane"], "answers": seen["answers"]}


def main():
    question = {"name": {"type": "str", "required": True}, "type": {"type": "str", "required": True}}
    question["type"]["choices"] = ["A", "CNAME", "TXT"]
    spec = {
        "zone_id": {"type": "str", "required": True},
        "zone_name": {"type": "str", "required": True},
        "names": {"type": "list", "elements": "str", "required": True},
        "health_checks": {"type": "list", "elements": "str", "default": []},
        "questions": {"type": "list", "elements": "dict", "default": [], "options": question},
        "dns_servers": {"type": "list", "elements": "str", "default": []},
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

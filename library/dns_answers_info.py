#!/usr/bin/python
"""Asks DNS servers for names, without a call to Route 53's control plane."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dns_answers_info
short_description: Ask several DNS servers where names lead
version_added: 1.0.0
description:
  - Asks every server for the CNAME of every name, side by side. It needs nothing but DNS, so it works while every AWS
    API is out of reach.
  - A server that does not answer is reported in its answer; it is not a failure.
  - Changes nothing, so check mode makes no difference.
options:
  names:
    description: The names to ask for.
    type: list
    elements: str
    required: true
  zone_name:
    description: The hosted zone that the names are in.
    type: str
    required: true
  dns_servers:
    description:
      - Servers that speak for the zone, as V(host) or V(host:port). Empty means the zone's authoritative servers, as
        public DNS names them.
    type: list
    elements: str
    default: []
  resolvers:
    description: Further servers to ask, which clients may use, and which keep an answer as long as its TTL.
    type: list
    elements: str
    default: []
  timeout_seconds:
    description: Patience with one server.
    type: float
    default: 2.0
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Where are clients sent?
  dns_answers_info:
    names: [api.payments.example.com]
    zone_name: payments.example.com
    resolvers: [1.1.1.1, 8.8.8.8]
  register: dns
"""

RETURN = r"""
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
      description: The names that it leads to, without their last dot.
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
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr import dns_query
from ansible.module_utils.payments_dr.calls import concurrently


def nobody(name, reason):
    """An answer that says why the servers that speak for the zone were not asked."""
    return {
        "name": name,
        "type": "CNAME",
        "server": "",
        "rcode": "",
        "values": [],
        "ttl_seconds": None,
        "error": reason,
    }


def ask(params):
    """answers, as RETURN describes them."""
    patience, own, missing = params["timeout_seconds"], params["dns_servers"], []
    try:
        own = own or dns_query.name_servers(params["zone_name"], patience)
    except OSError as error:
        reason = f"public DNS does not name the servers of {params['zone_name']}: {error}"
        missing = [nobody(name, reason) for name in params["names"]]
    jobs = {
        (name, server): lambda name=name, server=server: dns_query.ask(name, "CNAME", server, patience)
        for name in params["names"]
        for server in dict.fromkeys([*own, *params["resolvers"]])
    }
    return [*concurrently(jobs).values(), *missing]


def main():
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "required": True},
            "zone_name": {"type": "str", "required": True},
            "dns_servers": {"type": "list", "elements": "str", "default": []},
            "resolvers": {"type": "list", "elements": "str", "default": []},
            "timeout_seconds": {"type": "float", "default": 2.0},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, answers=ask(module.params))


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Pays constantly, as shops do, and writes down what its clients saw."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: payments_load
short_description: Pay constantly through the API until told to stop
version_added: 1.0.0
description:
  - Runs clients that resolve the API's name themselves, keep their connection, and repeat a payment under the same
    idempotency key until it is answered. Every payment's end is one JSON line in O(path).
  - Meant to run with C(async); it stops when O(stop_file) appears, or after O(max_seconds), whichever is first, and
    every client then ends the payment that it is at.
  - Its payments are real ones, of a few euros. Their references begin with O(name).
  - In check mode nothing is paid.
options:
  api_name:
    description: The name that clients use.
    type: str
    required: true
  name:
    description: What the references of the payments begin with.
    type: str
    required: true
  path:
    description: The file to write; what it held is lost.
    type: path
    required: true
  stop_file:
    description: The file whose appearance ends the load.
    type: path
    required: true
  clients:
    description: Clients that pay at the same time, from 1 to 64.
    type: int
    default: 8
  rate:
    description: Payments a second, of all clients together, as long as they are answered. From 0.1 to 500.
    type: float
    default: 20
  max_seconds:
    description: When it stops by itself.
    type: int
    default: 3600
  dns_servers:
    description: DNS servers to ask, as C(host) or C(host:port); none means the system's resolver.
    type: list
    elements: str
    default: []
  api_port:
    description: The API's port.
    type: int
    default: 443
  api_ca_file:
    description: PEM file of the authorities to trust; empty means the system's.
    type: path
attributes:
  check_mode:
    support: full
    description: Nothing is paid.
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Pay while something happens
  payments_load:
    api_name: api.payments.example.com
    name: drill-20261122
    path: build/drill/payments.jsonl
    stop_file: build/drill/stop
  async: 3600
  poll: 0
"""

RETURN = r"""
payments:
  description: How many payments ended, answered or not.
  returned: success
  type: int
  sample: 1200
acknowledged:
  description: How many of them were acknowledged.
  returned: success
  type: int
  sample: 1200
seconds:
  description: How long it ran.
  returned: success
  type: float
  sample: 61.2
"""

import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr import load
from ansible.module_utils.payments_dr.payments_client import Client

LIMITS = {"clients": (1, 64), "rate": (0.1, 500.0), "max_seconds": (1, 86_400)}


def out_of_limits(params):
    """A sentence on the first option that is out of its limits, or ""."""
    for name, (least, most) in LIMITS.items():
        if not least <= params[name] <= most:
            return f"{name}: {params[name]} is not between {least} and {most}"
    return ""


def pay(params):
    """Pays until told to stop. Raises OSError when the files cannot be used."""
    path, stop = Path(params["path"]), Path(params["stop_file"])
    path.parent.mkdir(parents=True, exist_ok=True)
    stop.unlink(missing_ok=True)
    began = time.monotonic()

    def client():
        return Client(params["api_name"], params["api_port"], params["api_ca_file"] or "", params["dns_servers"])

    def stopped():
        return stop.exists() or time.monotonic() - began > params["max_seconds"]

    client().close()  # a file of authorities that cannot be read is told before anything is paid
    load.run(client, params["name"], params["clients"], params["rate"], path, stopped)
    return load.parse(path.read_text().splitlines(keepends=True)), time.monotonic() - began


def main():
    module = AnsibleModule(
        argument_spec={
            "api_name": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "path": {"type": "path", "required": True},
            "stop_file": {"type": "path", "required": True},
            "clients": {"type": "int", "default": 8},
            "rate": {"type": "float", "default": 20.0},
            "max_seconds": {"type": "int", "default": 3600},
            "dns_servers": {"type": "list", "elements": "str", "default": []},
            "api_port": {"type": "int", "default": 443},
            "api_ca_file": {"type": "path"},
        },
        supports_check_mode=True,
    )
    if problem := out_of_limits(module.params):
        module.fail_json(msg=problem)
    if module.check_mode:
        module.exit_json(changed=False, payments=0, acknowledged=0, seconds=0.0)
    try:
        payments, seconds = pay(module.params)
    except OSError as error:
        module.fail_json(msg=f"The load could not run: {error}")
    acknowledged = sum(1 for paid in payments if paid.id)
    module.exit_json(changed=True, payments=len(payments), acknowledged=acknowledged, seconds=round(seconds, 1))


if __name__ == "__main__":
    main()

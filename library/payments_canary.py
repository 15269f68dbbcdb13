#!/usr/bin/python
"""Makes one small payment as a client would, to prove that payments are taken."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: payments_canary
short_description: Prove with one payment that payments are taken
version_added: 1.0.0
description:
  - Makes one payment of the smallest amount through the API, as clients do. It resolves the name, checks the
    certificate, and repeats the payment under the same key until it is accepted, so that it is charged once.
  - With O(region) it first waits until the region that answers there is that one, and only a payment accepted there
    counts.
  - It always reports a change. In check mode nothing is paid.
options:
  address:
    description: The name to pay at, of a region or the one that fails over.
    type: str
    required: true
  region:
    description: The region that has to accept the payment; empty means any.
    type: str
    default: ""
  reference:
    description: The payment's reference, by which it can be told from real ones.
    type: str
    default: canary
  wait_timeout_seconds:
    description: How long to go on trying. 0 means once.
    type: int
    default: 0
extends_documentation_fragment:
  - reach
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Does the promoted region take payments?
  payments_canary:
    address: api-us-east-2.payments.example.com
    region: us-east-2
    reference: canary after the failover
    wait_timeout_seconds: 60
  register: canary
"""

RETURN = r"""
id:
  description: The payment's id; empty in check mode.
  returned: success
  type: str
  sample: 0190a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b
key:
  description: The Idempotency-Key under which it was made.
  returned: success
  type: str
  sample: canary-0f9c1b1e2d3a4b5c
region:
  description: The region that accepted it; empty in check mode.
  returned: success
  type: str
  sample: us-east-2
address:
  description: The IP address that answered; empty in check mode.
  returned: success
  type: str
  sample: 198.51.100.7
accepted_at:
  description: When the acknowledgement arrived; empty in check mode.
  returned: success
  type: str
  sample: "2026-11-22T12:01:30.120Z"
latency_ms:
  description: How long the request took that was accepted.
  returned: success
  type: int
  sample: 42
tries:
  description: How many requests it took.
  returned: success
  type: int
  sample: 1
seconds:
  description: How long it took from the first request to the acknowledgement.
  returned: success
  type: float
  sample: 0.042
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.canary import Canary, RefusedError
from ansible.module_utils.payments_dr.payments_client import Client
from ansible.module_utils.payments_dr.waiters import Clock

NOTHING = {"id": "", "region": "", "address": "", "accepted_at": "", "latency_ms": 0, "tries": 0, "seconds": 0.0}


def pay(params):
    """One canary payment, as RETURN describes it. Raises AwsFailure when none is accepted in time, RefusedError, and
    OSError when the authorities cannot be read."""

    def make_client():
        return Client(params["address"], params["api_port"], params["api_ca_file"] or "", params["dns_servers"])

    make_client()  # an unreadable file of authorities is no reason to try again
    canary = Canary(make_client, params["address"], params["region"], params["reference"], Clock())
    return canary.pay(params["wait_timeout_seconds"])


def main():
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "reference": {"type": "str", "default": "canary"},
            "wait_timeout_seconds": {"type": "int", "default": 0},
            "dns_servers": {"type": "list", "elements": "str", "default": []},
            "api_port": {"type": "int", "default": 443},
            "api_ca_file": {"type": "path", "default": ""},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True, key="", **NOTHING)
    try:
        paid = pay(module.params)
    except OSError as error:
        module.fail_json(msg=f"api_ca_file: {module.params['api_ca_file']}: {error}")
    except (AwsFailure, RefusedError) as failure:
        module.fail_json(msg=str(failure))
    module.exit_json(changed=True, **paid)


if __name__ == "__main__":
    main()

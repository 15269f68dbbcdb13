#!/usr/bin/python
"""What the clients of payments_load have seen so far, and how it compares with the ledger."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: payments_load_info
short_description: Read what the clients of a load have seen, and compare it with the ledger
version_added: 1.0.0
description:
  - Reads the file that C(payments_load) writes, while it runs or afterwards, and computes the interruption that an
    outage made for the clients.
  - With O(ledger), asks the API for the payments of the load and compares them with the acknowledgements.
options:
  path:
    description: The file that C(payments_load) writes.
    type: path
    required: true
  since:
    description: When the outage began, in seconds since the epoch. Payments sent later count as served since.
    type: float
    default: 0
  until:
    description: When it was over; a silence that begins later is none of its. 0 means now.
    type: float
    default: 0
  region:
    description: Count only payments that this region acknowledged as served since.
    type: str
    default: ''
  ledger:
    description: Whether to ask the API for the payments, and compare.
    type: bool
    default: false
  api_name:
    description: The name of the API to ask.
    type: str
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
    description: It only reads.
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Wait until payments are taken again
  payments_load_info:
    path: build/drill/payments.jsonl
    since: "{{ outage_began }}"
  register: load
  until: load.served_since >= 5
  retries: 900
  delay: 1
"""

RETURN = r"""
acknowledged:
  description: Payments that were acknowledged so far.
  returned: success
  type: int
  sample: 1200
served_since:
  description: Payments that were sent after O(since) and acknowledged, by O(region) if it is given.
  returned: success
  type: int
  sample: 640
interruption:
  description: The longest silence since the outage began.
  returned: when there is an acknowledgement before O(since), and one after it
  type: dict
  contains:
    last_before:
      description: The last acknowledgement before it, in seconds since the epoch.
      returned: always
      type: float
      sample: 1790000000.25
    first_after:
      description: The first one after it, in seconds since the epoch.
      returned: always
      type: float
      sample: 1790000101.5
    seconds:
      description: How long it was.
      returned: always
      type: float
      sample: 101.25
moves:
  description: When a region acknowledged for the first time, and when another one did from then on.
  returned: success
  type: list
  elements: dict
  contains:
    at:
      description: In seconds since the epoch.
      returned: always
      type: float
      sample: 1790000101.5
    region:
      description: Who acknowledged from then on.
      returned: always
      type: str
      sample: us-east-2
proof:
  description: How acknowledgements and ledger compare.
  returned: when O(ledger) is true
  type: dict
  contains:
    acknowledged:
      description: Payments that clients hold an acknowledgement for.
      returned: always
      type: int
      sample: 1200
    lost:
      description: Those that the ledger does not have, or with another amount.
      returned: always
      type: list
      elements: dict
      sample: []
    doubled:
      description: References that stand in the ledger more than once.
      returned: always
      type: list
      elements: str
      sample: []
    unanswered:
      description: Payments whose client gave up.
      returned: always
      type: int
      sample: 0
    charged_unanswered:
      description: Those of them that the ledger has.
      returned: always
      type: int
      sample: 0
    rpo_seconds:
      description: How long before O(since) the oldest lost one was acknowledged; 0 when none is lost.
      returned: always
      type: float
      sample: 0.0
"""

import dataclasses
import datetime
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.payments_dr import drill, load
from ansible.module_utils.payments_dr.payments_client import FAILURES, Client

#: Seconds until the ledger has to have answered a page, through all tries.
LEDGER_SECONDS = 60
#: How far the clocks of the clients and of the database may be apart.
CLOCK_SKEW_SECONDS = 60


class LedgerUnread(Exception):  # noqa: N818 - says what happened
    """The API did not hand out its payments."""


def page(client, cursor):
    """One page of payments, asked for again while the API cannot answer."""
    path, ends, reason = (
        "/payments?limit=100" + (f"&cursor={cursor}" if cursor else ""),
        time.monotonic() + LEDGER_SECONDS,
        "",
    )
    while time.monotonic() < ends:
        try:
            answer = client.request("GET", path)
        except FAILURES as error:
            reason = str(error) or type(error).__name__
        else:
            if answer.status == 200:
                return answer.body
            reason = f"{answer.status} {answer.body.get('detail', '')}"
        time.sleep(load.PAUSE_SECONDS)
    raise LedgerUnread(f"GET {path} gave no payments for {LEDGER_SECONDS} s: {reason}")


def ledger(client, references, began):
    """The ledger's payments of the load, newest first, as far back as when it began."""
    oldest = datetime.datetime.fromtimestamp(began - CLOCK_SKEW_SECONDS, datetime.UTC)
    cursor, found, created = "", [], datetime.datetime.now(datetime.UTC)
    while cursor is not None and created >= oldest:
        body = page(client, cursor)
        found += [entry for entry in body["payments"] if entry["reference"] in references]
        created = min([created] + [datetime.datetime.fromisoformat(entry["created_at"]) for entry in body["payments"]])
        cursor = body["next_cursor"]
    return found


def look(params):
    """What RETURN describes. Raises OSError, LedgerUnread."""
    with Path(params["path"]).open() as file:
        payments = load.parse(file)
    silence = drill.interruption(payments, params["since"], params["until"] or time.time())
    result = {
        "acknowledged": sum(1 for paid in payments if paid.id),
        "served_since": len(drill.served_since(payments, params["since"], params["region"])),
        "moves": [{"at": at, "region": region} for at, region in drill.moves(payments)],
    }
    if silence:
        result["interruption"] = {**dataclasses.asdict(silence), "seconds": round(silence.seconds, 3)}
    if params["ledger"]:
        client = Client(params["api_name"], params["api_port"], params["api_ca_file"] or "", params["dns_servers"])
        began = min((paid.began for paid in payments), default=time.time())
        found = ledger(client, {paid.reference for paid in payments}, began)
        result["proof"] = drill.proof(payments, found, params["since"])
    return result


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "since": {"type": "float", "default": 0.0},
            "until": {"type": "float", "default": 0.0},
            "region": {"type": "str", "default": ""},
            "ledger": {"type": "bool", "default": False},
            "api_name": {"type": "str"},
            "dns_servers": {"type": "list", "elements": "str", "default": []},
            "api_port": {"type": "int", "default": 443},
            "api_ca_file": {"type": "path"},
        },
        required_if=[("ledger", True, ["api_name"])],
        supports_check_mode=True,
    )
    try:
        module.exit_json(changed=False, **look(module.params))
    except OSError as error:
        module.fail_json(msg=f"path {module.params['path']}, or api_ca_file: {error}")
    except LedgerUnread as problem:
        module.fail_json(msg=str(problem))


if __name__ == "__main__":
    main()

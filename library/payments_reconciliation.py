#!/usr/bin/python
"""Finds every payment that is not in every place where it should be, replays what the database lacks, and reports."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: payments_reconciliation
short_description: Replay what the journal has and the database lacks, and explain every difference
version_added: 1.0.0
description:
  - Compares the journals and transaction log buckets of both regions, the active region's database (through its
    payments function) and, where given, the rows of the volume that was lost. The database is read last.
  - What the database lacks and a journal or a log object proves is put into it by the payments function, as it was
    acknowledged, in the order in which it was made; again is no change. Then the function writes what log objects and
    journal entries it has left over.
  - When every difference is explained, and the totals balance, the epoch of the active region is marked as replayed,
    if O(days) reach back to an hour before it began.
    What is not explained is reported, and is no failure of the module; nor is an entry or a log object that cannot be
    read as a payment, which is reported as far as it can.
  - The region that is not active may be dark; what could not be read is in RV(report).
  - Writes C(reconcile.json), C(reconcile.csv) and C(reconcile.html), readable for their owner only. They have no
    references and no metadata, and idempotency keys only hashed.
  - Check mode reads everything and writes the report; nothing is replayed, repaired or marked.
options:
  topology:
    description: The topology document, as C(topology_info) returns it.
    type: dict
    required: true
  active_region:
    description: The region whose database has the writer.
    type: str
    required: true
  days:
    description: Compare the payments of so many days. It has to be less than a journal keeps its entries.
    type: float
    required: true
  durability:
    description: What the payments function was told. With V(strict) nothing was acknowledged that is in no journal.
    type: str
    choices: [strict, available]
    required: true
  unproven:
    description:
      - What to do with payments that are only in O(old_ledger). With O(durability=available) nobody can tell whether
        they were acknowledged while the peer was out of reach.
      - V(ask) leaves them unexplained, V(replay) puts them into the database, V(leave) leaves them out.
    type: str
    choices: [ask, replay, leave]
    default: ask
  old_ledger:
    description: The payments of the volume that was lost, a JSON object on each line.
    type: path
  folder:
    description: Where the report is written. It is made if it is not there.
    type: path
    required: true
  progress_log:
    description: A file that a line is added to every few seconds, as the callback C(terraform_progress) shows them.
    type: path
  by:
    description: Who reconciles.
    type: str
    required: true
  assume_role_arn:
    description: ARN of the role to assume for every call.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Replay what the failover lost, and explain the rest
  payments_reconciliation:
    topology: "{{ topology_document }}"
    active_region: us-east-2
    days: 34
    durability: available
    folder: build/reports
    by: anna
    region: us-east-2
"""

RETURN = r"""
report:
  description: What is in C(reconcile.json), but the differences.
  returned: success
  type: dict
  sample: {"environment": "prod-a1", "explained": true, "unexplained": 0, "payments": 120000}
lines:
  description: For people.
  returned: success
  type: list
  elements: str
  sample: ["EXPLAINED: prod-a1, 120,000 payments since 2026-10-19T…, 12 replayed, 0 unexplained"]
explained:
  description: Whether every difference is explained, and the totals balance.
  returned: success
  type: bool
  sample: true
files:
  description: What was written, by kind.
  returned: success
  type: dict
  sample: {"json": "build/reports/reconcile.json", "csv": "build/reports/reconcile.csv"}
"""

import sqlite3
from pathlib import Path

from ansible.module_utils.payments_dr import reconciliation_report
from ansible.module_utils.payments_dr.aws import AWS_SPEC, clients
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.epoch import EpochError, EpochTaken
from ansible.module_utils.payments_dr.options import TOPOLOGY_SPEC, topology_of
from ansible.module_utils.payments_dr.reconciliation_rows import SourceError
from ansible.module_utils.payments_dr.reconciliation_run import RolesDisagreeError, Wanted, reconcile
from ansible.module_utils.payments_dr.reconciliation_table import Table
from ansible.module_utils.payments_dr.topology import TopologyError
from ansible.module_utils.payments_dr.waiters import Clock, timestamp
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

REFUSED = (TopologyError, SourceError, EpochError, EpochTaken, RolesDisagreeError)


def teller(path):
    """Adds a line to the file, if there is one."""

    def tell(line):
        if path:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(f"progress: {line}\n")

    return tell


def wanted_of(module):
    """From the options; raises TopologyError."""
    params = module.params
    topology, active = topology_of(params, "active_region")
    return Wanted(
        topology=topology,
        active=active,
        days=params["days"],
        strict=params["durability"] == "strict",
        unproven=params["unproven"],
        old_ledger=Path(params["old_ledger"]) if params["old_ledger"] else None,
        by=params["by"],
        changing=not module.check_mode,
    )


def run(module):
    """What RETURN says, changed and diff."""
    folder, clock, wanted = Path(module.params["folder"]), Clock(), wanted_of(module)
    folder.mkdir(parents=True, exist_ok=True)
    with Table(folder) as table:
        done = reconcile(clients(module), wanted, table, teller(module.params["progress_log"]), clock)
        facts = {
            "environment": f"{wanted.topology.environment}-{wanted.topology.environment_suffix}",
            "generated_at": timestamp(clock.now()),
            "active": wanted.active,
            "standby": wanted.topology.peer(wanted.active).region,
            "since": timestamp(done.since / 1000),
            "by": wanted.by,
            "dry_run": module.check_mode,
            "unread": done.unread,
            "inserted": done.inserted,
            "covered": done.covered,
            "epoch": {"number": done.epoch.number, "replayed": done.epoch.replayed},
        }
        report = reconciliation_report.summary(table, facts)
        files = reconciliation_report.write(table, report, folder)
    replayed = sum(one["replayed"]["count"] for one in report["totals"])
    diff = {"before": f"{replayed} payments are missing in the database\n" if replayed else "", "after": ""}
    changed = bool(done.inserted or done.marked or (module.check_mode and replayed))
    lines = reconciliation_report.lines(report)
    explained = report["explained"]
    return {"changed": changed, "diff": diff, "report": report, "lines": lines, "explained": explained, "files": files}


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "active_region": {"type": "str", "required": True},
            "days": {"type": "float", "required": True},
            "durability": {"type": "str", "choices": ["strict", "available"], "required": True},
            "unproven": {"type": "str", "choices": ["ask", "replay", "leave"], "default": "ask"},
            "old_ledger": {"type": "path"},
            "folder": {"type": "path", "required": True},
            "progress_log": {"type": "path"},
            "by": {"type": "str", "required": True},
            **TOPOLOGY_SPEC,
            **AWS_SPEC,
        },
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except REFUSED as error:
        module.fail_json(msg=str(error))
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    except (OSError, sqlite3.Error) as error:  # of both: the disk is full
        module.fail_json(msg=f"folder: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()

"""Reconciles payments by the hundred thousand that are made up while they are read, and says what that took.

    python -m tests.bench.many_payments 1000000 FOLDER

prints as JSON how many there were and how many were replayed, the seconds that it took, those of the processors, the
most memory that the process ever had, how much of that came on top of Python and its imports, and how large the file of
the join became, in MB. Of a payment only its number is kept here, so that the memory is the reconciliation's own.
"""

from __future__ import annotations

import hashlib
import io
import json
import resource
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from module_utils.payments_dr import reconciliation_report as reports
from module_utils.payments_dr.reconciliation_rows import milliseconds
from module_utils.payments_dr.reconciliation_run import Wanted, reconcile
from module_utils.payments_dr.reconciliation_table import Table
from module_utils.payments_dr.topology import Topology
from module_utils.payments_dr.waiters import Clock, timestamp

PAGE = 1000
#: One payment of so many is missing in the database.
LOST = 500
DAY = "2026/11/22"
HOUR = "2026-11-22T12"
BEGAN = milliseconds(f"{HOUR}:00:00Z")
#: Journals are read in the order of a hash: steps of a prime through all numbers come in no order either.
STEP = 7_368_787
ACTIVE, LOST_REGION = "us-east-2", "us-east-1"


class Payments:
    """`count` payments of the lost region, a millisecond apart."""

    def __init__(self, count: int) -> None:
        self.count = count

    def row(self, number: int) -> dict[str, Any]:
        identifier = self.identifier(number)
        return {
            "id": identifier,
            "idempotency_key": f"order-{identifier}",
            "fingerprint": hashlib.sha256(identifier.encode()).hexdigest(),
            "amount": 1 + number % 5000,
            "currency": ("EUR", "USD", "JPY")[number % 3],
            "reference": "r",
            "metadata": "{}",
            "status": "accepted",
            "region": LOST_REGION,
            "created_at": f"{HOUR}:{number // 60_000:02}:{number // 1000 % 60:02}.{number % 1000:03}Z",
        }

    @staticmethod
    def identifier(number: int) -> str:
        """A UUID of version 7 with the time and the number in it."""
        made = f"{BEGAN + number:012x}"
        return f"{made[:8]}-{made[8:]}-7000-8000-{number:012x}"

    @staticmethod
    def number(identifier: str) -> int:
        return int(identifier[-12:], 16)


class Tables:
    """A DynamoDB client: the active region's journal has all payments, the other one's has none."""

    def __init__(self, payments: Payments, region: str) -> None:
        self.payments, self.meta = payments, types.SimpleNamespace(region_name=region)

    def get_item(self, **_: Any) -> dict[str, Any]:
        item = {"epoch": {"N": "2"}, "active": {"S": ACTIVE}, "replayed": {"BOOL": False}}
        return {"Item": {**item, "at": {"S": timestamp(BEGAN / 1000 + 1e6)}}}

    def transact_write_items(self, **_: Any) -> dict[str, Any]:
        return {}

    def get_paginator(self, _: str) -> Tables:
        return self

    def paginate(self, Segment: int, TotalSegments: int, **_: Any) -> Iterator[dict[str, Any]]:  # noqa: N803
        count = self.payments.count if self.meta.region_name == ACTIVE else 0
        numbers = range(Segment, count, TotalSegments)
        for start in range(0, len(numbers), PAGE):
            yield {"Items": [self._item(number * STEP % count) for number in numbers[start : start + PAGE]]}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        ((table, wanted),) = RequestItems.items()
        keys = [key["idempotency_key"]["S"] for key in wanted["Keys"]]
        return {"Responses": {table: [self._item(self.payments.number(key)) for key in keys]}}

    def _item(self, number: int) -> dict[str, Any]:
        row = self.payments.row(number)
        return {name: {"N": str(value)} if name == "amount" else {"S": value} for name, value in row.items()}


class Bucket:
    """An S3 client: both buckets have every object."""

    def __init__(self, payments: Payments, region: str) -> None:
        self.payments, self.meta = payments, types.SimpleNamespace(region_name=region)

    def get_paginator(self, _: str) -> Bucket:
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        for start in range(0, self.payments.count, PAGE):
            numbers = range(start, min(start + PAGE, self.payments.count))
            yield {"Contents": [{"Key": self._key(number)} for number in numbers]}

    def _key(self, number: int) -> str:
        return f"transactions/{DAY}/{self.payments.identifier(number)}.json"


class Function:
    """A Lambda client, and the payments function: its database lacks one payment of LOST."""

    def __init__(self, payments: Payments, region: str) -> None:
        self.payments, self.meta = payments, types.SimpleNamespace(region_name=region)

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803
        event = json.loads(Payload)
        return {"Payload": io.BytesIO(json.dumps(getattr(self, f"_{event['action']}")(event)).encode())}

    def _ledger(self, event: dict[str, Any]) -> dict[str, Any]:
        known = event["cursor"] >= self.payments.identifier(0)
        start = self.payments.number(event["cursor"]) + 1 if known else 0
        end = min(start + event["limit"], self.payments.count)
        rows = [self.payments.row(number) for number in range(start, end) if number % LOST]
        return {"payments": rows, "next_cursor": rows[-1]["id"] if end < self.payments.count else None}

    def _replay(self, event: dict[str, Any]) -> dict[str, Any]:
        return {"outcomes": [{"id": entry["id"], "outcome": "inserted"} for entry in event["entries"]]}


def clients(payments: Payments) -> Any:
    """(service, region, patience) -> a client."""
    kinds = {"dynamodb": Tables, "s3": Bucket, "lambda": Function}
    return lambda service, region, _: kinds[service](payments, region)


def topology() -> Topology:
    """The least that names what is read."""
    fields = dict.fromkeys(("environment", "environment_suffix", "global_cluster", "secret_name"), "many")
    versions = dict.fromkeys(("function_version", "failover_version", "zone_id", "zone_name"), "many")
    place = types.SimpleNamespace(bucket="bucket", function="function")
    places = {
        region: types.SimpleNamespace(**{**vars(place), "region": region, "bucket": f"bucket-{region}"})
        for region in (ACTIVE, LOST_REGION)
    }
    return Topology(**fields, **versions, api_name="many", primary_check="many", secondary_check="many", places=places)


def most_memory() -> float:
    """The most memory that this process ever had, in MB. Linux keeps it with the address space, which is a new one
    after exec; getrusage's still counts the copy of its parent that the process was before."""
    with Path("/proc/self/status").open() as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) * 1024 / 1e6


def run(count: int, folder: Path) -> dict[str, Any]:
    """One reconciliation of `count` payments, with its reports."""
    began, before = time.monotonic(), most_memory()
    clock = Clock(now=lambda: BEGAN / 1000 + 2e6)
    wanted = Wanted(topology(), ACTIVE, 34, False, "ask", None, "bench", True)
    with Table(folder) as table:
        done = reconcile(clients(Payments(count)), wanted, table, lambda line: print(line, file=sys.stderr), clock)
        facts = {"environment": "many", "generated_at": timestamp(clock.now()), "active": ACTIVE}
        said = {"by": "bench", "since": timestamp(0), "dry_run": False, "covered": True}
        epoch = {"number": done.epoch.number, "replayed": done.epoch.replayed}
        report = reports.summary(table, {**facts, **said, "unread": done.unread, "epoch": epoch})
        reports.write(table, report, folder)
        size = table.size()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "payments": report["payments"],
        "replayed": done.inserted,
        "explained": report["explained"] and done.marked,
        "seconds": round(time.monotonic() - began, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "megabytes": round(most_memory()),
        "grown_megabytes": round(most_memory() - before),
        "file_megabytes": round(size / 1e6),
    }


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), Path(sys.argv[2]))))

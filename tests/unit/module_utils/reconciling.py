"""What a reconciliation reads and asks: moto's tables and buckets of two regions, and a payments function in memory."""

import contextlib
import functools
import hashlib
import io
import json
import random
import uuid
from pathlib import Path

import boto3
import moto
from ansible.module_utils.payments_dr import epoch as epochs
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.reconciliation_rows import milliseconds
from ansible.module_utils.payments_dr.reconciliation_run import Wanted, reconcile
from ansible.module_utils.payments_dr.reconciliation_sources import object_key
from ansible.module_utils.payments_dr.reconciliation_table import Table
from ansible.module_utils.payments_dr.waiters import Clock, timestamp

from tests.unit.module_utils.deployed import EAST, OHIO, place
from tests.unit.module_utils.fake_aws import topology

NOW = 1_790_000_000.0
CLOCK = Clock(now=lambda: NOW)
#: A failover to OHIO, so many seconds before the reconciliation; payments are made before it unless said otherwise.
PROMOTED = NOW - 600
KEYS = {"aws_access_key_id": "key", "aws_secret_access_key": "key"}


def payment(ago=1000.0, region=EAST, key="", amount=1250, currency="EUR", skew=0.0):
    """A payment as the journal has it, in plain values, made `ago` seconds before the reconciliation; the function's
    clock, by which the id was made, was `skew` seconds behind the database's."""
    made = round((NOW - ago) * 1000)
    identifier = uuid.UUID(
        int=(made - round(skew * 1000)) << 80
        | 0x7 << 76
        | random.getrandbits(12) << 64
        | 2 << 62
        | random.getrandbits(62)
    )
    key = key or f"key-{identifier}"
    return {
        "id": str(identifier),
        "idempotency_key": key,
        "fingerprint": hashlib.sha256(f"{amount} {currency}".encode()).hexdigest(),
        "amount": amount,
        "currency": currency,
        "reference": "Zoë's order",
        "metadata": '{"shop": "1"}',
        "status": "accepted",
        "region": region,
        "created_at": timestamp(made / 1000),
    }


class Function:
    """The payments function of the active region over a database in memory; its Lambda client at the same time."""

    def __init__(self, region):
        self.meta = type("Meta", (), {"region_name": region})
        self.rows, self.waits, self.asked = {}, {}, []
        self.largest_answer, self.fails = 10**9, ""

    def insert(self, one, journaled=True, logged=True):
        self.rows[one["id"]] = one
        self.waits[one["id"]] = {"journaled": journaled, "logged": logged}

    def invoke(self, FunctionName, Payload):  # noqa: N803 - boto3's names
        event = json.loads(Payload)
        self.asked.append(event)
        if self.fails == event["action"]:
            return self._failure("RuntimeError", "database-unreachable")
        answer = json.dumps(getattr(self, event["action"])(event)).encode()
        if len(answer) > self.largest_answer:
            return self._failure("Function.ResponseSizeTooLarge", "Response payload size exceeded")
        return {"Payload": io.BytesIO(answer)}

    def _failure(self, kind, words):
        told = json.dumps({"errorType": kind, "errorMessage": words}).encode()
        return {"FunctionError": "Unhandled", "Payload": io.BytesIO(told)}

    def ledger(self, event):
        rows = sorted((row for row in self.rows.values() if row["id"] > event["cursor"]), key=lambda row: row["id"])
        rows = [{**row, **self.waits[row["id"]]} for row in rows[: event["limit"]]]
        return {
            "status": "read",
            "payments": rows,
            "next_cursor": rows[-1]["id"] if len(rows) == event["limit"] else None,
        }

    def replay(self, event):
        return {"status": "replayed", "outcomes": [self._restore(entry) for entry in event["entries"]]}

    def _restore(self, entry):
        there = [row for row in self.rows.values() if entry["idempotency_key"] == row["idempotency_key"]]
        if not there:
            self.insert(entry, journaled=False, logged=False)
        alike = all(row["id"] == entry["id"] for row in there)
        return {"id": entry["id"], "outcome": "inserted" if not there else "there" if alike else "conflict"}

    def repair(self, _):
        left = sum(not all(waits.values()) for waits in self.waits.values())
        self.waits = {identifier: {"journaled": True, "logged": True} for identifier in self.waits}
        return {"status": "repaired", "repaired": left, "pending": 0, "journaled": 0, "unjournaled": 0}


class World:
    """Both regions after a failover from EAST to OHIO. `dark` regions do not answer."""

    def __init__(self, folder):
        self.folder, self.topology, self.dark = Path(folder), topology(), set()
        self.signed_in = True
        self.function = Function(OHIO)
        for region in (EAST, OHIO):
            self.boto("s3", region).create_bucket(Bucket=place(region)["bucket"], **_constraint(region))
            for table, key in ((self.journal(region), "idempotency_key"), (self.topology.epoch_table(region), "scope")):
                self.boto("dynamodb", region).create_table(
                    TableName=table,
                    BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                    KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                )
        self.epoch(epochs.Epoch(2, OHIO, False, "anna", "failover", timestamp(PROMOTED)))

    @staticmethod
    @functools.cache
    def boto(service, region):
        """Made once for all tests, which takes longer than most of them; moto answers it while it is switched on."""
        return boto3.client(service, region_name=region, **KEYS)

    def clients(self, service, region, patience):
        if service == "lambda":
            assert region == OHIO, "the function of the active region"
            return self.function
        if region in self.dark:
            return _Dark(region, self.signed_in)
        return self.boto(service, region)

    def journal(self, region):
        return self.topology.journal_table(region)

    def epoch(self, new=None):
        table = self.topology.epoch_table(OHIO)
        if new:
            self.boto("dynamodb", OHIO).put_item(TableName=table, Item=new.as_item())
        return epochs.read(self.boto("dynamodb", OHIO), table)

    def keep(self, one, *places, journaled=True, logged=True, known=True):
        """Puts a payment into "database", "journal" and "log", which are OHIO's, "peer-journal", "peer-log", EAST's."""
        for where in places:
            region = EAST if where.startswith("peer-") else OHIO
            if where == "database":
                self.function.insert(one, journaled, logged)
            elif where.endswith("journal"):
                item = {name: {"N": str(value)} if name == "amount" else {"S": value} for name, value in one.items()}
                self.boto("dynamodb", region).put_item(TableName=self.journal(region), Item=item)
            else:
                self._log(one, region, known)
        return one

    def _log(self, one, region, known):
        moment = milliseconds(one["created_at"])
        hidden = ("idempotency_key", "fingerprint")
        told = {"idempotency-key": one["idempotency_key"], "fingerprint": one["fingerprint"]} if known else {}
        body = {name: value for name, value in one.items() if name not in hidden}
        self.boto("s3", region).put_object(
            Bucket=place(region)["bucket"],
            Key=object_key(uuid.UUID(one["id"]).bytes, moment),
            Body=json.dumps({**body, "metadata": json.loads(one["metadata"])}).encode(),
            Metadata=told,
        )

    def everywhere(self, *payments):
        """In order: in the database, in the journal of the region that did not take it, and in both buckets."""
        for one in payments:
            self.keep(one, "database", "journal" if one["region"] == EAST else "peer-journal", "log", "peer-log")

    def wanted(self, changing=True, **given):
        told = {"days": 34.0, "strict": False, "unproven": "ask", "old_ledger": None, "by": "anna"}
        return Wanted(self.topology, OHIO, changing=changing, **{**told, **given})

    @contextlib.contextmanager
    def reconciled(self, **given):
        """(what was done, the table) of a reconciliation."""
        with Table(self.folder) as table:
            yield reconcile(self.clients, self.wanted(**given), table, lambda _: None, CLOCK), table

    def causes(self, **given):
        """{payment's id: (cause, outcome)} of a reconciliation, and what was done."""
        with self.reconciled(**given) as (done, table):
            rows = [row for page in table.differences() for row in page]
            return {str(uuid.UUID(bytes=row["id"])): (row["cause"], row["outcome"]) for row in rows}, done


class _Dark:
    """A client whose region does not answer; where a role is assumed there, not even that."""

    def __init__(self, region, signed_in):
        if not signed_in:
            raise AwsFailure(f"Could not assume the role in {region}: nobody answers", "ConnectionClosed", True)
        self.meta = type("Meta", (), {"region_name": region})

    def __getattr__(self, name):
        raise AwsFailure(f"Could not {name} in {self.meta.region_name}: nobody answers", "ConnectTimeout", True)


def _constraint(region):
    return {} if region == EAST else {"CreateBucketConfiguration": {"LocationConstraint": region}}


def old_ledger(world, *payments, **extra):
    """A file of the old volume's rows, as `row_to_json` writes them."""
    path = world.folder / "old.jsonl"
    rows = [
        {**one, "fingerprint": f"\\x{one['fingerprint']}", "metadata": json.loads(one["metadata"]), **extra}
        for one in payments
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@contextlib.contextmanager
def world(folder):
    with moto.mock_aws():
        yield World(folder)

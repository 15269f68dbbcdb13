"""What a failover can leave of a payment, reconciled with the function's own ledger and replay: charged at most once,
and once for certain when it was acknowledged."""

import dataclasses
import io
import itertools
import json
import time
import types
import uuid

import boto3
import pytest
from ansible.module_utils.payments_dr.epoch import put
from ansible.module_utils.payments_dr.reconciliation_run import Wanted, reconcile
from ansible.module_utils.payments_dr.reconciliation_table import Table
from ansible.module_utils.payments_dr.waiters import Clock, timestamp

HERE, PEER, BUCKET = "us-east-1", "us-east-2", "transaction-logs"
#: What was written of a payment when its region was lost, beside its row; and whether that row was replicated.
LEFT = ("nothing", "object", "entry", "both")
#: When the client that got no answer, or lost it, sends it again to the other region.
RETRIED = ("never", "before", "after")
#: Why a row that was not replicated differs, by what was left and whether it was sent again before.
CAUSE = {
    **dict.fromkeys([("nothing", True), ("nothing", False), ("entry", True), ("both", True)], ""),
    **dict.fromkeys([("entry", False), ("both", False)], "replayed-from-journal"),
    ("object", True): "retried",
    ("object", False): "replayed-from-log",
}
CASES = [*itertools.product(LEFT, (True, False), RETRIED)]


class Lambda:
    """A Lambda client whose only function is the one of a fixture."""

    meta = types.SimpleNamespace(region_name=PEER)

    def __init__(self, function):
        self.function = function

    def invoke(self, FunctionName, Payload):  # noqa: N803 - boto3's names
        event = json.loads(Payload)
        return {"Payload": io.BytesIO(json.dumps(self.function.ask(**event)).encode())}


class Topology:
    """The names that the fixtures use; one bucket stands for both."""

    places = {
        region: types.SimpleNamespace(region=region, bucket=BUCKET, function="payments") for region in (HERE, PEER)
    }
    environment, environment_suffix = "unit", "a1"

    def peer(self, region):
        return self.places[HERE if region == PEER else PEER]

    def journal_table(self, _):
        return "journal"

    def epoch_table(self, _):
        return "epoch"


@pytest.fixture
def reconciled(aws, peer, tmp_path):
    """Reconcile with the peer's region active; answers {id: cause} and what was done."""

    def clients(service, region, _):
        if service == "lambda":
            return Lambda(peer)
        # The fixture's bucket is in one region.
        return boto3.client(service, region_name=HERE if service == "s3" else region)

    def run(**given):
        wanted = Wanted(Topology(), PEER, 1.0, False, "ask", None, "anna", True)
        # Nothing counts as in flight: it is all some minutes ago.
        clock = Clock(now=lambda: time.time() + 300)
        with Table(tmp_path) as table:
            done = reconcile(clients, dataclasses.replace(wanted, **given), table, lambda _: None, clock)
            return {row["key"]: row["cause"] for page in table.differences() for row in page}, done

    return run


def lose(server, aws, objects, case, key, identifier):
    """Take away what the case says was not written, or not replicated."""
    left, replicated, _ = case
    if left in ("nothing", "object"):
        aws.there.client.delete_item(TableName="journal", Key={"idempotency_key": {"S": key}})
    if left in ("nothing", "entry"):
        (place,) = (place for place in objects() if identifier in place)
        aws.s3.delete_object(Bucket=BUCKET, Key=place)
    if not replicated:
        server.admin(f"DELETE FROM payments WHERE id = '{identifier}'")
    elif left != "both":
        logged, journaled = left == "object", left == "entry"
        server.admin(f"INSERT INTO outbox VALUES ('{identifier}', now() - interval '1 hour', {logged}, {journaled})")


def charged(server):
    """Ids by their keys; the database sees to it that a key is there once."""
    return dict(server.admin("SELECT idempotency_key, id::text FROM payments"))


def promoted(aws):
    """A failover, some seconds ago."""
    now = aws.there.promote(PEER)
    put(aws.there.client, "epoch", dataclasses.replace(now, at=timestamp(time.time())), now.number)


@pytest.fixture
def lost_region(function, peer, order, aws, server, objects):
    """Every case under a key of its own, us-east-2 promoted, the early retries made: the first answers by key."""
    first = {}
    for number, case in enumerate(CASES):
        status, document, _ = function.pay(order, key=f"order-{number}")
        assert status == 201
        first[f"order-{number}"] = document
        lose(server, aws, objects, case, f"order-{number}", document["id"])
    promoted(aws)
    for key in keys(lambda left, replicated, retried: retried == "before"):
        assert peer.pay(order, key=key)[0] == 201
    return first


def keys(wanted):
    return [f"order-{number}" for number, case in enumerate(CASES) if wanted(*case)]


def test_acknowledged_is_charged_once_whatever_was_left_of_it(lost_region, reconciled, peer, order, aws, server):
    before = charged(server)
    found, done = reconciled()
    assert done.explained
    assert aws.there.epoch().replayed
    now = charged(server)
    assert before.items() <= now.items()  # nothing that was charged is changed
    # An entry was written before the acknowledgement, a row that was replicated may have been one without it.
    for key in keys(lambda left, replicated, retried: left in ("entry", "both") or replicated):
        assert now[key] == lost_region[key]["id"], found.get(key)
    for key in keys(lambda left, replicated, retried: retried != "never"):
        _, document, _ = peer.pay(order, key=key)
        assert document["id"] == charged(server)[key] == now.get(key, document["id"])


def test_each_has_the_cause_that_it_has(lost_region, reconciled):
    found, _ = reconciled()
    gone = {key: cause for key, cause in found.items() if "repaired" not in cause}
    assert gone == {
        key: cause
        for number, (left, replicated, retried) in enumerate(CASES)
        if not replicated and (cause := CAUSE[left, retried == "before"])
        for key in [f"order-{number}"]
    }


def test_again_finds_nothing_to_replay(lost_region, reconciled, server):
    reconciled()
    before = charged(server)
    found, done = reconciled()
    assert done.inserted == 0
    assert set(found.values()) <= {"retried", "journal-repaired", "log-repaired"}
    assert charged(server) == before


def test_a_dry_run_changes_nothing(lost_region, reconciled, server, aws, objects):
    before = charged(server), aws.there.entries(), set(objects())
    _, done = reconciled(changing=False)
    assert (done.inserted, done.marked, aws.there.epoch().replayed) == (0, False, False)
    assert (charged(server), aws.there.entries(), set(objects())) == before


def test_what_the_database_would_refuse_stops_no_other_payment(lost_region, reconciled, aws, server):
    """The limits that reconciliation_rows knows are the schema's."""
    lost = keys(lambda *case: case in (("both", False, "never"), ("entry", False, "never")))
    client = aws.there.client
    (some,) = client.scan(TableName="journal", Limit=1)["Items"]
    damages = [
        {"amount": {"N": "0"}},
        {"amount": {"N": "10000000000"}},
        {"currency": {"S": "eur"}},
        {"fingerprint": {"S": "00" * 31}},
        {"reference": {"S": ""}},
        {"reference": {"S": "x" * 65}},
        {"reference": {"S": "a\0b"}},
        {"status": {"S": "settled"}},
        {"metadata": {"S": "[]"}},
        {"metadata": {"S": '{"shop": "\\u0000"}'}},
        {"metadata": {"S": '{"shop": "\\ud800"}'}},
        {"created_at": {"S": "2026-11-22T12:00:00"}},
        {"idempotency_key": {"S": "k" * 256}},
    ]
    for number, damage in enumerate(damages):
        name = {"id": {"S": str(uuid.uuid4())}, "idempotency_key": {"S": f"damaged-{number}"}}
        client.put_item(TableName="journal", Item={**some, **name, **damage})
    found, done = reconciled()
    assert list(found.values()).count("journal-damaged") == len(damages)
    assert (done.explained, aws.there.epoch().replayed) == (False, False)
    now = charged(server)
    assert all(now[key] == lost_region[key]["id"] for key in lost)
    assert not any(key.startswith("damaged") for key in now)


def test_the_rows_of_the_lost_volume_as_postgresql_writes_them(
    function, peer, order, aws, server, reconciled, tmp_path, objects
):
    _, document, _ = function.pay(order)
    rows = server.admin("SELECT row_to_json(p)::text FROM (SELECT * FROM payments) p")
    lose(server, aws, objects, ("nothing", False, "never"), "key", document["id"])
    (tmp_path / "old.jsonl").write_text("".join(row + "\n" for (row,) in rows))
    promoted(aws)
    found, done = reconciled(old_ledger=tmp_path / "old.jsonl")
    assert (found, done.explained) == ({"key": "unproven"}, False)
    found, done = reconciled(old_ledger=tmp_path / "old.jsonl", unproven="replay")
    assert (found, done.explained) == ({"key": "replayed-from-old-ledger"}, True)
    assert peer.pay(order)[1] == document

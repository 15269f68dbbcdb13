"""The module reads with boto3, writes the report for its owner only, and tells what has changed."""

import csv
import hashlib
import json
import sqlite3
from html.parser import HTMLParser
from unittest import mock

import payments_reconciliation
import pytest
from ansible.module_utils.payments_dr.waiters import timestamp
from botocore.client import BaseClient

from tests.unit.library.running import calls, run, undocumented
from tests.unit.module_utils import deployed, reconciling
from tests.unit.module_utils.deployed import EAST, OHIO
from tests.unit.module_utils.reconciling import payment

READ = {"Scan", "ListObjectsV2", "Invoke", "GetItem", "HeadObject", "BatchGetItem"}


@pytest.fixture
def world(tmp_path):
    with (
        reconciling.world(tmp_path / "reports") as made,
        mock.patch.object(payments_reconciliation, "Clock", lambda: reconciling.CLOCK),
    ):
        yield made


def reconcile(world, check_mode=False, **given):
    """(the module's result, the operations it made)."""
    original = BaseClient._make_api_call

    def answer(client, operation, parameters):
        return world.function.invoke(**parameters) if operation == "Invoke" else original(client, operation, parameters)

    options = {
        "topology": deployed.document(),
        "active_region": OHIO,
        "region": OHIO,
        "days": 34,
        "durability": "available",
        "folder": str(world.folder),
        "by": "anna",
        **given,
    }
    with mock.patch.object(BaseClient, "_make_api_call", answer), calls() as made:
        result = run(payments_reconciliation, options, check_mode=check_mode)
    return result, made


def written(world, kind):
    return (world.folder / f"reconcile.{kind}").read_text()


def test_what_was_replayed_is_a_change_and_again_is_none(world):
    lost = world.keep(payment(), "journal", "log", "peer-log")
    result, _ = reconcile(world)
    assert (result["changed"], result["explained"]) == (True, True)
    assert result["lines"][0] == (
        f"EXPLAINED: test-a1, 1 payments since {timestamp(reconciling.NOW - 34 * 86_400)}, 1 replayed, 0 unexplained"
    )
    assert undocumented(payments_reconciliation, {**result, "diff": None}) == ["diff: not documented"]
    assert list(world.function.rows) == [lost["id"]]
    result, made = reconcile(world)
    assert (result["changed"], result["report"]["inserted"]) == (False, 0)
    assert set(made) <= READ


def test_check_mode_tells_and_reads_only(world):
    world.keep(payment(), "journal")
    result, made = reconcile(world, check_mode=True)
    assert result["changed"]
    assert result["diff"] == {"before": "1 payments are missing in the database\n", "after": ""}
    assert set(made) <= READ
    assert [event["action"] for event in world.function.asked] == ["ledger"]
    assert json.loads(written(world, "json"))["dry_run"] is True
    assert "dry run" in written(world, "html")


def test_totals_balance_in_each_currency_with_what_became_of_every_payment(world):
    world.everywhere(payment(amount=100), payment(amount=7, currency="JPY"))
    world.keep(payment(amount=20), "journal")
    unproven = payment(amount=3)
    world.folder.mkdir()
    old = world.folder / "old.jsonl"
    old.write_text(json.dumps(unproven) + "\n")
    result, _ = reconcile(world, old_ledger=str(old))
    assert not result["explained"]
    one, both = {"count": 1, "amount": 7}, {"count": 2, "amount": 120}
    nothing = {"count": 0, "amount": 0}
    assert result["report"]["totals"] == [
        {
            "currency": "EUR",
            "known": {"count": 3, "amount": 123},
            "journaled": both,
            "database": {"count": 1, "amount": 100},
            "replayed": {"count": 1, "amount": 20},
            "left": nothing,
            "open": {"count": 1, "amount": 3},
            "balanced": True,
        },
        {
            "currency": "JPY",
            **dict.fromkeys(("known", "journaled", "database"), one),
            **dict.fromkeys(("replayed", "left", "open"), nothing),
            "balanced": True,
        },
    ]
    assert any("reconciliation_unproven=replay" in line for line in result["lines"])


class Page(HTMLParser):
    """Whether tags close in order, and what is loaded."""

    def __init__(self, text):
        super().__init__()
        self.open, self.cells = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "img", "link")
        if tag not in ("meta", "!doctype"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "td":
            self.cells.append(data)


def test_the_three_reports_name_the_same_payments_and_show_no_key_and_no_reference(world):
    lost = [world.keep(payment(key="order-<1>", ago=900), "journal"), world.keep(payment(ago=800), "journal")]
    reconcile(world)
    document = json.loads(written(world, "json"))
    rows = list(csv.DictReader(written(world, "csv").splitlines()))
    ids = {one["id"] for one in lost}
    assert {one["payment_id"] for one in document["differences"]} == {row["payment_id"] for row in rows} == ids
    assert ids <= set(Page(written(world, "html")).cells)
    (first,) = (row for row in rows if row["payment_id"] == lost[0]["id"])
    assert {name: first[name] for name in ("amount", "currency", "cause", "outcome", "sources", "region")} == {
        "amount": "1250", "currency": "EUR", "cause": "replayed-from-journal", "outcome": "replayed",
        "sources": "journal", "region": EAST,
    }  # fmt: skip
    assert first["made_at"] == lost[0]["created_at"]
    for kind in ("json", "csv", "html"):
        assert (world.folder / f"reconcile.{kind}").stat().st_mode & 0o777 == 0o600
        for secret in ("order-<1>", "order-&lt;1&gt;", "Zoë", "shop"):
            assert secret not in written(world, kind)
    assert list(world.folder.glob(".*")) == []


def test_what_cannot_be_read_is_named_in_every_report_and_by_hash_where_it_names_no_payment(world):
    damaged = world.keep({**payment(amount=20), "currency": "?"}, "journal")
    unnamed = world.keep({**payment(key="order-<1>", amount=3), "id": "?", "created_at": "?"}, "journal")
    result, _ = reconcile(world)
    assert (result["changed"], result["explained"], result["report"]["unexplained"]) == (False, False, 2)
    (count, mend) = (line for line in result["lines"] if "entry" in line)
    assert count.startswith("        2  journal-damaged: ")
    assert "docs/runbooks/reconcile.md" in mend
    rows = list(csv.DictReader(written(world, "csv").splitlines()))
    names = ("payment_id", "amount", "currency", "made_at", "cause", "explained", "sources")
    assert sorted(tuple(row[name] for name in names) for row in rows) == [
        ("", "3", "EUR", "", "journal-damaged", "False", "journal"),
        (damaged["id"], "20", "", damaged["created_at"], "journal-damaged", "False", "journal"),
    ]
    key_hash = hashlib.sha256(unnamed["idempotency_key"].encode()).hexdigest()[:16]
    assert {row["key_hash"]: row["outcome"].split(": ")[1] for row in rows}[key_hash] == "id"
    document, page = json.loads(written(world, "json")), written(world, "html")
    assert {one["outcome"] for one in document["differences"]} == {row["outcome"] for row in rows}
    assert all(row["outcome"] in Page(page).cells for row in rows)
    assert not any(key in written(world, kind) for key in ("order-<", "order-&lt;") for kind in ("json", "csv", "html"))


def test_what_was_not_compared_or_not_read_is_on_the_page_and_on_the_terminal(world):
    world.dark.add(EAST)
    with mock.patch.object(payments_reconciliation, "clients", lambda _: world.clients):
        result, _ = reconcile(world, days=0.001)
    assert [line.split(":")[0] for line in result["lines"][2:]] == [
        "NOT COVERED",
        "NOT READ peer-journal",
        "NOT READ peer-log",
    ]
    page = written(world, "html")
    assert "Payments from the time of the last failover were not compared" in page
    assert "Not read: peer-log" in page
    assert "Reconciled by anna" in page


def test_a_page_shows_the_first_differences_and_says_that_there_are_more(world, monkeypatch):
    monkeypatch.setattr("ansible.module_utils.payments_dr.reconciliation_report.SHOWN", 2)
    for _ in range(3):
        world.keep(payment(), "journal")
    reconcile(world)
    assert written(world, "html").count("replayed-from-journal") == 2 + 1  # and the table of causes
    assert "reconcile.csv has all of them" in written(world, "html")
    assert written(world, "csv").count("replayed-from-journal") == 3


def test_progress_is_told_in_the_words_that_the_callback_shows(world, tmp_path):
    world.keep(payment(), "journal")
    reconcile(world, progress_log=str(tmp_path / "log"))
    told = (tmp_path / "log").read_text().splitlines()
    assert told[0] == (
        "progress: read table-journal-us-east-2-test-a1 1, table-journal-us-east-1-test-a1 0, "
        "s3-transaction-logs-us-east-2-test-a1 0, s3-transaction-logs-us-east-1-test-a1 0"
    )
    assert told[-1] == "progress: 1 replayed"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"active_region": "eu-west-1"}, "active_region: expected us-east-1 or us-east-2, found 'eu-west-1'"),
        ({"old_ledger": "/nowhere/x"}, "old_ledger: /nowhere/x cannot be read: No such file or directory"),
        ({"topology": {"version": 0}}, "topology: version: expected 1"),
        ({"folder": "/proc/nowhere"}, "folder: "),
    ],
)
def test_what_is_wrong_is_named(world, given, told):
    result, made = reconcile(world, **given)
    assert result["msg"].startswith(told)
    assert set(made) <= READ


def test_a_full_disk_is_told(world):
    with mock.patch.object(payments_reconciliation.Table, "add", side_effect=sqlite3.OperationalError("disk is full")):
        result, _ = reconcile(world)
    assert result["msg"] == "folder: disk is full"


def test_a_function_that_fails_is_told_and_leaves_no_scratch(world):
    world.function.fails = "ledger"
    result, _ = reconcile(world)
    assert "failed: database-unreachable (its log says more)" in result["msg"]
    assert list(world.folder.glob("*")) + list(world.folder.glob(".*")) == []

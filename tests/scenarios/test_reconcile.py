"""reconcile.yml over a deployment: what the database lacks comes back as it was, and all else is explained."""

import contextlib
import csv
import json
import time

import pytest

from .api import Api
from .conftest import topology
from .looking import DR, PRIMARY, eventually, log_objects, patiently, rows
from .recovering import REPORTS

pytestmark = pytest.mark.usefixtures("by_hand")

#: Seconds that a playbook needs until it reads.
START_SECONDS = 60
#: Until the schedule has journaled what was late.
REPAIR_SECONDS = 150
OUTBOX = "SELECT 1 FROM outbox JOIN payments ON id = payment_id WHERE idempotency_key LIKE 'reconciled-%'"


@pytest.fixture
def recent():
    """Only what is paid from now on is compared: the tests before have left payments without a copy, on purpose."""
    began = time.time()
    return lambda: ("-e", f"reconciliation_days={(time.time() - began + patiently(START_SECONDS)) / 86_400}")


@pytest.fixture
def lost(deployment, sandbox):
    """A payment that was acknowledged, journaled and logged, and that the database lacks, among others."""
    api = Api(sandbox)
    paid = [api.pay(f"reconciled-{number}") for number in range(3)]
    assert {answer.status for answer in paid} == {201}
    lost, *others = (answer.body for answer in paid)
    for one in (lost, *others):
        for region in (PRIMARY, DR):
            eventually(lambda one=one, region=region: any(one["id"] in key for key in log_objects(sandbox, region)))
    # A peer that was late, as on a busy machine, gets its entries from the schedule.
    eventually(lambda: not rows(sandbox, PRIMARY, OUTBOX), "the outbox to be empty", REPAIR_SECONDS)
    rows(sandbox, PRIMARY, "DELETE FROM payments WHERE id = CAST(:id AS uuid)", id=lost["id"])
    return lost


def found() -> dict[str, tuple[str, str]]:
    """Cause and outcome by the ids of payments, from the report."""
    with (REPORTS / "reconcile.csv").open(newline="") as file:
        return {row["payment_id"]: (row["cause"], row["outcome"]) for row in csv.DictReader(file)}


def report() -> dict:
    return json.loads((REPORTS / "reconcile.json").read_text())


def test_what_the_database_lacks_is_listed_replayed_and_then_there(playbook, sandbox, recent, lost):
    api = Api(sandbox)
    listed = playbook("reconcile", "--check", *recent())
    assert listed.code == 0, listed.output
    assert found()[lost["id"]] == ("replayed-from-journal", "would be replayed")
    assert api.request("GET", f"/payments/{lost['id']}").status == 404

    replayed = playbook("reconcile", *recent())
    assert replayed.code == 0, replayed.output
    assert "1 replayed, 0 unexplained" in replayed.output
    assert found()[lost["id"]] == ("replayed-from-journal", "replayed")
    assert api.request("GET", f"/payments/{lost['id']}").body == lost
    assert api.pay("reconciled-0").body == lost
    assert all(one["balanced"] for one in report()["totals"])
    assert report()["unread"] == {}

    again = playbook("reconcile", *recent())
    assert again.code == 0, again.output
    assert "0 replayed, 0 unexplained" in again.output


def test_what_nobody_can_explain_fails_and_is_named(playbook, sandbox, recent):
    answer = Api(sandbox).pay("reconciled-4")
    assert answer.status == 201, answer
    with changed_entry(sandbox, "reconciled-4", amount={"N": "1"}):
        result = playbook("reconcile", *recent())
    assert result.code != 0
    assert "1 payments are not explained" in " ".join(result.output.split())
    assert found()[answer.body["id"]] == ("conflict", "")
    (total,) = report()["totals"]
    assert (total["balanced"], total["database"]["amount"] - total["known"]["amount"]) == (False, 1250 - 1)


def test_a_damaged_entry_is_a_difference_that_is_named(playbook, sandbox, recent):
    answer = Api(sandbox).pay("reconciled-5")
    assert answer.status == 201, answer
    with changed_entry(sandbox, "reconciled-5", amount={"S": "a lot"}):
        result = playbook("reconcile", "--check", *recent())
    assert result.code != 0
    assert "1 payments are not explained" in " ".join(result.output.split())
    cause, outcome = found()[answer.body["id"]]
    assert cause == "journal-damaged"
    assert outcome.endswith(": amount: missing, or not as a payment has it")


@contextlib.contextmanager
def changed_entry(sandbox, key, **changes):
    """Somebody has written into us-east-2's journal; it is as it was afterwards."""
    known = topology(sandbox)
    table = f"table-journal-{DR}-{known['environment']}-{known['environment_suffix']}"
    journal = sandbox.client("dynamodb", DR)
    wanted = {"TableName": table, "Key": {"idempotency_key": {"S": key}}}
    entry = eventually(lambda: journal.get_item(**wanted).get("Item"), f"the entry of {key}", REPAIR_SECONDS)
    journal.put_item(TableName=table, Item={**entry, **changes})
    try:
        yield
    finally:
        journal.put_item(TableName=table, Item=entry)

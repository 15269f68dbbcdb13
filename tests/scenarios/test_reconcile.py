"""reconcile.yml over a deployment: what the database lacks comes back as it was, and all else is explained."""

import csv
import json

import pytest

from .api import Api
from .conftest import ROOT, topology
from .looking import DR, PRIMARY, eventually, log_objects, rows

pytestmark = pytest.mark.usefixtures("by_hand")

REPORTS = ROOT / "build" / "reports"
#: Only what was paid just now: the tests before have left payments without a copy, on purpose.
RECENT = ["-e", "reconciliation_days=0.001"]


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
    # The outbox row of a payment goes after its answer.
    eventually(
        lambda: not rows(sandbox, PRIMARY, "SELECT 1 FROM outbox WHERE payment_id = CAST(:id AS uuid)", id=lost["id"])
    )
    rows(sandbox, PRIMARY, "DELETE FROM payments WHERE id = CAST(:id AS uuid)", id=lost["id"])
    return lost


def found() -> dict[str, tuple[str, str]]:
    """Cause and outcome by the ids of payments, from the report."""
    with (REPORTS / "reconcile.csv").open(newline="") as file:
        return {row["payment_id"]: (row["cause"], row["outcome"]) for row in csv.DictReader(file)}


def test_what_the_database_lacks_is_listed_replayed_and_then_there(playbook, sandbox, lost):
    api = Api(sandbox)
    listed = playbook("reconcile", "--check", *RECENT)
    assert listed.code == 0, listed.output
    assert found()[lost["id"]] == ("replayed-from-journal", "would be replayed")
    assert api.request("GET", f"/payments/{lost['id']}").status == 404

    replayed = playbook("reconcile", *RECENT)
    assert replayed.code == 0, replayed.output
    assert "1 replayed, 0 unexplained" in replayed.output
    assert found()[lost["id"]] == ("replayed-from-journal", "replayed")
    assert api.request("GET", f"/payments/{lost['id']}").body == lost
    assert api.pay("reconciled-0").body == lost
    report = json.loads((REPORTS / "reconcile.json").read_text())
    assert all(one["balanced"] for one in report["totals"])
    assert report["unread"] == {}

    again = playbook("reconcile", *RECENT)
    assert again.code == 0, again.output
    assert "0 replayed, 0 unexplained" in again.output


def test_what_nobody_can_explain_fails_and_is_named(playbook, sandbox, deployment):
    answer = Api(sandbox).pay("reconciled-4")
    assert answer.status == 201, answer
    table = f"table-journal-{DR}-{topology(sandbox)['environment']}-{topology(sandbox)['environment_suffix']}"
    journal, key = sandbox.client("dynamodb", DR), {"idempotency_key": {"S": "reconciled-4"}}
    entry = journal.get_item(TableName=table, Key=key)["Item"]
    journal.put_item(TableName=table, Item={**entry, "amount": {"N": "1"}})
    try:
        result = playbook("reconcile", *RECENT)
    finally:
        journal.put_item(TableName=table, Item=entry)
    assert result.code != 0
    assert "1 payments are not explained" in " ".join(result.output.split())
    assert found()[answer.body["id"]] == ("conflict", "")

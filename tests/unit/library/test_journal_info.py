"""How a region's journal and epoch are kept, against moto."""

import boto3
import journal_info
import pytest
from ansible.module_utils.payments_dr.epoch import Epoch, put
from moto import mock_aws

from tests.unit.library.running import calls, run, undocumented, writes
from tests.unit.module_utils.deployed import EAST, OHIO

JOURNAL, EPOCH = "table-journal-us-east-2-test-a1", "table-epoch-us-east-2-test-a1"
PARAMS = {"journal_table": JOURNAL, "epoch_table": EPOCH, "region": OHIO}
FIRST = Epoch(1, EAST, True, "terraform", "first deployment", "2026-11-22T12:00:00Z")


@pytest.fixture(autouse=True)
def dynamodb():
    with mock_aws():
        yield boto3.client("dynamodb", OHIO)


@pytest.fixture
def key():
    return boto3.client("kms", OHIO).create_key()["KeyMetadata"]["Arn"]


def create(dynamodb, name, attribute, **options):
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": attribute, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"}],
        **options,
    )


@pytest.fixture
def deployed(dynamodb, key):
    create(
        dynamodb,
        JOURNAL,
        "idempotency_key",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )
    create(dynamodb, EPOCH, "scope")
    dynamodb.update_time_to_live(
        TableName=JOURNAL, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    dynamodb.update_continuous_backups(
        TableName=JOURNAL, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    dynamodb.put_item(TableName=EPOCH, Item=FIRST.as_item())


def test_tables_and_epoch_are_told(deployed, key):
    with calls() as made:
        found = run(journal_info, PARAMS)
    assert found["journal_table"] == {
        "name": JOURNAL,
        "status": "ACTIVE",
        "kms_key_arn": key,
        "restorable": True,
        "expires_by": "expires",
    }
    bare = {"name": EPOCH, "status": "ACTIVE", "kms_key_arn": "", "restorable": False, "expires_by": ""}
    assert found["epoch_table"] == bare
    assert (found["epoch"]["number"], found["epoch"]["active"], found["epoch"]["replayed"]) == (1, EAST, True)
    assert (found["epoch_problem"], found["gates"]) == ("", {})
    assert set(writes(made)) == {"Scan"}
    assert undocumented(journal_info, found) == []


def test_gates_are_those_of_the_last_promotion(deployed, dynamodb):
    put(dynamodb, EPOCH, Epoch(2, OHIO, False, "anna", "outage", "2026-11-22T13:00:00Z"), expected=1)
    found = run(journal_info, PARAMS)
    assert (found["epoch"]["number"], found["epoch"]["replayed"]) == (2, False)
    assert len(found["gates"]) == 16
    assert set(found["gates"].values()) == {f"2 {OHIO}"}


def test_what_is_not_there_is_said():
    found = run(journal_info, PARAMS)
    assert (found["journal_table"], found["epoch_table"], found["epoch"]) == (None, None, None)
    assert found["epoch_problem"] == f"{EPOCH} does not exist"


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ({"scope": {"S": "another"}}, f"{EPOCH} has no item payments"),
        ({"scope": {"S": "payments"}, "epoch": {"N": "1"}}, "expected epoch (N), active (S) and replayed (BOOL)"),
    ],
)
def test_an_epoch_that_makes_no_sense_is_a_problem(dynamodb, item, problem):
    create(dynamodb, EPOCH, "scope")
    dynamodb.put_item(TableName=EPOCH, Item=item)
    assert problem in run(journal_info, PARAMS)["epoch_problem"]

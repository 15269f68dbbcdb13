"""What the journal stands on: transactions over two tables, which say why they failed and get in each other's way."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

JOURNAL, EPOCH = "table-journal-test", "table-epoch-test"


@pytest.fixture(scope="module")
def dynamodb(sandbox):
    client = sandbox.client("dynamodb", "us-east-2")
    for table, key in {JOURNAL: "idempotency_key", EPOCH: "scope"}.items():
        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        )
    yield client
    for table in (JOURNAL, EPOCH):
        client.delete_table(TableName=table)


@pytest.fixture(autouse=True)
def first_epoch(dynamodb):
    for scope in ("one", "other"):
        dynamodb.put_item(TableName=EPOCH, Item=epoch(scope, 1, "us-east-1"))


def epoch(scope, number, active):
    return {"scope": {"S": scope}, "epoch": {"N": str(number)}, "active": {"S": active}}


def transaction(key, *, scope="one", active="us-east-1"):
    check = {
        "TableName": EPOCH,
        "Key": {"scope": {"S": scope}},
        "ConditionExpression": "#active = :me",
        "ExpressionAttributeNames": {"#active": "active"},
        "ExpressionAttributeValues": {":me": {"S": active}},
    }
    return [{"ConditionCheck": check}, {"Put": {"TableName": JOURNAL, "Item": {"idempotency_key": {"S": key}}}}]


def reasons(dynamodb, key, **options):
    """Why each action of a transaction was not carried out; [] when all were."""
    try:
        dynamodb.transact_write_items(TransactItems=transaction(key, **options))
    except ClientError as error:
        assert error.response["Error"]["Code"] == "TransactionCanceledException"
        return [reason["Code"] for reason in error.response["CancellationReasons"]]
    return []


def found(dynamodb, key):
    return "Item" in dynamodb.get_item(TableName=JOURNAL, Key={"idempotency_key": {"S": key}}, ConsistentRead=True)


def together(work, *arguments):
    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(work, arguments))


def test_an_entry_goes_in_under_the_epoch_and_no_other(dynamodb):
    assert reasons(dynamodb, "under") == []
    assert reasons(dynamodb, "not-under", active="us-east-2") == ["ConditionalCheckFailed", "None"]
    assert found(dynamodb, "under")
    assert not found(dynamodb, "not-under")


def test_transactions_that_check_one_item_at_once_conflict(dynamodb):
    """And what conflicted was not done."""
    keys = [f"busy-{number}" for number in range(160)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = dict(zip(keys, pool.map(lambda key: reasons(dynamodb, key), keys), strict=True))
    conflicted = [key for key, codes in outcomes.items() if codes]
    assert conflicted
    assert {tuple(outcomes[key]) for key in conflicted} == {("TransactionConflict", "None")}
    assert [key for key in keys if not found(dynamodb, key)] == conflicted


def test_a_conflict_is_over_with_the_transaction(dynamodb):
    assert [reasons(dynamodb, f"after-{number}") for number in range(5)] == [[]] * 5


def test_other_items_are_in_nobodys_way(dynamodb):
    def pay(scope):
        return [code for number in range(40) for code in reasons(dynamodb, f"{scope}-{number}", scope=scope)]

    assert together(pay, "one", "other") == [[], []]


def test_a_single_write_conflicts_with_a_transaction_too(dynamodb):
    """A promotion's write of the epoch, while payments check it."""

    def pay(number):
        return [reasons(dynamodb, f"raising-{number}-{again}") for again in range(40)]

    def write(number):
        refused = 0
        for _ in range(40):
            try:
                dynamodb.put_item(TableName=EPOCH, Item=epoch("one", number, "us-east-1"))
            except dynamodb.exceptions.TransactionConflictException:
                refused += 1
        return refused

    with ThreadPoolExecutor(2) as pool:
        paying, writing = pool.submit(pay, 1), pool.submit(write, 2)
        assert writing.result() > 0
        assert all(codes in ([], ["TransactionConflict", "None"]) for codes in paying.result())


def test_what_makes_no_sense_is_refused_as_before(dynamodb):
    with pytest.raises(ClientError, match="ResourceNotFound"):
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "no-table", "Item": {"a": {"S": "b"}}}}])

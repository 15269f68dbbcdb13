"""The epoch, as recovery reads and raises it: DynamoDB by moto, and refusals that moto does not make."""

import dataclasses
import threading

import boto3
import moto
import pytest
from ansible.module_utils.payments_dr import epoch as epochs
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.epoch import GATES, SCOPE, Epoch, EpochError, EpochTaken, next_epoch
from botocore.exceptions import ClientError, ConnectTimeoutError

VIRGINIA, OHIO = "us-east-1", "us-east-2"
FIRST = Epoch(1, VIRGINIA, True, "terraform", "first deployment", "2026-11-22T10:00:00Z")


@pytest.fixture
def dynamodb(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with moto.mock_aws():
        client = boto3.client("dynamodb", region_name=OHIO)
        client.create_table(
            TableName="epoch", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "scope", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "scope", "AttributeType": "S"}],
        )  # fmt: skip
        client.put_item(TableName="epoch", Item=FIRST.as_item())
        yield client


def after(known, active=OHIO, **changes):
    said = {"replayed": False, "by": "anna", "why": "us-east-1 is dark", "at": "1970-01-01T00:00:00Z"}
    return next_epoch(known, active, **said | changes)


def gates(client):
    items = {item["scope"]["S"]: item for item in client.scan(TableName="epoch")["Items"]}
    return {name: (int(item["epoch"]["N"]), item["active"]["S"]) for name, item in items.items() if name != SCOPE}


def test_an_epoch_comes_back_as_it_was_put(dynamodb):
    assert epochs.read(dynamodb, "epoch") == FIRST
    new = after([FIRST])
    epochs.put(dynamodb, "epoch", new, FIRST.number)
    assert epochs.read(dynamodb, "epoch") == new == Epoch(2, OHIO, False, "anna", "us-east-1 is dark", new.at)


def test_a_new_epoch_is_above_every_one_that_is_known():
    assert after([FIRST, dataclasses.replace(FIRST, number=7)]).number == 8


def test_a_new_epoch_is_above_those_that_began_before_it_though_nobody_was_told():
    untold = after([FIRST], at="2026-11-22T10:05:00.900Z").number
    assert untold < after([FIRST], VIRGINIA, at="2026-11-22T10:05:01Z").number


def test_every_gate_is_closed_with_it(dynamodb):
    assert gates(dynamodb) == {}
    epochs.put(dynamodb, "epoch", after([FIRST]), 1)
    assert gates(dynamodb) == dict.fromkeys(GATES, (2, OHIO)) and len(GATES) == 16


def test_who_comes_second_is_told_and_changes_nothing(dynamodb):
    epochs.put(dynamodb, "epoch", after([FIRST]), 1)
    with pytest.raises(EpochTaken, match="table epoch in us-east-2: the epoch is no longer 1"):
        epochs.put(dynamodb, "epoch", after([FIRST], VIRGINIA), 1)
    assert epochs.read(dynamodb, "epoch").active == OHIO and set(gates(dynamodb).values()) == {(2, OHIO)}


def test_the_same_number_may_be_marked_as_replayed(dynamodb):
    epochs.put(dynamodb, "epoch", dataclasses.replace(FIRST, replayed=False), 1)
    assert not epochs.read(dynamodb, "epoch").replayed


def test_a_table_without_the_item_names_the_mend(dynamodb):
    dynamodb.delete_item(TableName="epoch", Key={"scope": {"S": SCOPE}})
    with pytest.raises(EpochError, match=r"table epoch in us-east-2: no item payments: run deploy\.yml"):
        epochs.read(dynamodb, "epoch")
    with pytest.raises(EpochTaken):
        epochs.put(dynamodb, "epoch", after([FIRST]), 1)


@pytest.mark.parametrize("name", ["epoch", "active", "replayed"])
def test_an_item_that_is_no_epoch_names_the_field(dynamodb, name):
    item = FIRST.as_item()
    del item[name]
    dynamodb.put_item(TableName="epoch", Item=item)
    with pytest.raises(EpochError, match=name):
        epochs.read(dynamodb, "epoch")


def test_a_table_that_is_not_there_is_a_failure_of_aws(dynamodb):
    with pytest.raises(AwsFailure, match="read the epoch in none in us-east-2") as caught:
        epochs.read(dynamodb, "none")
    assert not caught.value.unreachable
    with pytest.raises(AwsFailure, match="raise the epoch in none in us-east-2"):
        epochs.put(dynamodb, "none", after([FIRST]), 1)


class Client:
    """Refuses as it is told, in turn, and then takes everything."""

    def __init__(self, real, *refusals):
        self.meta, self.exceptions, self._real = real.meta, real.exceptions, real
        self.refusals, self.asked = list(refusals), 0

    def transact_write_items(self, TransactItems):  # noqa: N803
        self.asked += 1
        if not self.refusals:
            return self._real.transact_write_items(TransactItems=TransactItems)
        codes = self.refusals.pop(0)
        if isinstance(codes, Exception):
            raise codes
        answer = {"Error": {"Code": "TransactionCanceledException", "Message": "canceled"}}
        reasons = [{"Code": code} for code in codes]
        raise self.exceptions.TransactionCanceledException(
            answer | {"CancellationReasons": reasons}, "TransactWriteItems"
        )


def test_payments_in_the_way_are_waited_for(dynamodb):
    busy = ["None", "TransactionConflict", *["None"] * 15]
    client = Client(dynamodb, busy, busy, busy)
    epochs.put(client, "epoch", after([FIRST]), 1)
    assert client.asked == 4 and epochs.read(dynamodb, "epoch").number == 2


def test_crowds_of_payments_are_waited_for_with_pauses_that_stay_short(dynamodb, monkeypatch):
    pauses = []
    monkeypatch.setattr(epochs.time, "sleep", pauses.append)
    monkeypatch.setattr(epochs.random, "uniform", lambda least, most: most)
    busy = [*["None"] * 9, "TransactionConflict", *["None"] * 7]
    client = Client(dynamodb, *[busy] * 39)
    epochs.put(client, "epoch", after([FIRST]), 1)
    assert client.asked == 40 and set(gates(dynamodb).values()) == {(2, OHIO)}
    assert pauses[:4] == [0.02, 0.04, 0.08, 0.08] and max(pauses) == 0.08 and sum(pauses) < 3.2


def test_payments_that_are_always_in_the_way_are_a_failure(dynamodb, monkeypatch):
    monkeypatch.setattr(epochs, "LONGEST_PAUSE", 0.001)
    client = Client(dynamodb, *[["TransactionConflict"]] * epochs.ATTEMPTS)
    with pytest.raises(AwsFailure, match="payments were in the way") as caught:
        epochs.put(client, "epoch", after([FIRST]), 1)
    assert caught.value.code == "TransactionConflict" and client.asked == epochs.ATTEMPTS


@pytest.mark.parametrize("codes", [["ThrottlingError", "None"], []])
def test_any_other_reason_is_a_failure_that_says_it(dynamodb, codes):
    with pytest.raises(AwsFailure, match="ThrottlingError" if codes else "unknown"):
        epochs.put(Client(dynamodb, codes), "epoch", after([FIRST]), 1)


@pytest.mark.parametrize(
    ("error", "unreachable"),
    [(ConnectTimeoutError(endpoint_url="https://dynamodb"), True),
     (ClientError({"Error": {"Code": "AccessDeniedException"}}, "TransactWriteItems"), False)],
)  # fmt: skip
def test_a_region_that_is_silent_is_told_from_one_that_refuses(dynamodb, error, unreachable):
    with pytest.raises(AwsFailure, match="raise the epoch") as caught:
        epochs.put(Client(dynamodb, error), "epoch", after([FIRST]), 1)
    assert caught.value.unreachable is unreachable


def test_of_two_who_raise_it_at_once_one_does(dynamodb):
    start, ended, lock = threading.Barrier(2), [], threading.Lock()

    class InTurn:
        """moto's transactions are not isolated from one another."""

        meta, exceptions = dynamodb.meta, dynamodb.exceptions

        def transact_write_items(self, **given):
            with lock:
                return dynamodb.transact_write_items(**given)

    def promote(region):
        start.wait(10)
        try:
            epochs.put(InTurn(), "epoch", after([FIRST], region), 1)
            ended.append(region)
        except EpochTaken:
            ended.append("")

    threads = [threading.Thread(target=promote, args=[region]) for region in (VIRGINIA, OHIO)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert "" in ended and epochs.read(dynamodb, "epoch").active in ended

"""What cannot be read as a payment is a difference of its own, by name; everything else is reconciled meanwhile."""

import uuid

import pytest
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.reconciliation_report import balance
from ansible.module_utils.payments_dr.reconciliation_rows import milliseconds
from ansible.module_utils.payments_dr.reconciliation_sources import object_key
from botocore.exceptions import ClientError

from tests.unit.module_utils import reconciling
from tests.unit.module_utils.deployed import EAST, OHIO, place
from tests.unit.module_utils.reconciling import NOW, PROMOTED, old_ledger, payment

UNREADABLE = "missing, or not as a payment has it"
#: What an entry may have become, and the field that is named. The second half is found when it is to be replayed.
DAMAGES = [
    ({"amount": {"S": "a lot"}}, "amount"),
    ({"amount": {"BOOL": True}}, "amount"),
    ({"amount": {"N": "-5"}}, "amount"),
    ({"amount": {"N": "9" * 30}}, "amount"),
    ({"amount": None}, "amount"),
    ({"currency": {"S": "euros"}}, "currency"),
    ({"currency": None}, "currency"),
    ({"region": {"L": []}}, "region"),
    ({"fingerprint": {"S": "00"}}, "fingerprint"),
    ({"created_at": {"S": "yesterday"}}, "created_at"),
    ({"created_at": {"S": "9999-12-31T23:59:59-12:00"}}, "created_at"),
    ({"reference": None}, "reference"),
    ({"reference": {"S": "x" * 65}}, "reference"),
    ({"reference": {"S": "a\0b"}}, "reference"),
    ({"status": {"S": "settled"}}, "status"),
    ({"metadata": None}, "metadata"),
    ({"metadata": {"S": "{"}}, "metadata"),
    ({"metadata": {"S": "null"}}, "metadata"),
    ({"metadata": {"S": "[" * 100_000}}, "metadata"),
    ({"metadata": {"S": '{"shop": NaN}'}}, "metadata"),
    ({"metadata": {"S": '{"shop": "\\u0000"}'}}, "metadata"),
]


@pytest.fixture
def world(tmp_path):
    with reconciling.world(tmp_path) as made:
        yield made


def damage(world, one, where=OHIO, **changes):
    """Somebody, or another release, has changed the entry of a payment; None takes a field out."""
    world.keep(one, "journal" if where == OHIO else "peer-journal")
    dynamodb, table = world.boto("dynamodb", where), world.journal(where)
    item = dynamodb.get_item(TableName=table, Key={"idempotency_key": {"S": one["idempotency_key"]}})["Item"]
    item = {name: value for name, value in {**item, **changes}.items() if value is not None}
    dynamodb.put_item(TableName=table, Item=item)
    return one


def object_of(one):
    return object_key(uuid.UUID(one["id"]).bytes, milliseconds(one["created_at"]))


def overwrite(world, key, body, **given):
    for region in (EAST, OHIO):
        world.boto("s3", region).put_object(Bucket=place(region)["bucket"], Key=key, Body=body, **given)


@pytest.mark.parametrize("changing", [False, True])
@pytest.mark.parametrize(("changes", "field"), DAMAGES)
def test_a_damaged_entry_is_told_and_all_others_are_replayed(world, changes, field, changing):
    one = damage(world, payment(ago=900), **changes)
    lost = [world.keep(payment(ago=ago), "journal") for ago in (1000, 800)]
    found, done = world.causes(changing=changing)
    assert found[one["id"]] == ("journal-damaged", f"{world.journal(OHIO)}: {field}: {UNREADABLE}")
    assert {found[other["id"]][0] for other in lost} == {"replayed-from-journal"}
    assert list(world.function.rows) == ([other["id"] for other in lost] if changing else [])
    assert (done.explained, done.marked, world.epoch().replayed) == (False, False, False)


def test_nothing_is_made_up_for_what_is_known_of_a_damaged_entry(world):
    damage(world, payment(amount=20), currency={"S": "?"})
    damage(world, payment(currency="JPY"), amount={"S": "?"})
    with world.reconciled() as (_, table):
        rows = [row for page in table.differences() for row in page]
        assert {(row["amount"], row["currency"]) for row in rows} == {(20, None), (None, "JPY")}
        totals = {one["currency"]: (one["known"], one["open"], one["balanced"]) for one in balance(table.sums())}
        nothing, twenty = {"count": 1, "amount": 0}, {"count": 1, "amount": 20}
        assert totals == {"": (twenty, twenty, True), "JPY": (nothing, nothing, True)}


def test_once_the_entry_is_put_back_it_is_replayed_and_the_journal_counts_as_replayed(world):
    one = damage(world, payment(), amount={"S": "?"})
    world.causes()
    world.keep(one, "journal")
    found, done = world.causes()
    assert found == {one["id"]: ("replayed-from-journal", "replayed")}
    assert done.explained
    assert world.epoch().replayed


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", [{"amount": None}, {"id": None}, {"id": {"S": "?"}}, {"reference": None}])
def test_a_damaged_entry_whose_log_object_is_left_waits_for_a_person(world, strict, name):
    """The object says what may have been paid; the entry, that it was acknowledged."""
    one = damage(world, world.keep(payment(), "log", "peer-log"), **name)
    with world.reconciled(strict=strict) as (done, table):
        ((row,),) = table.differences()
        assert (row["id"], row["cause"]) == (uuid.UUID(one["id"]).bytes, "journal-damaged")
        assert (row["amount"], row["currency"]) == (1250, "EUR")
        assert row["seen"] == 0b11010, "journal, log, peer-log"
        assert not done.marked
    assert world.function.rows == {}


@pytest.mark.parametrize("region", [EAST, OHIO])
@pytest.mark.parametrize("changes", [{"id": {"S": "x"}}, {"id": None}, {"created_at": None}, {"currency": None}])
def test_a_damaged_entry_of_what_the_database_has_is_one_difference_and_no_loss(world, changes, region):
    one = payment(ago=400, region=OHIO if region == EAST else EAST)
    world.keep(one, "database", "log", "peer-log")
    damage(world, one, region, **changes)
    with world.reconciled() as (done, table):
        ((row,),) = table.differences()
        assert (row["id"], row["cause"]) == (uuid.UUID(one["id"]).bytes, "journal-damaged")
        (total,) = balance(table.sums())
        assert (total["known"], total["balanced"]) == ({"count": 1, "amount": 1250}, True)
        assert (done.explained, done.marked) == (False, False)


def test_an_entry_that_names_no_payment_is_told_with_what_it_says(world):
    one = damage(world, payment(amount=7), id={"N": "5"})
    with world.reconciled() as (_, table):
        ((row,),) = table.differences()
        assert (row["key"], row["amount"], row["currency"]) == (one["idempotency_key"], 7, "EUR")
        assert row["cause"] == "journal-damaged"
        assert row["damage"].startswith(f"{world.journal(OHIO)}: id: ")


def test_an_entry_that_is_older_than_asked_for_is_left_alone_damaged_or_not(world):
    day = 86_400
    damage(world, payment(ago=35 * day), amount=None)
    damage(world, payment(ago=35 * day), created_at=None)
    timeless = damage(world, payment(ago=35 * day), created_at=None, id=None)
    young = damage(world, payment(ago=33 * day), created_at=None)
    with world.reconciled() as (_, table):
        rows = [row for page in table.differences() for row in page]
        assert {row["key"] for row in rows} == {one["idempotency_key"] for one in (timeless, young)}


def test_an_entry_that_is_damaged_while_it_is_read_is_told(world):
    """It was not there when the journal was read: it is found when it is looked for by its key."""
    one = world.keep(payment(ago=400, region=OHIO), "database", "log", "peer-log")

    def damaged_meanwhile(event, ledger=world.function.ledger):
        damage(world, one, EAST, amount=None)
        return ledger(event)

    world.function.ledger = damaged_meanwhile
    found, done = world.causes()
    assert found == {one["id"]: ("journal-damaged", f"{world.journal(EAST)}: amount: {UNREADABLE}")}
    assert not done.explained


@pytest.mark.parametrize(
    ("whole", "damaged", "told"),
    [
        ("{", "", f"id: {UNREADABLE}"),
        ("{", "[" * 100_000, f"id: {UNREADABLE}"),
        ('"amount": 1250', '"amount": 1.5', f"amount: {UNREADABLE}"),
        ('"amount": 1250', '"amount": true', f"amount: {UNREADABLE}"),
        ('"EUR"', '"\\ud800"', f"currency: {UNREADABLE}"),
        ('"id": "', '"id": "f', f"id: {UNREADABLE}"),
        ('"id": "01', '"id": "02', "id: another payment's"),
    ],
)
@pytest.mark.parametrize("changing", [False, True])
def test_an_object_whose_body_is_no_payment_is_told_and_all_others_are_replayed(world, whole, damaged, told, changing):
    one, lost = world.keep(payment(), "log", "peer-log"), world.keep(payment(), "log", "peer-log")
    bucket, key = place(OHIO)["bucket"], object_of(one)
    found = world.boto("s3", OHIO).get_object(Bucket=bucket, Key=key)
    body = found["Body"].read().decode()
    assert whole in body
    overwrite(world, key, body.replace(whole, damaged).encode(), Metadata=found["Metadata"])
    found, done = world.causes(changing=changing)
    assert found[one["id"]] == ("log-damaged", f"{bucket}: {key}: {told}")
    assert found[lost["id"]][0] == "replayed-from-log"
    assert list(world.function.rows) == ([lost["id"]] if changing else [])
    assert (done.explained, world.epoch().replayed) == (False, False)


def test_an_object_that_lacks_what_only_a_replay_needs_is_told(world):
    one = world.keep({**payment(), "reference": None}, "log", "peer-log")
    found, done = world.causes()
    told = f"{place(OHIO)['bucket']}: {object_of(one)}: reference: {UNREADABLE}"
    assert found == {one["id"]: ("log-damaged", told)}
    assert not done.explained


@pytest.mark.parametrize("name", ["2026/11/22/x.json", "2026/13/22/0199f0a1-0000-4000-8000-000000000000.json", ""])
def test_an_object_that_is_no_payments_is_told_once_and_all_others_are_replayed(world, name):
    key = f"transactions/{name or '2026/11/22/'}"
    overwrite(world, key, b"")
    world.boto("s3", OHIO).put_object(Bucket=place(OHIO)["bucket"], Key="verification/probe-1", Body=b"")
    lost = world.keep(payment(), "log", "peer-log")
    with world.reconciled() as (done, table):
        told = {row["damage"].partition(": ")[2]: row["cause"] for page in table.differences() for row in page}
        assert told == {"": "replayed-from-log", f"{key} is no payment's object: who put it there?": "log-damaged"}
        assert not done.explained
    assert list(world.function.rows) == [lost["id"]]


def test_an_object_that_s3_does_not_hand_out_is_told_and_all_others_are_replayed(world):
    """Somebody has archived the one; the other has gone since the bucket was listed."""
    archived, gone, lost = (world.keep(payment(), "log") for _ in range(3))
    bucket, s3 = place(OHIO)["bucket"], world.boto("s3", OHIO)
    overwritten = {"Bucket": bucket, "Key": object_of(archived)}
    s3.put_object(**overwritten, Body=b"{}", StorageClass="GLACIER")

    def removed_meanwhile(event, ledger=world.function.ledger):
        s3.delete_object(Bucket=bucket, Key=object_of(gone))
        return ledger(event)

    world.function.ledger = removed_meanwhile
    found, done = world.causes()
    assert found == {
        archived["id"]: ("log-damaged", f"{bucket}: {object_of(archived)}: InvalidObjectState"),
        gone["id"]: ("log-damaged", f"{bucket}: {object_of(gone)}: NoSuchKey"),
        lost["id"]: ("replayed-from-log", "replayed"),
    }
    assert not done.explained


def test_a_bucket_that_refuses_stops_it(world, monkeypatch):
    """A role that may not read is nothing that was damaged."""

    def denied(**_):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")

    world.keep(payment(), "log")
    monkeypatch.setattr(world.boto("s3", OHIO), "get_object", denied)
    with pytest.raises(AwsFailure, match="AccessDenied"):
        world.causes()


def test_a_payment_that_another_source_has_whole_does_not_need_its_object(world):
    journaled, kept = world.keep(payment(), "journal", "log"), world.keep(payment(), "log", "peer-log")
    for one in (journaled, kept):
        overwrite(world, object_of(one), b"{")
    found, done = world.causes(old_ledger=old_ledger(world, kept))
    assert found == {
        journaled["id"]: ("replayed-from-journal", "replayed"),
        kept["id"]: ("replayed-from-log", "replayed"),
    }
    assert done.explained


def test_a_page_of_damaged_entries_asks_the_function_for_nothing(world):
    for _ in range(3):
        damage(world, payment(), reference=None)
    world.causes()
    assert "replay" not in {event["action"] for event in world.function.asked}


def test_a_whole_journal_of_another_release_is_told_entry_by_entry(world, monkeypatch):
    monkeypatch.setattr("ansible.module_utils.payments_dr.reconciliation_mend.BATCH", 2)
    several = [damage(world, payment(ago=NOW - PROMOTED + number), status={"S": "v2"}) for number in range(1, 6)]
    found, done = world.causes()
    assert {cause for cause, _ in found.values()} == {"journal-damaged"}
    assert found.keys() == {one["id"] for one in several}
    assert not done.marked

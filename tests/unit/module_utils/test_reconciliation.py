"""Every difference has a cause, what is proved is replayed once, and nothing else is."""

import json
import threading
import time

import pytest
from ansible.module_utils.payments_dr import reconciliation_sources as sources
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.epoch import Epoch
from ansible.module_utils.payments_dr.reconciliation_rows import SourceError
from ansible.module_utils.payments_dr.reconciliation_run import SEGMENTS, RolesDisagreeError
from ansible.module_utils.payments_dr.waiters import timestamp

from tests.unit.module_utils import reconciling
from tests.unit.module_utils.deployed import EAST, OHIO, place
from tests.unit.module_utils.reconciling import NOW, PROMOTED, old_ledger, payment


@pytest.fixture
def world(tmp_path):
    with reconciling.world(tmp_path) as made:
        yield made


def since_the_failover(**given):
    return payment(ago=NOW - PROMOTED - 120, region=OHIO, **given)


def test_what_is_everywhere_is_no_difference_and_the_journal_counts_as_replayed(world):
    world.everywhere(payment(), since_the_failover())
    found, done = world.causes()
    assert (found, done.explained, done.inserted) == ({}, True, 0)
    assert world.epoch().replayed
    assert world.epoch().at == timestamp(PROMOTED)


def test_what_the_journal_has_and_the_database_lacks_is_replayed_as_it_stands_in_the_order_it_was_made(world):
    # Two functions' clocks: the ids are not in the order of the times.
    lost = [world.keep(payment(ago=ago, skew=skew), "journal") for ago, skew in ((700, 300), (900, 0), (800, 0))]
    found, done = world.causes()
    assert found == {one["id"]: ("replayed-from-journal", "replayed") for one in lost}
    assert list(world.function.rows.values()) == [lost[1], lost[2], lost[0]]
    assert done.explained
    assert world.epoch().replayed


def test_a_second_run_finds_nothing_left_to_replay(world):
    world.keep(payment(), "journal", "log", "peer-log")
    world.causes()
    found, done = world.causes()
    assert (found, done.inserted) == ({}, 0)


def test_a_dry_run_says_what_would_be_replayed_and_asks_for_reading_only(world):
    lost = world.keep(payment(), "journal")
    world.keep(payment(), "database", "log", "peer-log", journaled=False)
    found, done = world.causes(changing=False)
    assert found[lost["id"]] == ("replayed-from-journal", "would be replayed")
    assert {event["action"] for event in world.function.asked} == {"ledger"}
    assert (done.inserted, done.marked, world.epoch().replayed) == (0, False, False)


def test_a_log_object_that_is_left_of_a_payment_is_replayed_under_its_own_key(world):
    lost = world.keep(payment(), "log", "peer-log")
    found, _ = world.causes()
    assert found == {lost["id"]: ("replayed-from-log", "replayed")}
    assert world.function.rows[lost["id"]] == lost


def test_a_log_object_that_does_not_say_its_key_is_left_to_a_person_until_the_old_volume_does(world):
    lost = world.keep(payment(), "log", "peer-log", known=False)
    found, done = world.causes()
    assert found == {lost["id"]: ("logged-only", "")}
    assert not done.explained
    assert not world.epoch().replayed
    found, done = world.causes(old_ledger=old_ledger(world, lost))
    assert found == {lost["id"]: ("replayed-from-log", "replayed")}
    assert done.explained


@pytest.mark.parametrize(
    ("unproven", "cause", "explained"),
    [("ask", "unproven", False), ("replay", "replayed-from-old-ledger", True), ("leave", "left-out", True)],
)
def test_what_is_in_the_old_volume_only_is_a_persons_decision(world, unproven, cause, explained):
    lost = payment()
    found, done = world.causes(old_ledger=old_ledger(world, lost), unproven=unproven)
    assert (found[lost["id"]][0], done.explained) == (cause, explained)
    assert (lost["id"] in world.function.rows) is (unproven == "replay")
    if unproven == "replay":
        assert json.loads(world.function.rows[lost["id"]]["metadata"]) == {"shop": "1"}


def test_with_strict_durability_what_is_in_no_journal_was_never_acknowledged(world):
    one, other = payment(), world.keep(payment(), "log", "peer-log")
    found, done = world.causes(old_ledger=old_ledger(world, one), strict=True)
    assert found == {one["id"]: ("never-acknowledged", ""), other["id"]: ("never-acknowledged", "")}
    assert done.explained
    assert world.function.rows == {}


def test_what_the_old_region_took_after_the_promotion_was_refused_there(world):
    late = world.keep(payment(ago=NOW - PROMOTED - 90), "log", "peer-log")
    doubtful = world.keep(payment(ago=NOW - PROMOTED - 30), "log", "peer-log")
    found, _ = world.causes()
    assert found == {late["id"]: ("refused", ""), doubtful["id"]: ("replayed-from-log", "replayed")}


def test_what_the_new_region_took_since_the_promotion_was_not_refused_there(world):
    """As when its database is restored from a backup."""
    one = world.keep(since_the_failover(), "log", "peer-log")
    assert world.causes()[0] == {one["id"]: ("replayed-from-log", "replayed")}


def test_a_payment_that_the_client_sent_again_is_charged_once(world):
    again = since_the_failover(key="order-1")
    world.everywhere(again)
    first = payment(key="order-1")
    found, done = world.causes(old_ledger=old_ledger(world, first))
    assert found == {first["id"]: ("retried", "")}
    assert done.explained
    assert list(world.function.rows) == [again["id"]]


@pytest.mark.parametrize(("places", "amount"), [(["journal"], 1250), (["journal"], 1), ([], 1)])
def test_another_payment_under_the_same_key_is_never_replayed(world, places, amount):
    """Also the same order again, if the first was journaled: it may have been acknowledged, under another id."""
    world.everywhere(since_the_failover(key="order-1", amount=amount))
    first = world.keep(payment(key="order-1"), *places)
    found, done = world.causes(old_ledger=old_ledger(world, first))
    assert found[first["id"]][0] == "conflict"
    assert not done.explained
    assert first["id"] not in world.function.rows


def test_sources_that_contradict_each_other_are_a_conflict(world):
    one = payment()
    world.everywhere(one)
    world.keep({**one, "amount": 1}, "journal")
    found, done = world.causes()
    assert (found, done.explained) == ({one["id"]: ("conflict", "")}, False)


def test_what_is_still_to_be_written_is_repaired_at_once(world):
    away = world.keep(since_the_failover(), "database", "log", "peer-log", journaled=False)
    unlogged = world.keep(since_the_failover(), "database", "peer-journal", logged=False)
    found, done = world.causes()
    through = "the function's repair is through"
    assert found == {away["id"]: ("journal-repaired", through), unlogged["id"]: ("log-repaired", through)}
    assert done.explained


def test_a_repair_that_does_not_get_on_is_left_to_the_schedule(world):
    one = world.keep(since_the_failover(), "database", "log", "peer-log", journaled=False)
    world.function.repair = lambda _: {"status": "incomplete", "pending": 0, "unjournaled": 1}
    found, _ = world.causes()
    assert found == {one["id"]: ("journal-repaired", "waits for the function's repair")}


def test_what_somebody_removed_is_told(world):
    unjournaled = world.keep(payment(), "database", "log", "peer-log")
    unlogged = world.keep(payment(), "database", "journal")
    found, done = world.causes()
    assert found == {unjournaled["id"]: ("journal-missing", ""), unlogged["id"]: ("log-missing", "")}
    assert not done.explained


def test_what_is_made_while_it_is_read_is_in_flight(world):
    one = world.keep(payment(ago=5, region=OHIO), "database", journaled=False, logged=False)
    found, done = world.causes()
    assert (found, done.explained) == ({one["id"]: ("in-flight", "")}, True)


def test_what_was_finished_after_it_was_read_is_no_difference(world):
    """Journal and buckets are read first; until the database is read, a repair may have written both."""
    one = world.keep(since_the_failover(), "database")

    def repaired_meanwhile(event, ledger=world.function.ledger):
        world.keep(one, "peer-journal", "log", "peer-log")
        return ledger(event)

    world.function.ledger = repaired_meanwhile
    assert world.causes()[0] == {}


@pytest.mark.parametrize(("status", "cause"), [("FAILED", "log-not-replicated"), ("PENDING", "log-on-its-way")])
def test_an_object_in_one_bucket_is_on_its_way_unless_s3_has_given_up(world, monkeypatch, status, cause):
    one = world.keep(since_the_failover(), "database", "peer-journal", "log")
    look = sources.replication_status
    monkeypatch.setattr(
        "ansible.module_utils.payments_dr.reconciliation_mend.replication_status",
        lambda s3, bucket, key: look(s3, bucket, key) if bucket != place(OHIO)["bucket"] else status,
    )
    found, done = world.causes()
    assert found == {one["id"]: (cause, "")}
    assert done.explained is (status == "PENDING")


@pytest.mark.parametrize("signed_in", [True, False])
def test_with_the_other_region_dark_the_journal_here_is_replayed_and_nothing_is_claimed_of_what_is_there(
    world, signed_in
):
    world.dark.add(EAST)
    world.signed_in = signed_in
    lost = world.keep(payment(), "journal")
    world.keep(payment(), "database", "journal")  # its object may be in the bucket that cannot be read
    world.keep(since_the_failover(), "database", "log")  # its entry may be in the journal that cannot
    away = world.keep(since_the_failover(), "database", "log", journaled=False)
    found, done = world.causes()
    assert found[lost["id"]] == ("replayed-from-journal", "replayed")
    assert {name: cause for name, (cause, _) in found.items()}.keys() == {lost["id"], away["id"]}
    assert set(done.unread) == {"peer-journal", "peer-log"}
    assert done.explained
    assert world.epoch().replayed


def test_without_the_journal_here_nothing_is_reconciled(world):
    world.dark.add(OHIO)
    with pytest.raises(AwsFailure, match="nobody answers"):
        world.causes()


def test_a_journal_that_went_silent_midway_is_not_read(world, monkeypatch):
    def silent(dynamodb, table, since, segment, segments):
        yield []
        if table == world.journal(OHIO):
            raise AwsFailure("Could not scan: nobody answers", "ReadTimeout", True)

    monkeypatch.setattr(sources, "journal", silent)
    with pytest.raises(AwsFailure, match="nobody answers"):
        world.causes()
    assert world.function.asked == []


def test_a_refusal_of_the_other_region_is_no_darkness(world, monkeypatch):
    def refused(dynamodb, table, since, segment, segments):
        if table == world.journal(EAST):
            raise AwsFailure("Could not scan: AccessDenied", "AccessDeniedException")
        yield []

    monkeypatch.setattr(sources, "journal", refused)
    with pytest.raises(AwsFailure, match="AccessDenied"):
        world.causes()


def test_what_is_older_than_asked_for_is_left_alone_in_every_source(world):
    day, hour = 86_400, 3600
    for places in (["journal"], ["database"], ["log"]):
        world.keep(payment(ago=35 * day), *places)
        world.keep(payment(ago=34 * day + hour), *places)
    young = world.keep(payment(ago=34 * day - hour), "journal")
    # Its id was made by a clock that was behind.
    world.everywhere(payment(ago=34 * day - 60, skew=120))
    found, _ = world.causes()
    assert list(found) == [young["id"]]


def test_journals_are_read_with_strong_consistency(world, monkeypatch):
    asked = []
    for region in (EAST, OHIO):
        dynamodb = world.boto("dynamodb", region)
        monkeypatch.setattr(dynamodb, "scan", lambda scan=dynamodb.scan, **given: asked.append(given) or scan(**given))
    world.causes()
    assert len(asked) == 2 * SEGMENTS
    assert all(given["ConsistentRead"] is True for given in asked)
    assert {given["Segment"] for given in asked} == set(range(SEGMENTS))


def test_entries_that_a_busy_table_leaves_out_are_asked_for_again(world, monkeypatch):
    lost = [world.keep(payment(), "journal") for _ in range(3)]
    dynamodb = world.boto("dynamodb", OHIO)

    def busy(RequestItems, batch_get_item=dynamodb.batch_get_item):  # noqa: N803 - boto3's name
        ((table, wanted),) = RequestItems.items()
        answer = batch_get_item(RequestItems={table: {**wanted, "Keys": wanted["Keys"][:1]}})
        rest = wanted["Keys"][1:]
        return {**answer, "UnprocessedKeys": {table: {**wanted, "Keys": rest}} if rest else {}}

    monkeypatch.setattr(dynamodb, "batch_get_item", busy)
    world.causes()
    assert world.function.rows.keys() == {one["id"] for one in lost}


def test_an_entry_that_changes_while_it_is_reconciled_is_not_replayed(world):
    lost = world.keep(payment(), "journal")
    ledger = world.function.ledger

    def changed_meanwhile(event):
        world.keep({**lost, "fingerprint": "00" * 32}, "journal")
        return ledger(event)

    world.function.ledger = changed_meanwhile
    with pytest.raises(SourceError, match=f"{lost['id']} has changed while it was reconciled"):
        world.causes()
    assert world.function.rows == {}


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ([], "expected an outcome for each of 1 entries"),
        ([{"id": "another", "outcome": "inserted"}], "expected an outcome for each of 1 entries"),
        ([{"id": "", "outcome": "eaten"}], "knows an outcome that we do not: 'eaten'"),
        (None, "it said standby"),
    ],
)
def test_an_answer_that_is_not_about_what_was_asked_is_an_error(world, outcomes, told):
    lost = world.keep(payment(), "journal")
    answer = [{**one, "id": one["id"] or lost["id"]} for one in outcomes] if outcomes is not None else None
    world.function.replay = lambda _: {"status": "standby", "outcomes": answer}
    with pytest.raises(SourceError, match=told):
        world.causes()
    assert not world.epoch().replayed


def test_an_object_that_s3_has_replicated_by_now_is_in_both_buckets(world, monkeypatch):
    world.keep(since_the_failover(), "database", "peer-journal", "log")
    monkeypatch.setattr(
        "ansible.module_utils.payments_dr.reconciliation_mend.replication_status",
        lambda s3, bucket, key: "COMPLETED" if bucket == place(OHIO)["bucket"] else None,
    )
    assert world.causes()[0] == {}


def test_totals_that_do_not_balance_are_not_explained(world, monkeypatch):
    """A payment that the database lacks and that got no cause must not go unnoticed."""
    world.keep(payment(), "journal")
    monkeypatch.setattr("ansible.module_utils.payments_dr.reconciliation_run.cause_of", lambda case, now: None)
    _, done = world.causes()
    assert not done.explained
    assert not world.epoch().replayed


def test_readers_end_when_one_of_them_fails(world, monkeypatch):
    def endless(*_):
        while True:
            yield []

    def broken(*_):
        yield from ()
        raise SourceError("no payment")

    monkeypatch.setattr(sources, "objects", endless)
    monkeypatch.setattr(sources, "journal", broken)
    before = threading.active_count()
    with pytest.raises(SourceError):
        world.causes()
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before


def test_an_epoch_of_another_region_stops_it_before_anything_is_read(world):
    world.epoch(Epoch(3, EAST, True, "anna", "switchover", timestamp(PROMOTED)))
    with pytest.raises(RolesDisagreeError, match="writer is in us-east-2, and the epoch there names us-east-1"):
        world.causes()
    assert world.function.asked == []


def test_pages_that_are_too_large_are_asked_for_in_smaller_ones(world, monkeypatch):
    monkeypatch.setattr(sources, "LEDGER_PAGE", 8)
    world.everywhere(*(payment() for _ in range(20)))
    world.function.largest_answer = 1500
    assert world.causes()[0] == {}
    assert [event["limit"] for event in world.function.asked][:3] == [8, 4, 2]


def test_what_the_database_took_meanwhile_is_told_as_such(world):
    lost, other = world.keep(payment(), "journal"), world.keep(payment(key="order-1"), "journal")
    ledger = world.function.ledger

    def retried_meanwhile(event):
        answer = ledger(event)
        world.function.insert(lost)
        world.function.insert(since_the_failover(key="order-1"))
        return answer

    world.function.ledger = retried_meanwhile
    found, done = world.causes()
    assert found[lost["id"]] == ("replayed-from-journal", "was there by then")
    assert found[other["id"]][0] == "conflict"
    assert not done.explained


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"id": "x"}, "line 1: id: missing"),
        ({"created_at": "2026-11-22"}, "line 1: created_at: missing"),
        ({"currency": None}, "line 1: currency: missing"),
        ({"fingerprint": 5}, "line 1: fingerprint: missing"),
    ],
)
def test_a_row_that_is_no_payment_is_named(world, broken, told):
    with pytest.raises(SourceError, match=told):
        world.causes(old_ledger=old_ledger(world, {**payment()}, **broken))

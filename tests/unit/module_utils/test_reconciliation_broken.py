"""A reconciliation of which something breaks in the middle leaves nothing behind, and names what it is."""

from pathlib import Path

import pytest
from ansible.module_utils.payments_dr import reconciliation_run
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.reconciliation_report import balance
from botocore import exceptions as errors

from tests.unit.module_utils import reconciling
from tests.unit.module_utils.deployed import EAST, OHIO, place
from tests.unit.module_utils.reconciling import NOW, PROMOTED, payment


@pytest.fixture
def world(tmp_path):
    with reconciling.world(tmp_path) as made:
        yield made


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux shows a file without a name")
def test_the_scratch_file_is_the_owners_alone_and_has_no_name_that_a_killed_process_could_leave_behind(world):
    world.keep(payment(), "journal")
    with world.reconciled():
        assert list(world.folder.iterdir()) == []
        scratch = [one for one in Path("/proc/self/fd").iterdir() if ".reconcile-" in _target(one)]
        assert [one.stat().st_mode & 0o777 for one in scratch] == [0o600]


def _target(link):
    try:
        return str(link.readlink())
    except FileNotFoundError:  # the one that lists the folder
        return ""


def test_what_the_database_has_counts_as_the_database_says(world):
    """The journal says another amount: the totals do not balance, and the report has both."""
    one = payment(amount=1250)
    world.keep(one, "database", "log", "peer-log")
    world.keep({**one, "amount": 1}, "journal")
    with world.reconciled() as (done, table):
        assert not done.explained
        (total,) = balance(table.sums())
        assert (total["known"]["amount"], total["database"]["amount"], total["balanced"]) == (1, 1250, False)
        ((row,),) = table.differences()
        assert (row["cause"], row["amount"], row["booked"], row["booked_in"]) == ("conflict", 1, 1250, "EUR")


def test_a_payment_that_the_database_has_in_another_currency_unbalances_both(world):
    one = payment(amount=5)
    world.keep(one, "journal", "log", "peer-log")
    world.keep({**one, "currency": "JPY"}, "database")
    with world.reconciled() as (_, table):
        assert {one["currency"]: one["balanced"] for one in balance(table.sums())} == {"EUR": False, "JPY": False}


def test_the_journal_counts_as_replayed_only_when_the_time_of_the_failover_was_compared(world):
    """Somebody looked at the last half hour only; what the failover lost is older."""
    lost = world.keep(payment(ago=NOW - PROMOTED + 1800), "journal")
    found, done = world.causes(days=0.02)
    assert (found, done.explained, done.covered, done.marked) == ({}, True, False, False)
    assert not world.epoch().replayed
    found, done = world.causes()
    assert (list(found), done.covered, world.epoch().replayed) == ([lost["id"]], True, True)
    assert world.causes(days=0.02)[1].covered, "an audit of the last half hour"


def away(**_):
    raise errors.EndpointConnectionError(endpoint_url="https://away")


@pytest.mark.parametrize(
    ("source", "service", "call", "elsewhere"),
    [
        ("peer-log", "s3", "head_object", ("peer-journal", "peer-log")),
        ("peer-journal", "dynamodb", "batch_get_item", ("log", "peer-log")),
    ],
)
def test_a_source_of_the_other_region_that_falls_silent_when_it_is_asked_again_counts_as_not_read(
    world, monkeypatch, source, service, call, elsewhere
):
    one = world.keep(payment(ago=400, region=OHIO), "database", *elsewhere)
    monkeypatch.setattr(world.boto(service, EAST), call, away)
    found, done = world.causes()
    assert list(done.unread) == [source]
    assert "EndpointConnection" in done.unread[source]
    assert one["id"] not in found


def test_what_was_not_read_is_told_in_the_order_of_the_sources_and_not_of_the_threads(world, monkeypatch):
    def backwards(asked):
        silent = AwsFailure("nobody answers", "ConnectTimeout", True)
        yield from ((source, silent) for source in reversed(asked) if not source.needed)

    monkeypatch.setattr(reconciliation_run, "_side_by_side", backwards)
    assert list(world.causes()[1].unread) == ["peer-journal", "peer-log"]


def test_the_active_regions_own_sources_may_not_fall_silent(world, monkeypatch):
    world.keep(payment(ago=400, region=OHIO), "database", "peer-journal", "log")
    monkeypatch.setattr(world.boto("s3", OHIO), "head_object", away)
    with pytest.raises(AwsFailure, match=f"{place(OHIO)['bucket']} in {OHIO}: EndpointConnection"):
        world.causes()
    assert not world.epoch().replayed


def test_an_interrupted_replay_is_finished_by_the_next_run(world, monkeypatch):
    monkeypatch.setattr("ansible.module_utils.payments_dr.reconciliation_mend.BATCH", 2)
    lost = [world.keep(payment(), "journal", "log", "peer-log") for _ in range(5)]
    replay, calls = world.function.replay, []

    def dies(event):
        calls.append(event)
        if len(calls) == 2:
            world.function.fails = "replay"
        return replay(event)

    world.function.replay = dies
    with pytest.raises(AwsFailure, match="action replay of .* failed: database-unreachable"):
        world.causes()
    assert not world.epoch().replayed
    world.function.fails = ""
    found, done = world.causes()
    assert len(found) == 1
    assert set(world.function.rows) == {one["id"] for one in lost}
    assert done.explained

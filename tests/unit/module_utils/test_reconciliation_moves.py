"""After more than one move of the writer: what one region acknowledged may be in the journal of either."""

import pytest

from tests.unit.module_utils import reconciling
from tests.unit.module_utils.deployed import EAST, OHIO
from tests.unit.module_utils.reconciling import NOW, PROMOTED, payment


@pytest.fixture
def world(tmp_path):
    with reconciling.world(tmp_path) as made:
        yield made


def crashed_and_retried(world, where):
    """The process in OHIO died after the log object; the client was charged by EAST, and that is lost, too."""
    died = world.keep(payment(region=OHIO, ago=3000, key="one"), "log", "peer-log")
    retried = world.keep(payment(region=EAST, ago=2000, key="one"), where, "log", "peer-log")
    return died, retried


@pytest.mark.parametrize("where", ["journal", "peer-journal"])
def test_of_two_lost_payments_under_one_key_the_acknowledged_one_is_replayed(world, where):
    died, retried = crashed_and_retried(world, where)
    found, done = world.causes()
    assert found == {died["id"]: ("retried", ""), retried["id"]: ("replayed-from-journal", "replayed")}
    assert list(world.function.rows) == [retried["id"]]
    assert done.explained


def test_what_the_database_has_comes_before_what_a_journal_has(world):
    died, retried = crashed_and_retried(world, "database")
    other = world.keep(payment(region=EAST, ago=1500, key="one"), "journal")
    with world.reconciled() as (done, table):
        rows = [row for page in table.differences() for row in page]
    charged_as = {row["id"].hex(): row["twin"] and row["twin"].hex() for row in rows}
    plain = {name: one["id"].replace("-", "") for name, one in (("died", died), ("paid", retried), ("other", other))}
    assert charged_as[plain["died"]] == charged_as[plain["other"]] == plain["paid"]
    assert not done.explained


def test_who_was_never_acknowledged_is_known_only_where_the_journal_could_be_asked(world):
    """Strict: OHIO's own payments are journaled in EAST."""
    lost = world.keep(payment(region=OHIO), "log")
    world.dark.add(EAST)
    found, _ = world.causes(strict=True)
    assert found == {lost["id"]: ("replayed-from-log", "replayed")}


def test_what_the_lost_region_took_is_asked_of_the_journal_that_is_here(world):
    lost = world.keep(payment(region=EAST), "log")
    world.dark.add(EAST)
    found, _ = world.causes(strict=True)
    assert found == {lost["id"]: ("never-acknowledged", "")}


def test_a_damaged_entry_under_a_key_that_was_charged_is_reported(world):
    charged = payment(region=EAST, ago=2000, key="one")
    world.everywhere(charged)
    damaged = world.keep({**payment(region=OHIO, ago=3000, key="one"), "fingerprint": "?"}, "peer-journal")
    found, done = world.causes()
    assert found[damaged["id"]][0] == "journal-damaged"
    assert not done.explained


@pytest.mark.parametrize(
    ("given", "strict", "cause"),
    [({"ago": NOW - PROMOTED - 61}, False, "refused"), ({}, True, "never-acknowledged"), ({}, False, "conflict")],
)
def test_another_order_under_a_key_whose_payment_was_not_acknowledged_hinders_nobody(world, given, strict, cause):
    """Else the journal would not count as replayed, and nobody could go home, as long as the object is there."""
    died = world.keep(payment(region=EAST, key="one", amount=1, **given), "log", "peer-log")
    world.everywhere(payment(region=OHIO, ago=60, key="one", amount=2))
    found, done = world.causes(strict=strict)
    assert found == {died["id"]: (cause, "")}
    assert done.explained == (cause != "conflict")


def test_who_has_a_twin_was_not_acknowledged_in_a_journal_that_cannot_be_asked_either(world):
    died = world.keep(payment(region=OHIO, key="one", amount=1), "log")
    world.everywhere(payment(region=EAST, ago=900, key="one", amount=2))
    world.dark.add(EAST)
    found, done = world.causes(strict=True)
    assert found == {died["id"]: ("never-acknowledged", "")}
    assert done.explained

"""What outages leave of a cluster, and what is done with what is left. Pure."""

import dataclasses

import pytest

from sandbox.aurora.plan import Found, Handover, Reach, Step, Wanted, next_step
from sandbox.aurora.reach import REJOIN_SECONDS, Reaches, fenceable
from sandbox.aurora.wanted import Transfer
from sandbox.clock import Clock
from sandbox.outages import Kind, Outages

ONE, TWO = ("us-east-1", "one"), ("us-east-2", "two")
WRITER = Wanted(ONE, "id-one", "u", None, instances=1)
READER = Wanted(TWO, "id-two", "u", None, source=ONE, instances=1)
DEPOSED = Wanted(ONE, "id-one", "u", None, source=TWO, instances=1)
WRITES = Found("id-one", 1, complete=True, running=True, standby=False)
FOLLOWS = Found("id-two", 2, complete=True, running=True, standby=True, source="id-one", follows=1)
NOTHING = Outages()


def out(kind, region="us-east-1"):
    return Outages({(region, Kind(kind)): 1.0})


def stopped(found, **changes):
    return Found(**{**found.__dict__, "running": False, **changes})


@pytest.mark.parametrize(
    ("kind", "writer", "reader"),
    [
        ("dark", Reach(managed=False), Reach(linked=False)),
        ("hang", Reach(managed=False), Reach(linked=False)),
        ("database-killed", Reach(alive=False), Reach()),
        ("database-frozen", Reach(managed=False), Reach()),
        ("replication", Reach(), Reach(linked=False)),
        ("partition", Reach(), Reach(linked=False)),
        ("lambda", Reach(), Reach()),
    ],
)
def test_what_is_left_of_the_writer_and_of_the_reader(kind, writer, reader):
    reaches = Reaches(Clock())
    assert reaches.of(WRITER, WRITES, out(kind), 0) == writer
    assert reaches.of(READER, FOLLOWS, out(kind), 0) == reader


def test_a_writer_that_is_one_no_more_lives_on_for_a_moment_after_it_is_in_reach_again():
    reaches = Reaches(Clock())
    assert not reaches.of(DEPOSED, WRITES, out("dark"), 100).managed
    assert not reaches.of(DEPOSED, WRITES, NOTHING, 100 + REJOIN_SECONDS - 1).managed
    assert reaches.of(DEPOSED, WRITES, NOTHING, 100 + REJOIN_SECONDS).managed
    assert Reaches(Clock()).of(DEPOSED, WRITES, NOTHING, 0).managed, "it was never away"
    reaches = Reaches(Clock())
    reaches.of(WRITER, WRITES, out("dark"), 100)
    assert reaches.of(WRITER, WRITES, NOTHING, 101).managed, "it is the writer"
    assert not Reaches(Clock()).of(DEPOSED, WRITES, out("partition"), 0).managed, "nobody could tell it"
    assert Reaches(Clock()).of(DEPOSED, WRITES, out("dark", "us-east-2"), 0, rises=True).managed, "it is being promoted"


@pytest.mark.parametrize(
    ("kind", "held"),
    [("dark", False), ("hang", False), ("partition", False), ("database-frozen", False), ("database-killed", True)],
)
def test_a_fence_holds_where_the_storage_answers(kind, held):
    assert fenceable(Transfer("ledger", ONE, TWO, True, 0), out(kind)) is held


@pytest.mark.parametrize(
    ("want", "have", "reach", "step"),
    [
        (WRITER, WRITES, Reach(alive=False), Step.FENCE),
        (WRITER, stopped(WRITES), Reach(alive=False), None),
        (WRITER, WRITES, Reach(managed=False), None),
        (WRITER, stopped(WRITES), Reach(managed=False), Step.START),
        (DEPOSED, WRITES, Reach(managed=False), None),
        (DEPOSED, stopped(WRITES), Reach(managed=False), None),
        (READER, FOLLOWS, Reach(managed=False, linked=False), Step.CUT),
        (READER, FOLLOWS, Reach(linked=False), Step.CUT),
        (READER, Found(**{**FOLLOWS.__dict__, "follows": None}), Reach(linked=False), None),
        (READER, Found(**{**FOLLOWS.__dict__, "follows": None}), Reach(), Step.FOLLOW),
        (READER, None, Reach(linked=False), None),
        (DEPOSED, stopped(WRITES), Reach(linked=False), None),
    ],
)
def test_the_next_step_of_what_is_left(want, have, reach, step):
    assert next_step(want, have, WRITES, None, reach) == step


def test_a_removed_cluster_goes_whatever_is_out():
    assert next_step(None, WRITES, None, None, Reach(managed=False)) == Step.REMOVE


def test_a_failover_goes_on_without_the_fence_and_does_not_restart_what_is_out_of_reach():
    handover = Handover(ONE, TWO, lossy=True, due=True, fenceable=False)
    assert next_step(WRITER, WRITES, None, handover, Reach(managed=False)) is None
    assert next_step(WRITER, stopped(WRITES), None, handover, Reach(managed=False)) is None
    assert next_step(WRITER, WRITES, None, handover) is None, "across a partition"
    assert next_step(READER, FOLLOWS, WRITES, handover, Reach(linked=False)) == Step.PROMOTE


def test_a_failover_to_what_went_out_meanwhile_fails_in_the_end():
    waiting = Handover(ONE, TWO, lossy=True, due=True)
    assert next_step(READER, FOLLOWS, WRITES, waiting, Reach(managed=False)) is None
    overdue = Handover(ONE, TWO, lossy=True, due=True, overdue=True)
    assert next_step(READER, FOLLOWS, WRITES, overdue, Reach(managed=False)) == Step.CANCEL


def test_a_target_that_was_promoted_before_it_went_out_is_never_given_up():
    overdue = Handover(ONE, TWO, lossy=True, due=True, overdue=True)
    promoted = dataclasses.replace(FOLLOWS, standby=False)
    assert next_step(READER, promoted, WRITES, overdue, Reach(managed=False)) is None
    assert next_step(READER, promoted, WRITES, overdue) == Step.COMPLETE

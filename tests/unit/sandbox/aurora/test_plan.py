"""The next step of a cluster, by example; and that steps, however they are interrupted, lead to what is wanted."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.aurora.plan import Found, Handover, Step, Wanted, next_step

ONE, TWO = ("us-east-1", "one"), ("us-east-2", "two")
WRITER = Wanted(ONE, "ID-1", "payments", "payments", instances=1)
READER = Wanted(TWO, "ID-2", "payments", "payments", source=ONE, instances=1)
SERVING = Found("ID-1", 5001, complete=True, running=True, standby=False)
FOLLOWING = Found("ID-2", 5002, complete=True, running=True, standby=True, source="ID-1", follows=5001)
SWITCHOVER = Handover(ONE, TWO, lossy=False, due=True)
FAILOVER = Handover(ONE, TWO, lossy=True, due=True)


def but(found, **changes):
    return dataclasses.replace(found, **changes)


@pytest.mark.parametrize(
    ("wanted", "found", "source", "step"),
    [
        (but(WRITER, instances=0), None, None, None),
        (WRITER, None, None, Step.CREATE),
        (WRITER, SERVING, None, None),
        (WRITER, but(SERVING, running=False), None, Step.START),
        (but(WRITER, instances=0), SERVING, None, Step.STOP),
        (WRITER, but(SERVING, complete=False), None, Step.REMOVE),
        (WRITER, but(SERVING, identity="ID-0"), None, Step.REMOVE),
        (None, SERVING, None, Step.REMOVE),
        (None, None, None, None),
        (READER, None, None, None),
        (READER, None, but(SERVING, running=False), None),
        (READER, None, SERVING, Step.SEED),
        (READER, FOLLOWING, SERVING, None),
        (READER, but(FOLLOWING, running=False), SERVING, Step.START),
        (READER, but(FOLLOWING, follows=5009), SERVING, Step.FOLLOW),
        (but(READER, instances=0), FOLLOWING, SERVING, None),
        (READER, but(FOLLOWING, source=None), SERVING, Step.FENCE),
        (READER, but(FOLLOWING, source=None, running=False), SERVING, Step.SEED),
        (but(READER, source=None), FOLLOWING, None, Step.PROMOTE),
    ],
)
def test_without_a_handover(wanted, found, source, step):
    assert next_step(wanted, found, source) is step


OLD = but(SERVING, identity="ID-2", port=5002)


@pytest.mark.parametrize(
    ("found", "source", "step"),
    [
        (OLD, SERVING, Step.FENCE),
        (but(OLD, running=False), but(SERVING, standby=True), None),
        (but(OLD, running=False), SERVING, Step.SEED),
        (but(OLD, running=False, handed_to="ID-1"), SERVING, Step.REJOIN),
        (but(OLD, running=False, handed_to="ID-9"), SERVING, Step.SEED),
    ],
)
def test_an_old_writer_takes_no_more_write_and_then_follows(found, source, step):
    assert next_step(READER, found, source) is step


@pytest.mark.parametrize(
    ("wanted", "found", "handover", "step"),
    [
        (WRITER, SERVING, SWITCHOVER, Step.STOP),
        (WRITER, SERVING, FAILOVER, Step.FENCE),
        (WRITER, but(SERVING, running=False), SWITCHOVER, None),
        (READER, FOLLOWING, SWITCHOVER, None),
        (READER, FOLLOWING, but(SWITCHOVER, caught_up=True), Step.PROMOTE),
        (READER, FOLLOWING, but(SWITCHOVER, caught_up=True, due=False), None),
        (READER, FOLLOWING, but(SWITCHOVER, overdue=True), Step.CANCEL),
        (READER, FOLLOWING, FAILOVER, Step.PROMOTE),
        (READER, FOLLOWING, but(FAILOVER, due=False), None),
        (READER, but(FOLLOWING, standby=False), SWITCHOVER, Step.COMPLETE),
    ],
)
def test_during_a_handover(wanted, found, handover, step):
    assert next_step(wanted, found, SERVING, handover) is step


def after(step, wanted, found, source):
    """What a step leaves on the disk."""
    changes = {
        Step.CREATE: lambda: Found(wanted.identity, 1, True, True, False),
        Step.SEED: lambda: Found(wanted.identity, 1, True, True, True, source.identity, source.port),
        Step.REJOIN: lambda: but(
            found, running=True, standby=True, source=source.identity, follows=source.port, handed_to=None
        ),
        Step.START: lambda: but(found, running=True),
        Step.STOP: lambda: but(found, running=False),
        Step.FENCE: lambda: but(found, running=False),
        Step.PROMOTE: lambda: but(found, standby=False, source=None, follows=None),
        Step.FOLLOW: lambda: but(found, follows=source.port),
        Step.REMOVE: lambda: None,
    }
    return changes[step]()


servers = st.none() | st.builds(
    Found,
    identity=st.sampled_from(["ID-1", "ID-2", "ID-9"]),
    port=st.integers(1, 3),
    complete=st.booleans(),
    running=st.booleans(),
    standby=st.booleans(),
    source=st.sampled_from([None, "ID-1", "ID-2"]),
    follows=st.integers(1, 3),
    handed_to=st.sampled_from([None, "ID-1", "ID-2"]),
)


@given(servers, servers, st.lists(st.booleans(), min_size=40, max_size=40))
def test_from_any_state_the_writer_writes_and_the_reader_follows_it(one, two, turns):
    found = {ONE: one, TWO: two}
    for first in turns + [True, False] * 8:
        wanted = WRITER if first else READER
        source = None if first else found[ONE]
        if step := next_step(wanted, found[wanted.key], source):
            found[wanted.key] = after(step, wanted, found[wanted.key], source)
    assert found[ONE].is_writer
    assert found[ONE].identity == "ID-1"
    assert (found[TWO].running, found[TWO].standby, found[TWO].source) == (True, True, "ID-1")
    assert found[TWO].follows == found[ONE].port

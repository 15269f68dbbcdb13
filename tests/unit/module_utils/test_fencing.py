"""The fence: up where the region answers, remembered in the other, opened with what was there before."""

import json

import pytest
from ansible.module_utils.payments_dr import mode as modes
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.fencing import fence, keep, open_fence
from ansible.module_utils.payments_dr.mode import Mode
from ansible.module_utils.payments_dr.parameters import ParameterError

from tests.unit.module_utils.deployed import EAST, OHIO, place
from tests.unit.module_utils.fake_aws import FENCES, PARAMETER, World, topology

FUNCTION = place(EAST)["function"]


@pytest.fixture
def world():
    return World()


def reserved(world):
    return world.regions[EAST].concurrency[FUNCTION]


def fences(world):
    return json.loads(world.regions[OHIO].parameters[FENCES])


def test_fencing_closes_the_function_and_remembers_in_the_other_region(world):
    done = fence(world.clients, topology(), EAST)
    assert (done.reachable, done.changed, done.fenced, done.before, done.after, done.earlier) == (
        *(True, True, True),
        *(20, 0, 20),
    )
    assert reserved(world) == 0
    assert fences(world) == {EAST: 20}
    remembered, closed = world.changes()
    assert (remembered, closed) == ((OHIO, "put_parameter"), (EAST, "put_function_concurrency"))


def test_fencing_again_changes_and_forgets_nothing(world):
    fence(world.clients, topology(), EAST)
    world.calls.clear()
    done = fence(world.clients, topology(), EAST)
    assert (done.changed, done.fenced) == (False, True)
    assert world.changes() == []
    assert fences(world) == {EAST: 20}


def test_a_region_that_does_not_answer_is_reported_and_no_failure(world):
    world.regions[EAST].dark = True
    done = fence(world.clients, topology(), EAST)
    assert (done.reachable, done.changed, done.fenced, done.before) == (False, False, None, None)
    assert f"{EAST} could not be fenced" in done.sentence
    assert world.changes() == []


def test_a_region_that_goes_dark_in_between_is_reported_too(world):
    world.failures[EAST, "put_function_concurrency"] = [AwsFailure("gone", unreachable=True)]
    assert fence(world.clients, topology(), EAST).reachable is False
    assert open_fence(world.clients, topology(), EAST).changed, "what was remembered for nothing is forgotten"
    assert fences(world) == {}


def test_a_refusal_is_a_failure(world):
    world.failures[EAST, "put_function_concurrency"] = [AwsFailure("not allowed", "AccessDenied")]
    with pytest.raises(AwsFailure, match="not allowed"):
        fence(world.clients, topology(), EAST)


def test_the_fence_goes_up_also_where_it_cannot_be_remembered(world):
    world.regions[OHIO].parameters.clear()
    done = fence(world.clients, topology(), EAST)
    assert reserved(world) == 0
    assert f"not remembered (parameter {FENCES} not found" in done.sentence


@pytest.mark.parametrize("first", ["mode", "fence"])
def test_mode_and_fence_in_the_same_moment_lose_neither(world, first):
    """SSM has no conditional write: between one writer's read and its put the other has read and put."""
    ssm, manual = world.clients("ssm", OHIO, None), Mode("manual", "anna", "upgrade", "2026-11-22T12:00:00Z")
    acts = {
        "mode": lambda: modes.set_mode(ssm, PARAMETER, manual),
        "fence": lambda: fence(world.clients, topology(), EAST),
    }
    act = acts.pop(first)
    world.regions[OHIO].before_put.extend(acts.values())
    act()
    assert world.regions[OHIO].before_put == [], "somebody came in between"
    assert modes.read(ssm, PARAMETER) == manual
    assert fences(world) == {EAST: 20}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("none", "not JSON"),
        ('{"us-east-1": "20"}', "expected a number or null"),
        ('{"us-east-1": true}', "expected a number or null"),
        ('{"us-east-1": -1}', "expected a number or null"),
        ("[]", "expected a number or null"),
    ],
)
def test_a_memory_that_makes_no_sense_is_named_with_the_mend(world, text, told):
    world.regions[OHIO].parameters[FENCES] = text
    with pytest.raises(ParameterError, match=told) as caught:
        open_fence(world.clients, topology(), EAST)
    assert f"parameter {FENCES} in {OHIO}" in str(caught.value)
    assert "put {} there" in str(caught.value)


@pytest.mark.parametrize("earlier", [20, None])
def test_opening_gives_back_what_there_was_and_forgets_it(world, earlier):
    world.regions[EAST].concurrency[FUNCTION] = earlier
    fence(world.clients, topology(), EAST)
    done = open_fence(world.clients, topology(), EAST)
    assert (done.changed, done.fenced, done.after) == (True, False, earlier)
    assert reserved(world) == earlier
    assert fences(world) == {}


def test_opening_may_be_told_what_to_reserve(world):
    fence(world.clients, topology(), EAST)
    assert open_fence(world.clients, topology(), EAST, 50).after == 50
    assert reserved(world) == 50


def test_opening_what_nobody_remembers_needs_a_number(world):
    world.regions[EAST].concurrency[FUNCTION] = 0
    with pytest.raises(AwsFailure, match=f"concurrency of {FUNCTION}: give reserved_concurrency"):
        open_fence(world.clients, topology(), EAST)
    assert open_fence(world.clients, topology(), EAST, 20).after == 20


def test_opening_what_is_open_changes_nothing(world):
    assert open_fence(world.clients, topology(), EAST, 50).changed is False
    assert reserved(world) == 20
    assert world.changes() == []


def test_a_deployment_keeps_the_concurrency_but_never_opens_a_fence(world):
    assert keep(world.clients, topology(), EAST, 20).changed is False
    assert keep(world.clients, topology(), EAST, 30).after == 30
    fence(world.clients, topology(), EAST)
    done = keep(world.clients, topology(), EAST, 30)
    assert (done.changed, done.fenced) == (False, True)
    assert reserved(world) == 0


@pytest.mark.parametrize("act", [fence, open_fence, lambda *given, **options: keep(*given, 7, **options)])
@pytest.mark.parametrize("before", [20, 0])
def test_without_changing_nothing_is_put(world, act, before):
    world.regions[EAST].concurrency[FUNCTION] = before
    world.regions[OHIO].parameters[FENCES] = json.dumps({EAST: 20})
    world.calls.clear()
    act(world.clients, topology(), EAST, changing=False)
    assert world.changes() == []

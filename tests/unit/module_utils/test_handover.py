"""Moving the writer: once, whoever asks, however often, and from the right region."""

import pytest
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.global_cluster import handover_of
from ansible.module_utils.payments_dr.handover import SETTLING, Outcome, fail_over, switch_over
from ansible.module_utils.payments_dr.waiters import PROMOTION, Late, lasting

from tests.unit.module_utils.deployed import EAST, OHIO
from tests.unit.module_utils.fake_aws import World, topology

MOVES = {"failover": fail_over, "switchover": switch_over}
BUSY = AwsFailure("not available", "InvalidGlobalClusterStateFault")


@pytest.fixture
def world():
    return World()


def move(world, kind="failover", target=OHIO, wait=PROMOTION):
    return MOVES[kind](world.clients, topology(), target, world.time.clock, lambda _: None, wait)


@pytest.mark.parametrize("kind", MOVES)
def test_the_writer_moves_and_the_end_is_waited_for(world, kind):
    done = move(world, kind)
    assert (done.outcome, done.writer) == (Outcome.DONE, OHIO)
    assert world.moves == [(kind, OHIO)]
    assert world.promotion_seconds <= done.seconds <= world.promotion_seconds + PROMOTION.longest_pause


def test_a_failover_calls_nobody_but_the_target(world):
    world.regions[EAST].dark = True
    move(world)
    assert {region for region, _ in world.calls} == {OHIO}


def test_a_switchover_is_begun_where_the_writer_is(world):
    move(world, "switchover")
    assert world.changes() == [(EAST, "switchover_global_cluster")]


@pytest.mark.parametrize("kind", MOVES)
def test_what_is_done_is_not_done_again(world, kind):
    world.writer = OHIO
    done = move(world, kind)
    assert (done.outcome, done.seconds) == (Outcome.ALREADY, 0)
    assert world.changes() == []


@pytest.mark.parametrize("begun", MOVES)
@pytest.mark.parametrize("kind", MOVES)
def test_a_move_under_way_is_joined(world, begun, kind):
    world.begin(begun, OHIO)
    done = move(world, kind)
    assert (done.outcome, done.writer) == (Outcome.JOINED, OHIO)
    assert world.changes() == []
    assert "somebody else" in done.sentence


@pytest.mark.parametrize("kind", MOVES)
def test_a_move_to_elsewhere_is_not_disturbed(world, kind):
    world.writer = OHIO
    world.begin("switchover", EAST)
    world.writer = EAST  # roles change before the end
    with pytest.raises(AwsFailure, match=f"switchover of aurora-global-test-a1 to {EAST} is under way"):
        move(world, kind)
    assert world.changes() == []


def test_a_refusal_because_somebody_was_quicker_is_joined(world):
    world.failures[OHIO, "failover_global_cluster"] = [BUSY]
    original = world.global_cluster
    looks = []

    def once_later():
        looks.append(1)
        if len(looks) == 2:
            world.begin("failover", OHIO)
        return original()

    world.global_cluster = once_later
    assert move(world).outcome is Outcome.JOINED


def test_a_lost_answer_of_a_move_that_is_already_over_is_no_failure(world):
    def lost(*_):
        world.end(OHIO)
        raise AwsFailure("no answer", "ReadTimeout", unreachable=True)

    world.begin = lost
    done = move(world)
    assert (done.outcome, done.writer) == (Outcome.JOINED, OHIO)


def test_a_refusal_that_nothing_explains_is_told(world):
    world.failures[OHIO, "failover_global_cluster"] = [AwsFailure("headless", "InvalidDBClusterStateFault")]
    with pytest.raises(AwsFailure, match="headless"):
        move(world)


def test_throttled_looks_while_waiting_are_repeated(world):
    answers = world.global_cluster

    def sometimes():
        if 10 < world.time.passed < 30:
            raise AwsFailure("slow down", "Throttling")
        return answers()

    world.global_cluster = sometimes
    assert move(world).writer == OHIO


@pytest.mark.parametrize("kind", MOVES)
def test_a_move_that_aurora_gives_up_is_no_success(world, kind):
    world.time.at(20, lambda: world.end(EAST))
    with pytest.raises(AwsFailure, match="has ended without moving the writer"):
        move(world, kind)


def test_the_state_of_before_the_call_is_not_taken_for_giving_up(world):
    """DescribeGlobalClusters may lag behind what was just asked."""
    begin = world.begin
    world.begin = lambda kind, target: world.time.at(SETTLING / 2, lambda: begin(kind, target))
    assert move(world).writer == OHIO


def test_a_switchover_is_over_when_both_are_well_again(world):
    world.time.at(10, lambda: setattr(world, "writer", OHIO))
    assert move(world, "switchover").seconds >= world.promotion_seconds


def test_a_failover_is_over_with_the_promotion(world):
    world.time.at(10, lambda: setattr(world, "writer", OHIO))
    assert move(world).seconds < 20


def test_the_deadline_is_late_and_a_second_run_goes_on(world):
    with pytest.raises(Late, match="failing-over, the writer is in us-east-1"):
        move(world, wait=lasting(PROMOTION, 30))
    assert move(world).outcome is Outcome.JOINED
    assert len(world.moves) == 1


def test_it_need_not_be_waited_for(world):
    assert move(world, wait=None).outcome is Outcome.BEGUN
    assert world.time.passed == 0


def test_no_global_database_is_named_with_the_mend(world):
    world.exists = False
    with pytest.raises(AwsFailure, match="aurora-global-test-a1 does not exist in us-east-2: run deploy.yml"):
        move(world)


@pytest.mark.parametrize(("lossy", "kind"), [(True, "failover"), (False, "switchover")])
def test_a_pending_move_is_told_by_its_price(lossy, kind):
    state = {"Status": "pending", "IsDataLossAllowed": lossy, "FromDbClusterArn": "a", "ToDbClusterArn": "b"}
    found = handover_of({"FailoverState": state})
    assert (found.kind, found.status, found.data_loss_allowed) == (kind, "pending", lossy)
    assert handover_of({"FailoverState": {}}) is handover_of({}) is None

"""Who may acknowledge payments while the writer moves: one region, and never the old one once a promotion has begun."""

import pytest
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.handover import fail_over, switch_over
from ansible.module_utils.payments_dr.succession import Succession
from ansible.module_utils.payments_dr.waiters import PROMOTION, lasting

from tests.unit.module_utils.deployed import EAST, OHIO
from tests.unit.module_utils.fake_aws import World, topology

REFUSED = AwsFailure("not available", "InvalidGlobalClusterStateFault")


#: The number of the first epoch, as if begun by a clock that was ahead: from there on they grow by one.
BEFORE = 2**32


@pytest.fixture
def world():
    made = World()
    for region in made.regions.values():
        region.epochs["payments"]["epoch"] = {"N": str(BEFORE + 1)}
    return made


def succession(world, target=OHIO):
    return Succession(world.clients, topology(), target, world.time.clock, lambda _: None, "the test")


def fail(world, target=OHIO, **more):
    return fail_over(world.clients, topology(), target, world.time.clock, lambda _: None, **more)


def switch(world, target=OHIO):
    return switch_over(world.clients, topology(), target, world.time.clock, lambda _: None)


def stands(world, region):
    """(number since BEFORE, active, replayed) of the region's own epoch."""
    epoch = world.regions[region].epoch
    return epoch.number - BEFORE, epoch.active, epoch.replayed


def test_the_old_region_is_kept_out_before_aurora_is_asked(world):
    seen, begin = [], world.begin
    world.begin = lambda *move: (seen.append(stands(world, OHIO)), begin(*move))
    fail(world)
    assert seen == [(2, OHIO, False)]
    assert world.regions[OHIO].epoch.by == "an operator"


def test_a_dark_region_is_kept_out_without_being_asked(world):
    world.regions[EAST].dark = True
    fail(world)
    assert stands(world, OHIO) == (2, OHIO, False)
    assert {region for region, _ in world.calls} == {OHIO}


def test_two_who_want_the_same_raise_one_epoch(world):
    world.regions[OHIO].before_raise = [lambda: succession(world).claim("I was quicker")]
    succession(world).claim("me too")
    assert stands(world, OHIO) == (2, OHIO, False)
    assert world.regions[OHIO].epoch.why == "I was quicker"


def test_a_region_that_was_never_told_of_another_epoch_begins_a_newer_one():
    """It still names itself from before the other one took over, which cannot be asked now."""
    world = World()
    fail(world)
    world.regions[OHIO].dark = True
    fail(world, EAST)
    assert stands(world, EAST)[0] > stands(world, OHIO)[0]
    assert stands(world, EAST)[1:] == (EAST, False)


def test_what_is_claimed_again_and_again_by_others_is_an_error(world):
    def somebody_else():
        item = world.regions[OHIO].epochs["payments"]
        item["epoch"] = {"N": str(int(item["epoch"]["N"]) + 1)}

    world.regions[OHIO].before_raise = [somebody_else] * 9
    with pytest.raises(AwsFailure, match="raised by somebody else again and again"):
        succession(world).claim("me too")


def test_what_aurora_refuses_gives_the_old_region_its_right_back(world):
    world.failures[OHIO, "failover_global_cluster"] = [REFUSED]
    with pytest.raises(AwsFailure, match="not available"):
        fail(world)
    assert stands(world, OHIO) == (3, EAST, True)
    assert world.regions[OHIO].epoch.why == "not available"


def test_what_aurora_gives_up_gives_the_old_region_its_right_back(world):
    world.end = lambda writer: setattr(world, "handover", None) or setattr(world, "status", "available")
    with pytest.raises(AwsFailure, match="has ended without moving the writer"):
        fail(world)
    assert stands(world, OHIO) == (3, EAST, True)


def test_a_promotion_that_takes_too_long_keeps_the_old_region_out(world):
    world.promotion_seconds = 1000
    with pytest.raises(AwsFailure):
        fail(world, wait=lasting(PROMOTION, 60))
    assert stands(world, OHIO) == (2, OHIO, False)


def test_an_epoch_that_cannot_be_raised_leaves_the_writer_where_it_is(world):
    world.failures[OHIO, "transact_write_items"] = [AwsFailure("no permission", "AccessDenied")]
    with pytest.raises(AwsFailure, match="no permission"):
        fail(world)
    assert world.moves == []


def test_whoever_finds_the_writer_moved_makes_up_for_what_was_left_undone(world):
    world.writer = OHIO
    fail(world)
    assert stands(world, OHIO) == (2, OHIO, False)


def test_after_a_switchover_both_regions_know_one_epoch_and_nothing_has_to_be_replayed(world):
    switch(world)
    assert [stands(world, region) for region in (EAST, OHIO)] == [(2, OHIO, True)] * 2


def test_a_function_that_finds_itself_the_writer_first_makes_no_failover_of_a_switchover(world):
    end = world.end
    world.end = lambda writer: (end(writer), succession(world).confirm("us-east-2 holds the writer"))
    switch(world)
    assert [stands(world, region) for region in (EAST, OHIO)] == [(2, OHIO, True)] * 2


def test_nor_one_that_finds_itself_the_writer_at_the_same_moment(world):
    world.regions[OHIO].before_raise = [lambda: succession(world).confirm("us-east-2 holds the writer")]
    switch(world)
    assert [stands(world, region) for region in (EAST, OHIO)] == [(2, OHIO, True)] * 2


def test_a_switchover_to_where_the_writer_is_does_not_pass_for_a_replay(world):
    fail(world)
    switch(world)
    assert stands(world, OHIO) == (2, OHIO, False)


def test_during_a_switchover_the_old_region_keeps_its_right(world):
    seen, end = [], world.end
    world.end = lambda writer: (seen.append(stands(world, OHIO)), end(writer))
    switch(world)
    assert seen == [(1, EAST, True)]


def test_a_switchover_that_joins_a_failover_does_not_pass_for_a_replay(world):
    """The function fails over, and at the same time somebody types switchover.yml."""
    fail(world, wait=None)
    assert switch(world).outcome == "joined"
    assert [stands(world, region) for region in (EAST, OHIO)] == [(2, OHIO, False)] * 2


def test_a_switchover_that_joins_another_one_has_nothing_to_replay(world):
    world.begin("switchover", OHIO)
    assert switch(world).outcome == "joined"
    assert [stands(world, region) for region in (EAST, OHIO)] == [(2, OHIO, True)] * 2


def test_a_switchover_that_a_failover_outran_does_not_pass_for_a_replay(world):
    """It was refused, and when it looked again the failover was over."""

    begin = world.begin

    def outran(kind, target):
        if kind == "failover":
            return begin(kind, target)
        fail(world)
        raise REFUSED

    world.begin = outran
    assert switch(world).outcome == "joined"
    assert [stands(world, region) for region in (EAST, OHIO)] == [(2, OHIO, False)] * 2


def test_a_move_that_nobody_saw_may_have_lost_something(world):
    """An interrupted switchover, a failover from a console, or one that Aurora ended after it had given up."""
    world.writer = OHIO
    switch(world)
    assert [stands(world, region) for region in (EAST, OHIO)] == [(2, OHIO, False)] * 2


def test_who_tells_of_a_move_that_nobody_claimed_does_not_call_it_replayed(world):
    claimed = succession(world)
    claimed.claim("us-east-1 is dark")
    claimed.give_back("Aurora refuses")
    world.writer = OHIO  # it has gone on after all
    claimed.inform("us-east-1 follows again")
    assert [stands(world, region)[1:] for region in (EAST, OHIO)] == [(OHIO, False)] * 2


def test_nobody_goes_home_before_the_journal_was_replayed(world):
    fail(world)
    with pytest.raises(
        AwsFailure, match=r"journal was not replayed yet \(epoch \d+\): run playbooks/reconcile.yml first"
    ):
        switch(world, EAST)
    assert world.writer == OHIO


def test_who_comes_too_late_to_tell_takes_nothing_from_a_region_that_was_promoted_meanwhile(world):
    """A function that froze with its region, in the middle of the end of one failover, and woke up after the next."""
    late = succession(world, EAST)
    fail(world)
    late.inform("us-east-2 follows again")
    assert [stands(world, region) for region in (EAST, OHIO)] == [(1, EAST, True), (2, OHIO, False)]


def test_between_who_tells_and_who_is_promoted_the_promotion_wins(world):
    late = succession(world, EAST)
    late.claim("the failover before")
    world.regions[OHIO].before_raise = [lambda: succession(world).claim("us-east-1 is dark")]
    late.inform("us-east-2 follows again")
    assert stands(world, OHIO)[1:] == (OHIO, False)


def test_home_again_the_old_region_leaves_its_stale_epoch_behind(world):
    fail(world)
    succession(world).inform("it follows")
    assert [stands(world, region) for region in (EAST, OHIO)] == [(2, OHIO, False)] * 2
    world.regions[OHIO].epochs["payments"]["replayed"] = {"BOOL": True}
    switch(world, EAST)
    assert [stands(world, region) for region in (EAST, OHIO)] == [(3, EAST, True)] * 2


def test_what_is_settled_is_not_settled_again(world):
    switch(world)
    world.calls.clear()
    succession(world).settle("again", moved=True)
    assert {operation for _, operation in world.calls} == {"get_item"}


def test_a_region_without_an_epoch_says_what_to_do(world):
    world.regions[OHIO].epochs.clear()
    with pytest.raises(AwsFailure, match=r"no item payments: run deploy\.yml"):
        fail(world)
    assert world.moves == []

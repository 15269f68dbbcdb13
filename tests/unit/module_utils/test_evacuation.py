"""The evacuation switch: one metric in the other region, and an alarm that follows at the end of the minute."""

import pytest
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.evacuation import evacuate, read_switch
from ansible.module_utils.payments_dr.waiters import ALARM, Late, lasting

from tests.unit.module_utils.deployed import EAST, OHIO
from tests.unit.module_utils.fake_aws import START, World, topology


class Alarm:
    """Evaluates every full minute as CloudWatch does: the minute's maximum, silence keeps the state."""

    def __init__(self, world):
        self.world, self.region = world, world.regions[OHIO]
        world.time.at(60, self.evaluate)

    def evaluate(self):
        minute = self.world.time.passed // 60 * 60 + START
        said = [value for value, at in self.region.said if minute - 60 <= at < minute]
        if said:
            self.region.alarm = "ALARM" if max(said) > 0 else "OK"
        self.world.time.at(minute - START + 60, self.evaluate)


@pytest.fixture
def world():
    return World()


def ask(world, on, **options):
    said = []
    done = evacuate(world.clients, topology(), EAST, on, world.time.clock, said.append, **options)
    return done, said


def test_one_metric_in_the_other_region_is_all(world):
    world.regions[EAST].dark = True
    done, said = ask(world, True)
    assert (done.changed, done.confirmed, done.before.on) == (True, False, False)
    assert said == [f"evacuation of {EAST} on: put in {OHIO}"]
    assert world.regions[OHIO].said == [(1.0, START)]
    assert {region for region, _ in world.calls} == {OHIO}


def test_waiting_ends_when_the_alarm_agrees(world):
    Alarm(world)
    done, _ = ask(world, True, wait=ALARM)
    assert done.confirmed
    assert world.regions[OHIO].alarm == "ALARM"
    assert 60 <= world.time.passed <= 70


def test_letting_back_in_within_the_minute_of_the_evacuation_is_not_lost(world):
    Alarm(world)
    ask(world, True)
    world.time.passed = 5.0
    done, _ = ask(world, False, wait=ALARM)
    assert (done.changed, done.confirmed) == (True, True)
    world.time.sleep(115)
    assert world.regions[OHIO].alarm == "OK", "a later minute does not bring the earlier 1 back"


def test_what_stands_is_left_alone(world):
    world.regions[OHIO].alarm = "ALARM"
    done, said = ask(world, True, wait=ALARM)
    assert (done.changed, done.confirmed, said) == (False, True, [])
    assert world.changes() == []


def test_what_was_said_but_not_evaluated_counts(world):
    """The alarm still says OK, but will not in a moment: "absent" has to speak up."""
    world.regions[OHIO].said = [(1.0, START - 20)]
    done, _ = ask(world, False)
    assert done.changed
    assert world.regions[OHIO].said[-1] == (0.0, START)


def test_a_switch_that_was_never_used_sends_nobody_away(world):
    world.regions[OHIO].alarm = "INSUFFICIENT_DATA"
    done, _ = ask(world, False, wait=ALARM)
    assert (done.changed, done.before.on) == (False, False)
    assert ask(world, True)[0].changed


def test_check_mode_puts_nothing(world):
    done, said = ask(world, True, changing=False, wait=ALARM)
    assert (done.changed, done.confirmed, said) == (True, False, [])
    assert world.changes() == []


def test_an_alarm_that_does_not_follow_is_late(world):
    with pytest.raises(Late, match="alarm-evacuate-us-east-2-test-a1 is OK, not ALARM yet"):
        ask(world, True, wait=lasting(ALARM, 90))


def test_a_switch_that_is_not_there_is_named_with_the_mend(world):
    world.regions[OHIO].alarm = ""
    with pytest.raises(AwsFailure, match="evacuate-us-east-2-test-a1 does not exist in us-east-2: run deploy.yml"):
        read_switch(world.clients("cloudwatch", OHIO, None), topology(), EAST, START)

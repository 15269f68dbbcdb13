"""Waiting ends: with what was waited for, or with the deadline and what was seen last."""

import pytest
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.waiters import Late, Seen, Timeline, Wait, lasting, until

from tests.unit.module_utils.fake_aws import Time

WAIT = Wait(seconds=30, pause=1, longest_pause=5, growth=2)


def nothing(_):
    pass


def test_it_answers_the_value_of_the_look_that_was_done_and_says_what_it_saw_before():
    time, said = Time(), []
    looks = iter([Seen(False, "not yet"), Seen(False, "nearly"), Seen(True, "", 7)])
    assert until("it", lambda: next(looks), WAIT, time.clock, said.append) == 7
    assert said == ["not yet", "nearly"]
    assert time.passed == 1 + 2


def test_the_deadline_names_what_was_waited_for_and_what_was_seen_last():
    time = Time()
    with pytest.raises(Late, match="Waited 30 s for it, in vain. Last seen: not yet"):
        until("it", lambda: Seen(False, "not yet"), WAIT, time.clock, nothing)
    assert time.passed == 30, "the last look is at the deadline, not after it"


def test_zero_seconds_are_one_look():
    looks = []
    with pytest.raises(Late):
        until("it", lambda: looks.append(1) or Seen(False, "no"), lasting(WAIT, 0), Time().clock, nothing)
    assert looks == [1]


@pytest.mark.parametrize("failure", [AwsFailure("silent", unreachable=True), AwsFailure("slow", "ThrottlingException")])
def test_an_api_that_is_away_for_a_moment_is_asked_again(failure):
    looks = iter([failure, Seen(True, "", 7)])

    def look():
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    assert until("it", look, WAIT, Time().clock, nothing) == 7


def test_a_refusal_ends_the_wait():
    def refused():
        raise AwsFailure("not allowed", "AccessDenied")

    time = Time()
    with pytest.raises(AwsFailure, match="not allowed"):
        until("it", refused, WAIT, time.clock, nothing)
    assert time.passed == 0


def test_a_timeline_has_times_and_no_echoes():
    time, told = Time(), []
    timeline = Timeline(time.clock, told.append)
    timeline.add("one")
    timeline.add("one")
    time.sleep(1.5)
    timeline.add("two")
    assert [entry["what"] for entry in timeline.entries] == told == ["one", "two"]
    assert timeline.entries[1]["at"].endswith(":21.500Z")

"""The lag is the time since the secondary was last known to have everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.aurora.lag import Lag


def test_nothing_is_known_before_both_were_seen():
    lag = Lag()
    assert lag.observe(0, None, 100) is None
    assert lag.observe(1, 100, None) is None


def test_a_secondary_that_has_everything_has_no_lag():
    lag = Lag()
    assert [lag.observe(second, 100 * second, 100 * second + 5) for second in range(5)] == [0] * 5


def test_a_secondary_that_stands_still_falls_behind_and_catches_up():
    lag = Lag()
    assert lag.observe(10, 100, 100) == 0
    assert lag.observe(11, 200, 100) == 1000
    assert lag.observe(15, 300, 100) == 5000
    assert lag.observe(16, 300, 200) == 5000, "at 11 it would have had everything"
    assert lag.observe(17, 300, 300) == 0


def test_an_idle_writer_makes_no_lag():
    lag = Lag()
    for second in range(100):
        assert lag.observe(second, 100, 100) == 0


def test_while_the_writer_is_silent_nobody_knows_and_the_lag_grows():
    lag = Lag()
    lag.observe(10, 100, 100)
    assert lag.observe(13, None, 100) == 3000


def test_another_writer_begins_anew():
    lag = Lag()
    lag.observe(10, 1000, 1000)
    assert lag.observe(11, 50, 50) == 0


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=60))
def test_it_is_never_less_than_the_truth(moves):
    lag, written, replayed, history = Lag(), 0, 0, []
    for now, (more, less) in enumerate(moves):
        written += more
        replayed = max(replayed, written - less)
        history.append((now, written))
        # The truth: how long ago the oldest byte was written that the secondary lacks, seen at whole seconds.
        lacking = [at for at, position in history if position > replayed]
        truth = (now - lacking[0]) * 1000 if lacking else 0
        measured = lag.observe(now, written, replayed)
        assert measured >= truth
        assert measured <= truth + 1000 or len(lacking) == len(history)
        assert (measured == 0) == (replayed >= written) or now == 0


@pytest.mark.parametrize("silent", [1, 100])
def test_the_history_stays_short(silent):
    lag = Lag()
    for second in range(10_000):
        lag.observe(second, second, second - silent)
    assert len(lag._seen) <= silent + 2

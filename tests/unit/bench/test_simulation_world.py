"""The world of the simulation behaves as AWS is documented to."""

import random

import pytest

from module_utils.payments_dr.observation import Checkers
from tests.bench.simulation_world import HORIZON, Route53, World, lag_points, seconds_outside


def checkers(**changes):
    return Route53(World("test", True, **changes), random.Random(1))


@pytest.mark.parametrize("seconds", [1, 30, 49])
def test_an_outage_of_under_five_intervals_goes_unnoticed(seconds):
    assert checkers(down=((100.0, 100.0 + seconds),)).first_down_after(0) == float("inf")


def test_the_checkers_need_a_minute_to_notice_and_a_minute_to_forgive():
    route53 = checkers(down=((100.0, 300.0),))
    noticed = route53.first_down_after(0)
    assert 150 <= noticed <= 160
    assert route53.says(noticed - 0.1) == Checkers.UP
    assert route53.says(349.0) == Checkers.DOWN
    assert route53.says(361.0) == Checkers.UP


def test_what_they_call_down_is_what_they_say():
    route53 = checkers(down=((100.0, 300.0), (500.0, HORIZON * 2)))
    (first, second) = route53.down
    assert first[0] == route53.first_down_after(0)
    assert 345 <= first[1] <= 360
    assert second == (route53.first_down_after(400), float("inf"))
    assert checkers().down == ()


def test_seconds_outside():
    assert seconds_outside(((150.0, 360.0),), ((100.0, 300.0),)) == 60
    assert seconds_outside(((150.0, float("inf")),), ((100.0, 300.0), (400.0, 500.0))) == HORIZON - 150 - 150 - 100
    assert seconds_outside((), ((100.0, 300.0),)) == 0


def test_an_endpoint_that_half_of_the_world_reaches_is_healthy():
    assert checkers(gray=((100.0, 700.0),), places=0.5).first_down_after(0) == float("inf")
    assert checkers(gray=((100.0, 700.0),), places=1.0).first_down_after(0) < 165


def test_the_lag_grows_while_nothing_is_replicated_and_is_read_late():
    world = World("test", True, behind=2.0, broken_since=500.0, delay=90.0)
    points = lag_points(world)
    assert all(visible == point.at + 60 + 90 for visible, point in points)
    assert points[0][1].milliseconds == pytest.approx(2000)
    newest = points[-1][1]
    assert newest.milliseconds / 1000 == pytest.approx(newest.at + 60 - 500 + 2)


def test_nothing_is_published_where_nothing_is_measured():
    readable = lag_points(World("test", True, unmeasured=((200.0, 2 * HORIZON),)))
    assert max(point.at + 60 for _, point in readable) <= 200


def test_what_is_lost_is_what_was_taken_and_not_replicated():
    world = World("test", True, behind=1.0, split=((100.0, HORIZON),), down=((400.0, HORIZON),))
    assert world.lost_by(50) == pytest.approx(1)
    assert world.lost_by(300) == pytest.approx(201)
    assert world.lost_by(600) == pytest.approx(301)

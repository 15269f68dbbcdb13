"""The latch of the way home is moved in calm times only."""

import itertools

import pytest
from ansible.module_utils.payments_dr.observation import Checkers
from ansible.module_utils.payments_dr.standing_by import stands_by

from tests.unit.module_utils.observed import EAST, OHIO, active_here, handover, serving, standing_by


@pytest.mark.parametrize("checkers", [Checkers.DOWN, Checkers.UNKNOWN])
def test_a_standby_says_so_while_the_active_region_is_known_to_serve(checkers):
    assert stands_by(serving(EAST)) is True
    assert stands_by(standing_by(EAST, checkers=checkers)) is None


@pytest.mark.parametrize("checkers", [Checkers.DOWN, Checkers.UNKNOWN])
def test_an_active_region_says_that_it_is_none_when_it_is_known_to_serve(checkers):
    assert stands_by(active_here(EAST, own_checkers=Checkers.UP)) is False
    assert stands_by(active_here(EAST, own_checkers=checkers)) is None


@pytest.mark.parametrize("checkers", list(Checkers))
def test_nothing_is_said_while_the_writer_moves_or_nobody_knows_who_is_active(checkers):
    thought = {"checkers": checkers, "own_checkers": checkers}
    assert stands_by(serving(EAST, handover=handover(EAST), **thought)) is None
    assert stands_by(active_here(EAST, handover=handover(OHIO), **thought)) is None
    assert stands_by(serving(EAST, active="", standby="", **thought)) is None
    assert stands_by(serving(EAST, standby="", **thought)) is None


def test_it_says_nothing_that_does_not_come_from_its_role():
    """Whatever the checkers think of the other region: an active one never calls itself a standby, nor the reverse."""
    for own, other in itertools.product(Checkers, Checkers):
        thought = {"own_checkers": own, "checkers": other}
        assert stands_by(active_here(EAST, **thought)) in (False, None)
        assert stands_by(serving(EAST, **thought)) in (True, None)

"""A region that a recovery has fenced turns everybody away: that is its fence, and no crowd."""

import pytest
from ansible.module_utils.payments_dr.decision import Action, State, decide, decide_by_hand

from tests.unit.module_utils.observed import POLICY, REGIONS, active_here, looks, standing_by

TURNED_AWAY = looks([False], detail="429", status=429)


@pytest.mark.parametrize("here", REGIONS)
def test_a_failover_that_was_interrupted_after_the_fence_is_taken_up(here):
    seen = standing_by(here, probes=TURNED_AWAY, fenced=True)
    assert decide_by_hand(seen, POLICY, State.FAILED_OVER).action == Action.PROMOTE


@pytest.mark.parametrize("here", REGIONS)
def test_a_crowd_before_a_region_that_nobody_fenced_is_no_outage(here):
    seen = standing_by(here, probes=TURNED_AWAY)
    assert decide_by_hand(seen, POLICY, State.FAILED_OVER).action == Action.REFUSE


@pytest.mark.parametrize("here", REGIONS)
def test_a_fenced_region_that_follows_again_is_reopened(here):
    seen = active_here(here, probes=TURNED_AWAY, fenced=True, synchronization="connected", checkers="down")
    assert decide(seen, POLICY).action == Action.REOPEN

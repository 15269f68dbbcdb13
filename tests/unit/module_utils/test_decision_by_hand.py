"""What a person may do: the same guards, without the mode and the window, and with what the person waives."""

import dataclasses

import pytest
from ansible.module_utils.payments_dr.decision import NEVER_WAIVED, Action, State, decide_by_hand
from ansible.module_utils.payments_dr.observation import Lag, Probe

from tests.unit.module_utils.observed import (
    NOW,
    POLICY,
    REGIONS,
    active_here,
    handover,
    looks,
    peer,
    serving,
    standing_by,
)

FAILED_OVER, SWITCHED_OVER = State


def by_hand(seen, state=FAILED_OVER, override=()):
    return decide_by_hand(seen, POLICY, state, override)


@pytest.mark.parametrize("here", REGIONS)
@pytest.mark.parametrize("mode", ["automatic", "manual", ""])
def test_a_failover_needs_one_failed_probe_and_no_mode(here, mode):
    found = by_hand(standing_by(here, mode=mode, probes=looks([False])))
    assert found.action == Action.PROMOTE
    assert found.reason == f"{here} is promoted, losing at most 130 s of payments"


@pytest.mark.parametrize("here", REGIONS)
def test_a_switchover_needs_both_regions_well_and_loses_nothing(here):
    found = by_hand(serving(here), SWITCHED_OVER)
    assert (found.action, found.loss_seconds) == (Action.PROMOTE, 0.0)
    found = by_hand(standing_by(here), SWITCHED_OVER)
    assert found.action == Action.REFUSE
    assert "a dead region needs a failover" in found.reason


REFUSALS = {
    "silence": {"probes": looks([True])},
    "checkers": {"checkers": "up"},
    "engine-version": {"active_engine_version": ""},
    "synchronization": {"synchronization": "pending-resync"},
    "lag-known": {"lag": None},
    "rpo": {"lag": Lag(400_000, NOW - 80)},
    "own-api": {"own_probe": Probe(NOW, False, "certificate has expired")},
    "target-available": {"target": dataclasses.replace(standing_by().target, status="upgrading")},
}


@pytest.mark.parametrize(("guard", "changes"), REFUSALS.items(), ids=REFUSALS)
def test_what_a_guard_refuses_a_person_may_waive_by_its_name(guard, changes):
    refused = by_hand(standing_by(**changes))
    assert (refused.action, [one.name for one in refused.failed]) == (Action.REFUSE, [guard])
    waived = by_hand(standing_by(**changes), override=[guard])
    assert waived.action == Action.PROMOTE
    assert f"waived: {guard}: " in waived.reason


def test_to_waive_one_guard_is_not_to_waive_another():
    assert by_hand(standing_by(lag=None, checkers="up"), override=["checkers"]).action == Action.REFUSE


def test_a_person_without_any_lag_is_told_that_nobody_knows_the_loss():
    found = by_hand(standing_by(lag=None), override=["lag-known"])
    assert "losing an unknown part" in found.reason
    assert found.loss_seconds is None


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", [*sorted(NEVER_WAIVED), "mode", "nonsense"])
def test_some_guards_nobody_can_waive(name, state):
    with pytest.raises(ValueError, match=f"override: {name} may not be waived"):
        by_hand(standing_by(), state, [name])


def test_a_headless_standby_is_refused_whatever_is_waived():
    headless = dataclasses.replace(standing_by().target, available_instances=0)
    everything = [*REFUSALS]
    assert by_hand(standing_by(target=headless), override=everything).action == Action.REFUSE
    assert by_hand(standing_by(target=None), override=everything).action == Action.REFUSE
    assert by_hand(standing_by(active="", standby=""), override=everything).action == Action.REFUSE


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("here", REGIONS)
def test_done_already_and_under_way_are_no_refusals(here, state):
    assert by_hand(active_here(here), state).action == Action.STAY
    assert by_hand(standing_by(here, handover=handover(here)), state).action == Action.FOLLOW
    refused = by_hand(standing_by(here, handover=handover(peer(here))), state)
    assert refused.action == Action.REFUSE
    assert "wait until it has ended" in refused.reason


SWITCHOVER_REFUSALS = {
    "serves": {"probes": looks([False])},
    "synchronization": {"synchronization": ""},
    "own-api": {"own_probe": None},
    "engine-version": {"active_engine_version": "17.8"},
    "lag-known": {"lag": None},
}


@pytest.mark.parametrize(("guard", "changes"), SWITCHOVER_REFUSALS.items(), ids=SWITCHOVER_REFUSALS)
def test_a_switchover_has_guards_of_its_own(guard, changes):
    refused = by_hand(serving(**changes), SWITCHED_OVER)
    assert (refused.action, [one.name for one in refused.failed]) == (Action.REFUSE, [guard])
    assert by_hand(serving(**changes), SWITCHED_OVER, [guard]).action == Action.PROMOTE


def test_another_state_is_refused():
    with pytest.raises(ValueError, match="promoted"):
        by_hand(standing_by(), "promoted")

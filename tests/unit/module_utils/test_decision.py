"""What the function decides in every outage, in both directions and modes; and what makes it decide otherwise."""

import dataclasses
import json
import re

import pytest
from ansible.module_utils.payments_dr.decision import Action, decide
from ansible.module_utils.payments_dr.observation import Lag, Probe

from tests.unit.module_utils.observed import NOW, POLICY, REGIONS, looks, peer, serving, silent, standing_by
from tests.unit.module_utils.outages import DOWN, ROWS


@pytest.mark.parametrize("here", REGIONS)
@pytest.mark.parametrize("mode", ["automatic", "manual"])
@pytest.mark.parametrize(("look", "automatic", "manual", "words"), ROWS.values(), ids=ROWS)
def test_every_outage_ends_as_it_must(look, automatic, manual, words, mode, here):
    seen = look(here)
    # A row that says the mode is unknown keeps it so.
    seen = dataclasses.replace(seen, mode=seen.mode and mode)
    found = decide(seen, POLICY)
    assert found.action == (automatic if mode == "automatic" else manual), found.reason
    if mode == "automatic":
        assert re.search(words, "; ".join([found.reason, *found.warnings]))
    json.dumps(found.as_log()), json.dumps(seen.as_log())


@pytest.mark.parametrize("here", REGIONS)
def test_a_promotion_is_told_with_who_why_and_what_it_costs(here):
    found = decide(standing_by(here), POLICY)
    said = f"{peer(here)} has not served for 70 s, and Route 53's checkers agree: {here} is promoted"
    assert found.reason == f"{said}, losing at most 60 s of payments"
    assert found.loss_seconds == pytest.approx(60, abs=1)
    assert all(guard.holds for guard in found.guards)


def test_in_mode_manual_only_the_mode_stands_in_the_way():
    found = decide(standing_by(mode="manual"), POLICY)
    assert [guard.name for guard in found.failed] == ["mode"]
    assert found.reason.endswith("mode: the mode is manual (expected: the mode in us-east-2 is automatic)")


def test_every_guard_that_fails_is_named_in_the_reason():
    seen = standing_by(mode="", checkers="up", target=None, lag=None, own_probe=None, synchronization="pending-resync")
    found = decide(seen, POLICY)
    assert found.action == Action.REFUSE
    assert len(found.failed) == 8, [guard.name for guard in found.failed]
    assert all(f"{guard.name}: {guard.seen}" in found.reason for guard in found.failed)


#: Each takes away one reason to promote.
SPOILERS = {
    "one good answer": {"probes": looks([*[False] * 10, True, *[False] * 10])},
    "nobody looked for a while": {"probes": silent(60, until=NOW - 60) + silent(20)},
    "looked long ago": {"probes": silent(90, until=NOW - 21)},
    "the clock jumped back": {"probes": silent(90, until=NOW + 100)},
    "two looks a minute apart": {"probes": looks([False, False], interval=61)},
    "the first look was slow": {"probes": (Probe(NOW - 75, False, "timed out", 18.0), *silent(50))},
    "the last look is slow": {"probes": (*silent(50, until=NOW - 12), Probe(NOW - 11, False, "timed out", 11.0))},
    "the checkers agree only now": {"probes": (*silent(checkers="up", until=NOW - 5), *looks([False]))},
    "nobody asked the checkers": {"probes": silent(checkers="unknown")},
    "mode unknown": {"mode": ""},
    "mode misspelt": {"mode": "Automatic"},
    "another region's cluster": {"target": dataclasses.replace(standing_by("us-east-1").target)},
    "no engine version": {"active_engine_version": ""},
    "a lag from before a silence": {"lag": Lag(0, NOW - 400)},
    "own api claims to be the writer": {"own_probe": Probe(NOW, True, "ok", 0.1, 200)},
    "own api says standby without an answer": {"own_probe": Probe(NOW, False, "standby", 0.1, None)},
}


@pytest.mark.parametrize("changes", SPOILERS.values(), ids=SPOILERS)
def test_without_any_one_reason_nothing_is_promoted(changes):
    assert decide(standing_by(), POLICY).action == Action.PROMOTE
    assert decide(standing_by(**changes), POLICY).action in {Action.STAY, Action.PROBE, Action.REFUSE}


def test_no_guard_is_there_for_show():
    """Each guard of an automatic promotion is the only one that fails in some row."""
    alone = set()
    for look, *_ in DOWN.values():
        failed = decide(look("us-east-2"), POLICY).failed
        if len({guard.seen for guard in failed}) == 1:
            alone |= {guard.name for guard in failed}
    alone |= {guard.name for guard in decide(standing_by(mode="manual"), POLICY).failed}
    assert alone == {guard.name for guard in decide(standing_by(), POLICY).guards}


def test_a_crowd_before_a_dead_region_does_not_hide_it():
    crowd = [Probe(probe.at + 2, False, "limit", 0.1, 429) for probe in silent()[:-1]]
    assert decide(standing_by(probes=(*silent(), *crowd)), POLICY).action == Action.PROMOTE


def test_the_lag_counts_up_to_the_outage_and_not_up_to_now():
    long_dark = silent(1800)
    seen = standing_by(probes=long_dark, lag=Lag(1000, long_dark[0].at - 100))
    assert decide(seen, POLICY).loss_seconds == pytest.approx(101)
    assert decide(seen, POLICY).action == Action.PROMOTE


def test_behind_a_broken_way_the_checkers_alone_prove_a_minute_of_outage():
    """They need 50 s to say down; a failover within the region ends before 60."""
    split = looks([False] * 60, until=NOW - 11, checkers="up")
    seen = standing_by(probes=(*split, *looks([False] * 2)))
    found = decide(seen, POLICY)
    assert (found.action, [guard.name for guard in found.failed]) == (Action.PROBE, ["checkers-settled"])
    later = standing_by(probes=(*split, *looks([False] * 3, until=NOW)))
    assert decide(later, POLICY).action == Action.PROMOTE


def test_payments_taken_behind_a_broken_way_count_as_lost():
    """The standby saw nothing for ten minutes, the world did; then the active region died."""
    split = looks([False] * 120, until=NOW - 65, checkers="up")
    found = decide(standing_by(probes=(*split, *silent(50)), lag=Lag(100, split[0].at - 60)), POLICY)
    assert found.action == Action.REFUSE
    assert [guard.name for guard in found.failed] == ["lag-known", "rpo"]


def test_what_stands_in_the_way_is_told_before_it_is_needed():
    headless = dataclasses.replace(serving().target, available_instances=0)
    found = decide(serving(target=headless, mode="manual"), POLICY)
    assert found.action == Action.STAY
    assert [warning.split(":")[1].strip() for warning in found.warnings] == ["target-instance", "mode"]

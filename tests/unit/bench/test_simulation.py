"""The simulation finds what it is there to find: a decider that is too quick, too trusting or too shy is caught."""

import dataclasses

import pytest

from module_utils.payments_dr.decision import Action, Decision, decide
from module_utils.payments_dr.observation import Checkers
from module_utils.payments_dr.policy import Policy
from tests.bench import simulation_episode
from tests.bench.simulation import (
    ONE_LOOK_A_MINUTE,
    Unsafe,
    calm_table,
    faults,
    main,
    markdown,
    measure,
    percentile,
    play,
)
from tests.bench.simulation_episode import Episode
from tests.bench.simulation_kinds import KINDS, roll


def played(kinds, seeds=range(6), policy=None):
    return [Episode(roll(kind, seed), policy or Policy()).run() for kind in kinds for seed in seeds]


def test_the_same_seed_plays_the_same_episode():
    assert play(17, first_seed=3) == play(17, first_seed=3)
    assert roll("dark", 1) != roll("dark", 2)


def test_the_code_that_decides_has_no_fault_in_any_kind():
    outcomes = played(KINDS, seeds=range(3))
    assert faults(outcomes) == []
    assert {one.kind for one in outcomes if one.promoted} > {"dark", "dark, comes back as it was"}


def trusting(seen, policy):
    """Believes its own probes alone."""
    probes = tuple(dataclasses.replace(probe, checkers=Checkers.DOWN) for probe in seen.probes)
    return decide(dataclasses.replace(seen, checkers=Checkers.DOWN, probes=probes), policy)


def shy(seen, policy):
    return Decision(Action.REFUSE, "never")


def blind_to_mode(seen, policy):
    return decide(dataclasses.replace(seen, mode="automatic"), policy)


def blind_to_lag(seen, policy):
    return decide(seen, dataclasses.replace(policy, rpo_seconds=1e9, lag_age_seconds=1e9))


def blind_to_handovers(seen, policy):
    return decide(dataclasses.replace(seen, handover=None), policy)


DECIDERS = {
    "trusting": (trusting, "split: only the standby cannot reach it", "the active region served"),
    "trusting, cut off": (trusting, "standby cut off from the world", "the active region served"),
    "shy": (shy, "dark", "missed promotion"),
    "blind to the mode": (blind_to_mode, "dark, mode manual", "the mode was manual"),
    "blind to the lag": (blind_to_lag, "dark, replication broken before", "more was lost than the RPO"),
    "blind to the lag, behind a split": (blind_to_lag, "split, then dark", "more was lost than the RPO"),
    "blind to handovers": (blind_to_handovers, "dark, an operator at the same time", "an operator was promoting"),
}


@pytest.mark.parametrize(("decider", "kind", "words"), DECIDERS.values(), ids=DECIDERS)
def test_a_bad_decider_is_caught(monkeypatch, decider, kind, words):
    monkeypatch.setattr(simulation_episode, "decide", decider)
    found = faults(played([kind]))
    assert any(words in sentence and f"--kind '{kind}'" in sentence for sentence in found), found


def test_both_regions_accepting_payments_is_caught(monkeypatch):
    monkeypatch.setattr(simulation_episode, "decide", trusting)
    outcomes = played(["split: only the standby cannot reach it"])
    assert any("both regions accepted payments" in sentence for sentence in faults(outcomes))


def test_a_window_too_short_is_caught(monkeypatch):
    monkeypatch.setattr(simulation_episode, "decide", trusting)
    hasty = Policy(detection_seconds=25)
    found = faults(played(["failover within the region"], seeds=range(20), policy=hasty))
    assert any("false promotion" in sentence for sentence in found)


def test_the_command_fails_when_something_was_found(monkeypatch, capsys):
    monkeypatch.setattr("tests.bench.simulation.simulated", lambda episodes, seed: bad)
    bad = [dataclasses.replace(play(0), false="the active region served")]
    assert main(["--episodes", "1"]) == 1
    assert "--kind 'all is well' --seed 0" in capsys.readouterr().err
    with pytest.raises(Unsafe):
        measure(1)
    bad = [play(0)]
    assert main(["--episodes", "1"]) == 0


def test_one_episode_can_be_played_again(capsys):
    assert main(["--kind", "dark", "--seed", "4"]) == 0
    assert "promoted=True" in capsys.readouterr().out


def test_looking_on_while_all_is_well_saves_what_the_schedule_costs():
    def first_clients(policy):
        return [one.rto_first for one in played(["dark"], seeds=range(40), policy=policy)]

    once, calm = first_clients(ONE_LOOK_A_MINUTE), first_clients(Policy())
    assert percentile(once, 0.5) - percentile(calm, 0.5) > 15
    assert max(calm) < max(once) - 20
    rows = calm_table(played(["dark"], seeds=range(40))).splitlines()
    assert f" {percentile(once, 0.5):.0f} |" in rows[2]
    assert f" {percentile(calm, 0.5):.0f} |" in rows[4]


def homewards(seeds=range(60)):
    """The outages of us-east-2 among these, as (first, last client)."""
    outcomes = played(["dark"], seeds=seeds)
    return [(one.rto_first, one.rto_all) for one in outcomes if one.active == "us-east-2"]


def test_the_latch_hides_the_time_that_the_checks_of_us_east_1_take(monkeypatch):
    latched = homewards()
    monkeypatch.setattr(simulation_episode, "stands_by", lambda seen: False)
    proven = homewards()
    assert all(
        new <= old for latch, proof in zip(latched, proven, strict=True) for new, old in zip(latch, proof, strict=True)
    )
    for number in (0, 1):
        medians = [percentile([one[number] for one in found], 0.5) for found in (latched, proven)]
        assert medians[1] - medians[0] > 40


def test_a_blip_that_nobody_promotes_for_leads_clients_astray_until_the_checkers_see_it():
    found = [one.astray for one in played(["blip"]) + played(["all is well"])]
    assert max(found) == 0, "too short for the checkers"
    refused = [one.astray for one in played(["dark, mode manual"], seeds=range(40)) if not one.promoted]
    assert 40 < max(refused) <= 60


def test_the_figures_are_those_of_the_outcomes():
    outcomes = played(["dark", "blip"])
    text = markdown(outcomes, 1.0)
    longest = max(one.rto_all for one in outcomes if one.promoted)
    assert f"{longest:.0f} |" in text
    assert "False promotions: **0**" in text


@pytest.mark.parametrize(("share", "expected"), [(0.5, 5), (0.9, 9), (0.99, 10), (1.0, 10)])
def test_percentiles_are_values_that_were_seen(share, expected):
    assert percentile([float(value) for value in range(10, 0, -1)], share) == expected
    assert percentile([3.0], share) == 3.0

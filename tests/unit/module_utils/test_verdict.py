"""A deployment that is as it should be is ready; every sabotage makes it not ready, by the check that names it."""

import copy
import dataclasses

import pytest
from ansible.module_utils.payments_dr.checks.mends import DEPLOY, MENDS, mend
from ansible.module_utils.payments_dr.checks.verdict import judge

from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, OHIO, POLICY, REGIONS
from tests.unit.module_utils.sabotages import AURORA, SABOTAGES, SERVICES, answer, check, in_route53, rule, set_in


def verdict(break_it=None, writer=EAST, policy=POLICY):
    """The verdict about a good deployment after `break_it(facts, route53)`."""
    facts, route53 = copy.deepcopy(deployed.facts(writer)), copy.deepcopy(deployed.route53(writer))
    if break_it:
        break_it(facts, route53)
    return judge(policy, REGIONS, facts, route53)


def failed(found):
    return {(check.name, check.region): check for check in found.checks if not check.ok}


@pytest.mark.parametrize("writer", REGIONS)
def test_a_good_deployment_is_ready_whoever_is_active(writer):
    found = verdict(writer=writer)
    assert failed(found) == {}
    assert found.ready
    assert (found.active, found.standby) == (writer, deployed.peer(writer))
    assert found.rto_budget_seconds == 10 * 6 + 60 + 120


@pytest.mark.parametrize(("sabotage", "culprits"), SABOTAGES.values(), ids=SABOTAGES)
def test_a_sabotage_is_found_and_nothing_else(sabotage, culprits):
    found = verdict(sabotage)
    assert not found.ready
    assert set(failed(found)) == {(name, region) for name, region, _ in culprits}
    for name, region, words in culprits:
        assert words in failed(found)[name, region].observed
        assert failed(found)[name, region].expected != failed(found)[name, region].observed


def test_a_manual_mode_is_a_warning_with_who_and_why():
    manual = {"mode": "manual", "by": "anna", "why": "upgrade", "at": "2026-11-22T12:00:00Z"}
    found = verdict(set_in([OHIO, "failover", "mode"], manual))
    assert found.ready
    assert list(failed(found)) == [("failover-armed", OHIO)]
    assert failed(found)["failover-armed", OHIO].observed == (
        "it is manual since 2026-11-22T12:00:00Z, by anna: upgrade"
    )


@pytest.mark.parametrize(
    ("writer", "state", "words"),
    [
        (OHIO, "OK", "alarm-standing-by-us-east-1-test-a1 is OK"),
        (OHIO, "INSUFFICIENT_DATA", "alarm-standing-by-us-east-1-test-a1 is INSUFFICIENT_DATA"),
        (EAST, "ALARM", "alarm-standing-by-us-east-1-test-a1 is ALARM"),
        (EAST, "INSUFFICIENT_DATA", ""),
    ],
)
def test_a_latch_that_does_not_know_the_role_yet_is_a_warning(writer, state, words):
    found = verdict(set_in([EAST, "services", "alarms", -1, "state"], state), writer=writer)
    assert found.ready
    assert {name: one.observed for name, one in failed(found).items()} == (
        {("standing-by", EAST): words} if words else {}
    )


@pytest.mark.parametrize(
    ("path", "value", "name", "words"),
    [
        (
            [EAST, "journal", "epoch", "replayed"],
            False,
            "journal-replayed",
            "nobody has replayed it since epoch 1 began",
        ),
        (
            [EAST, "services", "alarms", 3, "state"],
            "ALARM",
            "payments-journaled",
            "alarm-payments-unjournaled-us-east-1",
        ),
        ([EAST, "services", "alarms", 4, "state"], "ALARM", "payments-journaled", "have no copy in us-east-2"),
    ],
)
def test_what_the_active_region_still_has_to_copy_is_a_warning(path, value, name, words):
    found = verdict(set_in(path, value))
    assert found.ready
    assert list(failed(found)) == [(name, EAST)]
    assert words in failed(found)[name, EAST].observed


def test_a_standby_has_nothing_to_replay():
    assert failed(verdict(set_in([OHIO, "journal", "epoch", "replayed"], False))) == {}


def test_a_gate_that_was_left_behind_is_named():
    found = verdict(set_in([EAST, "journal", "gates", "gate-03"], "1 us-east-1"), writer=OHIO)
    assert list(failed(found)) == [("epoch-gates", EAST)]
    assert failed(found)["epoch-gates", EAST].observed == "gate-03 1 us-east-1"


def test_gates_may_be_missing_before_the_first_promotion_only():
    assert failed(verdict(set_in([OHIO, "journal", "gates"], {}))) == {}
    assert list(failed(verdict(set_in([OHIO, "journal", "gates"], {}), writer=OHIO))) == [("epoch-gates", OHIO)]


def test_a_standby_may_answer_that_it_is_not_writable():
    assert verdict(set_in([*SERVICES, "health", "status_code"], 503)).ready


def test_a_primary_region_as_standby_may_have_a_beacon_that_says_down():
    assert verdict(in_route53(lambda r: answer(r, "beacon-us-east-1").update(values=["down"])), writer=OHIO).ready


def test_lag_may_be_unknown_when_the_policy_allows_it():
    assert verdict(set_in([*AURORA, "rpo_lag"], None), policy=dataclasses.replace(POLICY, lag_required=False)).ready


def test_a_budget_over_the_objective_is_not_ready():
    found = verdict(policy=dataclasses.replace(POLICY, rto_seconds=239))
    assert list(failed(found)) == [("rto-budget", "global")]
    assert found.rto_budget_seconds == 240


def test_the_budget_is_what_is_deployed_not_what_is_configured():
    def slower(route53):
        check(route53, "endpoint-us-east-1").update(interval_seconds=30, failure_threshold=10)

    assert verdict(in_route53(slower)).rto_budget_seconds == 30 * 10 + 60 + 120


def test_without_health_checks_there_is_no_budget():
    found = verdict(in_route53(lambda r: r["health_checks"].clear()))
    assert found.rto_budget_seconds is None
    assert "cannot be computed" in failed(found)["rto-budget", "global"].observed


def test_a_region_that_took_no_part_is_not_good_enough():
    found = verdict(lambda facts, _: facts.pop(EAST))
    assert "--limit" in failed(found)["region-verified", EAST].observed
    assert found.standby == OHIO


def test_a_dark_region_is_named_with_its_reason_and_the_other_is_still_checked():
    def darken(facts, route53):
        facts[EAST] = {subject: {"reachable": False, "reason": "Could not sign in"} for subject in facts[EAST]}
        rule(facts, OHIO)["status"] = "Disabled"

    found = verdict(darken)
    assert failed(found)["region-verified", EAST].observed == "Could not sign in"
    assert ("s3-rule-enabled", OHIO) in failed(found)
    assert (found.active, found.standby) == (EAST, OHIO)


def test_a_region_that_refuses_us_is_named_with_the_reason():
    found = verdict(lambda facts, _: facts[EAST].update(error="Could not list: AccessDenied"))
    assert failed(found)["region-verified", EAST].observed == "Could not list: AccessDenied"


def test_dns_answers_are_checked_while_the_control_plane_is_dark():
    def darken(route53):
        route53.update(reachable=False, reason="Could not list the health checks")
        del route53["records"], route53["health_checks"]
        answer(route53, "api.").update(values=["nowhere"])

    found = failed(verdict(in_route53(darken)))
    assert ("dns-answer", EAST) in found
    assert found["route53-control-plane", "global"].observed == "Could not list the health checks"


def undeployed(region):
    problem = f"not deployed: parameter parameter-topology-test-a1 not found in {region}"
    seen = {**deployed.topology(), "published": False, "document": {}, "problem": problem, "active_region": ""}
    nothing = {
        subject: {"reachable": False, "reason": "not read"}
        for subject in ("aurora", "s3", "services", "failover", "journal")
    }
    return {"topology": {**seen, "standby_region": ""}, **nothing}


def test_nothing_deployed_is_one_clear_failure():
    found = judge(POLICY, REGIONS, {region: undeployed(region) for region in REGIONS}, {})
    (only,) = found.checks
    sentence = "not deployed: parameter parameter-topology-test-a1 not found in us-east-1 and us-east-2"
    assert (only.name, only.observed, found.ready) == ("topology-published", sentence, False)


def test_a_parameter_missing_in_one_region_is_named():
    found = verdict(lambda facts, _: facts[OHIO]["topology"].update(undeployed(OHIO)["topology"]))
    assert list(failed(found)) == [("topology-published", OHIO)]


def test_nobody_answering_is_not_ready():
    dark = {"topology": {"reachable": False, "reason": "no route"}}
    found = judge(POLICY, REGIONS, dict.fromkeys(REGIONS, dark), {})
    assert set(failed(found)) == {("region-verified", EAST), ("region-verified", OHIO)}


def test_every_check_that_was_ever_seen_has_a_name_and_region_of_its_own():
    for sabotage in [None, *(sabotage for sabotage, _ in SABOTAGES.values())]:
        seen = [(one.name, one.region) for one in verdict(sabotage).checks]
        assert len(seen) == len(set(seen))


def test_mends_are_for_checks_that_exist():
    seen = {one.name for sabotage, _ in SABOTAGES.values() for one in verdict(sabotage).checks}
    assert set(MENDS) <= seen
    assert mend("dns-ttl") == DEPLOY

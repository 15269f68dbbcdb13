"""The verdict as a module: what comes back, and what it refuses to be asked."""

import dataclasses

import pytest
import standby_readiness

from tests.unit.library.running import run, undocumented
from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, POLICY, REGIONS

PARAMS = {
    "environment": "test-a1",
    "regions": REGIONS,
    "facts": deployed.facts(),
    "route53": deployed.route53(),
    "policy": dataclasses.asdict(POLICY),
}


def judged(**params):
    return run(standby_readiness, {**PARAMS, **params}, aws=False)


def test_everything_that_is_documented_comes_back():
    result = judged()
    assert undocumented(standby_readiness, result) == []
    assert result["report"]["ready"] is True
    assert result["report"]["rto_budget_seconds"] == 240
    assert (result["culprits"], result["changed"]) == ("", False)


def test_a_region_left_out_is_named():
    result = judged(facts={EAST: deployed.facts()[EAST]})
    assert result["report"]["ready"] is False
    assert result["culprits"] == "region-verified (us-east-2)"
    assert result["lines"][0] == "NOT READY: test-a1, 1 of 72 checks failed"


def test_the_policy_has_to_count_the_instances_of_both_regions():
    result = judged(policy={**PARAMS["policy"], "instances": {EAST: 2}})
    assert result["msg"] == "policy.instances: say how many instances us-east-2 must have"


@pytest.mark.parametrize("name", ["rto_seconds", "record_ttl_seconds", "instances"])
def test_the_policy_has_to_be_whole(name):
    policy = {key: value for key, value in PARAMS["policy"].items() if key != name}
    assert name in judged(policy=policy)["msg"]


def test_the_same_in_check_mode():
    result = run(standby_readiness, PARAMS, check_mode=True, aws=False)
    assert result["report"]["ready"] is True

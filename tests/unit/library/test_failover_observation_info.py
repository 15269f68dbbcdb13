"""What a region sees, what would be decided, and what its function decided last."""

import datetime
import json

import failover_observation_info
import pytest
from ansible.module_utils.payments_dr.calls import AwsFailure

from tests.unit.library.recovering import document, lose, run_in
from tests.unit.library.running import undocumented
from tests.unit.module_utils.deployed import EAST, OHIO
from tests.unit.module_utils.fake_aws import START

GROUP = f"/aws/lambda/lambda-failover-{OHIO}-test-a1"


def line(seconds_ago, action="stay", event="decision"):
    told = {"event": event, "level": "INFO", "decision": {"action": action, "reason": f"{seconds_ago} s ago"}}
    return {"timestamp": int((START - seconds_ago) * 1000), "message": json.dumps(told)}


@pytest.fixture
def look(world, monkeypatch):
    def asked(**options):
        given = {"observer": OHIO, "topology": document(), "dns_servers": ["x"], **options}
        return run_in(world, monkeypatch, failover_observation_info, **given)

    return asked


def test_everything_that_is_documented_comes_back(world, look):
    world.regions[OHIO].lines = [
        line(70),
        line(10, "probe"),
        line(5, event="progress"),
        {"timestamp": 1, "message": "START"},
    ]
    result = look(log_group=GROUP)
    documented = {key: result[key] for key in result if key not in ("observation", "last_decision")}
    told = undocumented(failover_observation_info, {**documented, "observation": {}, "last_decision": {}})
    assert told == []
    assert (result["observation"]["active"], result["observation"]["errors"]) == (EAST, {})
    assert result["decision"]["action"] == "stay"
    assert result["last_decision"] == {"at": result["last_decision"]["at"], "action": "probe", "reason": "10 s ago"}
    assert result["lines"][0].startswith("STAY: ")


def test_the_function_would_go_on_probing_where_a_person_may_act(world, look):
    lose(world)
    assert look()["decision"]["action"] == "probe"
    result = look(state="failed_over")
    assert result["decision"]["action"] == "promote"
    assert result["lines"][1].startswith("  holds   ")
    refused = look(state="switched_over")
    assert refused["decision"]["action"] == "refuse"
    assert any(told.startswith("  refuses serves") for told in refused["lines"])


def test_looking_changes_nothing_and_calls_one_region(world, look):
    lose(world)
    look(state="failed_over", log_group=GROUP)
    assert world.changes() == []
    assert {region for region, _ in world.calls} == {OHIO}


def test_a_log_that_cannot_be_read_is_told_and_no_failure(world, look):
    assert "has no decision of the last 15 minutes" in look(log_group=GROUP)["log_problem"]
    world.failures[OHIO, "filter_log_events"] = [AwsFailure("no such log group", "ResourceNotFoundException")]
    result = look(log_group=GROUP)
    assert (result["last_decision"], result["log_problem"]) == (None, "no such log group")
    assert look()["log_problem"] == ""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"observer": "x"}, "observer: expected"),
        ({"state": "failed_over", "override": ["nothing"]}, "override: nothing"),
        ({"policy": {"x": 1}}, "x: unknown"),
    ],
)
def test_a_wrong_option_is_named(look, options, told):
    assert told in look(**options)["msg"]


def looked(seconds_ago, ok, checkers):
    """A decision's line with the one look that it was made from."""
    at = datetime.datetime.fromtimestamp(START - seconds_ago, datetime.UTC).isoformat()
    probe = {"at": at, "ok": ok, "detail": "x", "seconds": 0.1, "status": None, "checkers": checkers}
    told = {"event": "decision", "decision": {"action": "x"}, "observation": {"probes": [probe]}}
    return {"timestamp": int((START - seconds_ago) * 1000), "message": json.dumps(told)}


def test_a_person_who_comes_late_goes_by_when_the_function_saw_the_outage_begin(world, look):
    lose(world)
    world.regions[OHIO].lags = [(84.0, START - 2000), (1_900_000.0, START - 60)]
    world.regions[OHIO].lines = [looked(1990, True, "up"), looked(1980, False, "up"), looked(1900, False, "down")]
    result = look(state="failed_over")
    assert result["decision"]["action"] == "promote"
    assert 20 <= result["decision"]["loss_seconds"] < 21
    world.regions[OHIO].lines = []
    refused = look(state="failed_over")
    assert {guard["name"] for guard in refused["decision"]["guards"] if not guard["holds"]} == {"rpo"}


def test_a_memory_that_cannot_be_read_or_understood_is_none(world, look):
    lose(world)
    world.regions[OHIO].lines = [looked(1990, True, "up")]
    world.regions[OHIO].lines[0]["message"] = world.regions[OHIO].lines[0]["message"].replace('"ok"', '"fine"')
    assert look(state="failed_over")["decision"]["action"] == "promote"
    world.failures[OHIO, "filter_log_events"] = [AwsFailure("Could not read the log", "AccessDenied")]
    result = look(state="failed_over")
    assert result["observation"]["errors"]["memory"] == "Could not read the log"

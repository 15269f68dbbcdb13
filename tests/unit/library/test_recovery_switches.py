"""Evacuation, fence, mode and alert, as a playbook asks for them."""

import alert
import failover_mode
import failover_mode_info
import function_fence
import pytest
import traffic_evacuation

from tests.unit.library.recovering import document, run_in
from tests.unit.library.running import undocumented
from tests.unit.module_utils.deployed import EAST, OHIO, place
from tests.unit.module_utils.fake_aws import FENCES, PARAMETER

TOPIC = place(OHIO)["alerts_topic_arn"]


@pytest.fixture
def ask(world, monkeypatch):
    return lambda module, check_mode=False, **options: run_in(world, monkeypatch, module, check_mode, **options)


def documented(module, result):
    return undocumented(module, {key: result[key] for key in result if key != "diff"})


def evacuation(**options):
    return {"evacuated_region": EAST, "topology": document(), "wait": False, **options}


def test_evacuating_is_told_and_shown(world, ask):
    result = ask(traffic_evacuation, **evacuation())
    assert documented(traffic_evacuation, result) == []
    assert (result["changed"], result["standing_in"], result["confirmed"]) == (True, OHIO, False)
    assert result["diff"] == {"before": {"evacuated": False}, "after": {"evacuated": True}}


def test_evacuating_waits_for_the_alarm_when_asked(world, ask):
    world.time.at(60, lambda: setattr(world.regions[OHIO], "alarm", "ALARM"))
    assert ask(traffic_evacuation, **evacuation(wait=True))["confirmed"] is True
    world.regions[OHIO].alarm = "OK"
    late = ask(traffic_evacuation, **evacuation(wait=True, wait_timeout_seconds=5))
    assert late["failed"] and "Waited 5 s" in late["msg"]


def test_evacuating_in_check_mode_puts_nothing(world, ask):
    assert ask(traffic_evacuation, check_mode=True, **evacuation())["changed"] is True
    assert world.changes() == []


def test_what_is_not_evacuated_need_not_be_let_in(world, ask):
    result = ask(traffic_evacuation, **evacuation(state="absent"))
    assert (result["changed"], result["confirmed"]) == (False, True)
    assert result["diff"]["after"] == {"evacuated": False}


def fence(**options):
    return {"fenced_region": EAST, "topology": document(), **options}


def test_fencing_is_told_and_shown(world, ask):
    result = ask(function_fence, **fence(state="fenced"))
    assert documented(function_fence, result) == []
    assert (result["changed"], result["reachable"], result["earlier"]) == (True, True, 20)
    assert result["diff"] == {"before": {"reserved_concurrency": 20}, "after": {"reserved_concurrency": 0}}
    assert ask(function_fence, **fence(state="fenced"))["changed"] is False
    assert ask(function_fence, **fence(state="open"))["after"] == 20


def test_a_dark_region_is_not_fenced_and_no_failure(world, ask):
    world.regions[EAST].dark = True
    result = ask(function_fence, **fence(state="fenced"))
    assert "failed" not in result
    assert (result["changed"], result["reachable"], result["fenced"]) == (False, False, None)


def test_opening_a_dark_region_is_a_failure(world, ask):
    world.regions[EAST].dark = True
    assert ask(function_fence, **fence(state="open"))["failed"]


def test_keeping_needs_a_number_and_respects_the_fence(world, ask):
    assert "reserved_concurrency" in ask(function_fence, **fence(state="kept"))["msg"]
    assert ask(function_fence, **fence(state="kept", reserved_concurrency=30))["changed"] is True
    ask(function_fence, **fence(state="fenced"))
    assert ask(function_fence, **fence(state="kept", reserved_concurrency=30))["fenced"] is True


def test_opening_without_a_memory_is_explained(world, ask):
    del world.regions[OHIO].parameters[FENCES]
    assert f"{FENCES} not found in {OHIO}: run deploy.yml" in ask(function_fence, **fence(state="open"))["msg"]


@pytest.mark.parametrize("module", [traffic_evacuation, function_fence])
def test_an_unknown_region_is_named(ask, module):
    options = evacuation(evacuated_region="x") if module is traffic_evacuation else fence(fenced_region="x")
    told = ask(module, **options, state="absent" if module is traffic_evacuation else "open")["msg"]
    assert f"_region: expected {EAST} or {OHIO}, found 'x'" in told


def mode(**options):
    return {"parameter": PARAMETER, "mode": "manual", "by": "anna", "why": "upgrade", **options}


def test_the_mode_is_set_once_and_read_back(world, ask):
    result = ask(failover_mode, **mode())
    assert documented(failover_mode, result) == []
    assert (result["changed"], result["before"]["by"], result["after"]["by"]) == (True, "terraform", "anna")
    assert result["diff"] == {"before": result["before"], "after": result["after"]}
    again = ask(failover_mode, **mode(by="bert"))
    assert (again["changed"], again["after"]["by"]) == (False, "anna")
    found = ask(failover_mode_info, parameter=PARAMETER)
    assert documented(failover_mode_info, found) == []
    assert (found["mode"], found["by"], found["why"], found["problem"]) == ("manual", "anna", "upgrade", "")


def test_the_mode_in_check_mode_is_only_foretold(world, ask):
    result = ask(failover_mode, check_mode=True, **mode())
    assert (result["changed"], result["after"]["mode"]) == (True, "manual")
    assert world.changes() == []


@pytest.mark.parametrize(
    ("module", "options"), [(failover_mode, mode()), (failover_mode_info, {"parameter": PARAMETER})]
)
def test_a_dark_region_has_no_mode_and_is_no_failure(world, ask, module, options):
    world.regions[OHIO].dark = True
    result = ask(module, **options)
    assert (result["reachable"], result["changed"]) == (False, False)
    assert "does not answer" in result["reason"]


def test_a_broken_mode_is_a_problem_that_is_told(world, ask):
    world.regions[OHIO].parameters[PARAMETER] = "automatic"
    result = ask(failover_mode_info, parameter=PARAMETER)
    assert (result["mode"], result["reachable"]) == ("", True)
    assert "not JSON" in result["problem"]


def test_people_are_told_by_the_topic_s_own_region(world, ask):
    world.regions[EAST].dark = True
    result = ask(alert, topic_arn=TOPIC, subject="Payments run\nin Zürich " + "x" * 100, message="Next: status.yml")
    assert documented(alert, result) == []
    assert (result["message_id"], result["region"]) == ("one", OHIO)
    told = world.regions[OHIO].published[0]
    assert told["Subject"].startswith("Payments run in Z?rich") and len(told["Subject"]) == 100
    assert told["Message"] == "Next: status.yml"


def test_nobody_is_told_in_check_mode(world, ask):
    assert ask(alert, check_mode=True, topic_arn=TOPIC, subject="a", message="b")["changed"] is True
    assert world.calls == []


@pytest.mark.parametrize("topic", ["alerts", "arn:aws:s3:::bucket"])
def test_what_is_no_topic_is_named(ask, topic):
    assert "topic_arn: " in ask(alert, topic_arn=topic, subject="a", message="b")["msg"]

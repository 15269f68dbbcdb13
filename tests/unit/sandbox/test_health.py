import pytest
from ministack.core.responses import request_scope
from ministack.services import cloudwatch

from sandbox import health

ACCOUNT = "222222222222"
ENDPOINT = {"Type": "HTTPS", "FullyQualifiedDomainName": "api.example.com"}
ALARM = {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Name": "evacuate", "Region": "us-east-2"}}


@pytest.fixture(autouse=True)
def no_reports():
    yield
    health.endpoints.clear()


def status(checks, check_id="a", alarms=()):
    return health.status(check_id, checks, lambda identifier: alarms)


def test_a_new_endpoint_check_is_healthy_until_the_checkers_say_otherwise():
    assert status({"a": ENDPOINT})
    health.endpoints["a"] = False
    assert not status({"a": ENDPOINT})
    assert not health.status("a", {"a": ENDPOINT}, list)


@pytest.mark.parametrize("reported", [True, False])
@pytest.mark.parametrize("disabled", [True, False])
@pytest.mark.parametrize("inverted", [True, False])
def test_disabled_counts_as_healthy_and_inverted_turns_round(reported, disabled, inverted):
    health.endpoints["a"] = reported
    config = {**ENDPOINT, "Disabled": disabled, "Inverted": inverted}
    assert status({"a": config}) is ((disabled or reported) != inverted)


@pytest.mark.parametrize(
    ("threshold", "unhealthy", "expected"),
    [(3, "", True), (3, "b", False), (2, "b", True), (2, "bc", False), (0, "bcd", True), (4, "", False)],
)
def test_a_calculated_check_counts_its_healthy_children(threshold, unhealthy, expected):
    for child in unhealthy:
        health.endpoints[child] = False
    parent = {"Type": "CALCULATED", "ChildHealthChecks": ["b", "c", "d"], "HealthThreshold": threshold}
    assert status({"a": parent, "b": ENDPOINT, "c": ENDPOINT, "d": ENDPOINT}) is expected


def test_a_deleted_check_and_a_circle_stop_nothing():
    assert status({})
    circle = {"Type": "CALCULATED", "HealthThreshold": 1}
    checks = {"a": {**circle, "ChildHealthChecks": ["b"]}, "b": {**circle, "ChildHealthChecks": ["a"]}}
    assert status(checks)


@pytest.mark.parametrize(
    ("states", "insufficient", "expected"),
    [
        (["OK"], "Unhealthy", True),
        (["ALARM"], "Healthy", False),
        (["INSUFFICIENT_DATA"], "Healthy", True),
        (["INSUFFICIENT_DATA"], "Unhealthy", False),
        (["INSUFFICIENT_DATA"], "LastKnownStatus", True),
        (["INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "ALARM", "OK"], "LastKnownStatus", False),
        (["INSUFFICIENT_DATA", "OK", "ALARM"], "LastKnownStatus", True),
        (["INSUFFICIENT_DATA", "ALARM"], None, False),
        (["INSUFFICIENT_DATA", "ALARM"], "Healthy", True),
        ([], "Unhealthy", False),
        ([], "LastKnownStatus", True),
    ],
)
def test_what_an_alarm_says(states, insufficient, expected):
    config = {**ALARM, "InsufficientDataHealthStatus": insufficient} if insufficient else ALARM
    assert status({"a": config}, alarms=states) is expected


def test_an_alarms_states_come_from_the_emulator_newest_first():
    with request_scope(ACCOUNT, "us-east-2"):
        cloudwatch._alarms["evacuate"] = {"AlarmName": "evacuate", "StateValue": "INSUFFICIENT_DATA"}
        cloudwatch._record_history("evacuate", "INSUFFICIENT_DATA", "OK", "")
        cloudwatch._record_history("evacuate", "OK", "ALARM", "")
        cloudwatch._record_history("other", "OK", "OK", "")
    try:
        found = health.alarm_states(ACCOUNT, ALARM["AlarmIdentifier"])
        assert found == ["INSUFFICIENT_DATA", "ALARM", "OK"]
        assert health.alarm_states(ACCOUNT, {"Name": "evacuate", "Region": "us-east-1"}) == []
        assert health.alarm_states("111111111111", ALARM["AlarmIdentifier"]) == []
    finally:
        cloudwatch.reset()

"""Metric alarms over the emulator's store: windows, dimensions, expressions, and what a change of state sets off."""

import json

import pytest
from ministack.core.responses import request_scope
from ministack.services import cloudwatch

from sandbox import alarms, meters
from sandbox.clock import Clock

ACCOUNT = "222222222222"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
NOW = 1_800_000_000  # the end of a minute
SETTINGS = {
    "Namespace": "AWS/X",
    "MetricName": "Lag",
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "AlarmActions": [TOPIC],
    "OKActions": [TOPIC],
    "Dimensions": [{"Name": "Cluster", "Value": "one"}],
}


@pytest.fixture(autouse=True)
def scope(monkeypatch):
    """An empty CloudWatch of the account, without the emulator's own evaluation."""
    monkeypatch.setattr(cloudwatch, "_evaluate_alarm", lambda alarm: None)
    with request_scope(ACCOUNT, "us-east-1"):
        cloudwatch.reset()
        yield
        cloudwatch.reset()


@pytest.fixture
def told(monkeypatch):
    """What the actions said, as (alarm, new state)."""
    found = []
    monkeypatch.setattr(
        cloudwatch, "_dispatch_alarm_actions", lambda alarm, old, new, reason: found.append((alarm["AlarmName"], new))
    )
    return found


def put(name="alarm", **settings):
    fields = SETTINGS | {"AlarmName": name} | settings
    if "Metrics" in settings:
        fields = {key: value for key, value in fields.items() if key not in ("Namespace", "MetricName", "Dimensions")}
    assert cloudwatch._put_metric_alarm({}, fields, False, True)[0] == 200
    alarm = cloudwatch._alarms[name]
    alarm.update({"Metrics": settings["Metrics"], "Period": None} if "Metrics" in settings else {})
    return alarm


def point(value, ago, metric="Lag", cluster="one", namespace="AWS/X"):
    dimensions = {"Cluster": cluster}
    key = namespace, metric, cloudwatch._dims_key(dimensions)
    cloudwatch._metric_bucket(key).append(
        {"Timestamp": NOW - ago, "Value": float(value), "Unit": "None", "Dimensions": dimensions}
    )


def evaluate(now=NOW, hurry=1.0, minute=True):
    return alarms.Evaluator(ACCOUNT, Clock(hurry)).evaluate(now, minute)


def state(name="alarm"):
    return cloudwatch._alarms[name]["StateValue"]


def test_a_breaching_minute_is_an_alarm_and_tells_it_once(told):
    put()
    point(9, ago=30)
    assert evaluate() == ["alarm"]
    assert state() == "ALARM"
    assert evaluate() == []
    assert told == [("alarm", "ALARM")]
    point(1, ago=-10)
    assert evaluate(NOW + 60) == ["alarm"]
    assert told[1:] == [("alarm", "OK")]


def test_the_minute_that_is_not_over_does_not_count():
    put()
    point(1, ago=30)
    point(9, ago=0)
    evaluate()
    assert state() == "OK"


def test_only_the_metric_with_exactly_these_dimensions_counts():
    put()
    point(9, ago=30, cluster="two")
    evaluate()
    assert state() == "INSUFFICIENT_DATA"


def test_a_change_is_in_the_history_with_its_reason():
    put()
    point(9, ago=30)
    evaluate()
    last = json.loads(cloudwatch._history_entries()[-1]["HistoryData"])
    assert last["oldState"]["stateValue"] == "INSUFFICIENT_DATA"
    assert "greater than the threshold (5.0)" in last["newState"]["stateReason"]
    assert last["newState"]["stateReasonData"]["recentDatapoints"] == [9.0]


def test_silence_is_treated_as_the_alarm_says():
    for missing in ("missing", "ignore", "breaching", "notBreaching"):
        put(missing, TreatMissingData=missing)
    evaluate()
    assert [state(name) for name in ("missing", "ignore", "breaching", "notBreaching")] == [
        "INSUFFICIENT_DATA",
        "INSUFFICIENT_DATA",
        "ALARM",
        "OK",
    ]


def test_an_alarm_that_ignores_silence_keeps_what_was_last_said():
    put(TreatMissingData="ignore")
    point(9, ago=30)
    evaluate()
    assert evaluate(NOW + 3600) == []
    assert state() == "ALARM"


def test_an_expression_over_two_dimensions():
    def metric(name, cluster):
        found = {"Namespace": "AWS/X", "MetricName": name, "Dimensions": [{"Name": "Cluster", "Value": cluster}]}
        return {"Metric": found, "Period": 60, "Stat": "Sum"}

    put(
        Metrics=[
            {"Id": "rate", "Expression": "100 * failed / total", "ReturnData": True},
            {"Id": "total", "Expression": "FILL(mine, 0) + FILL(yours, 0)", "ReturnData": False},
            {"Id": "mine", "MetricStat": metric("Count", "one"), "ReturnData": False},
            {"Id": "yours", "MetricStat": metric("Count", "two"), "ReturnData": False},
            {"Id": "failed", "MetricStat": metric("Failed", "one"), "ReturnData": False},
        ]
    )
    for _ in range(60):
        point(1, ago=30, metric="Count")
        point(1, ago=20, metric="Count", cluster="two")
    point(6, ago=30, metric="Failed")
    evaluate()
    assert state() == "OK", "6 of 120 are 5 %"
    point(1, ago=30, metric="Failed")
    evaluate()
    assert state() == "ALARM"


def test_an_expression_that_is_not_understood_is_said_once_and_stops_nothing(caplog):
    put("odd", Metrics=[{"Id": "odd", "Expression": "ANOMALY_DETECTION_BAND(m)", "ReturnData": True}])
    put()
    point(9, ago=30)
    evaluator = alarms.Evaluator(ACCOUNT, Clock())
    assert evaluator.evaluate(NOW) == ["alarm"]
    evaluator.evaluate(NOW + 60)
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["odd in us-east-1 is not evaluated"]


def test_in_a_hurry_a_minute_is_a_second():
    put()
    point(9, ago=1.5)
    point(1, ago=0.5)
    evaluate(hurry=60)
    assert state() == "OK"
    assert evaluate(now=NOW - 1, hurry=60) == ["alarm"]


def test_between_minutes_only_high_resolution_alarms_are_evaluated():
    put()
    put("quick", Period=10)
    point(9, ago=5)
    assert evaluate(minute=False) == ["quick"]


def test_a_composite_alarm_follows_its_child():
    put()
    rule = {"AlarmName": "above", "AlarmRule": "ALARM(alarm)"}
    assert cloudwatch._put_composite_alarm({}, rule, False, True)[0] == 200
    point(9, ago=30)
    evaluate()
    assert cloudwatch._composite_alarms["above"]["StateValue"] == "ALARM"


def test_percentiles_and_units():
    put("p50", Statistic=None, ExtendedStatistic="p50", Threshold=2.0)
    put("other-unit", Unit="Bytes")
    for value in (1, 2, 9):
        point(value, ago=30)
    evaluate()
    assert state("p50") == "OK"
    assert state("other-unit") == "INSUFFICIENT_DATA"


def test_equal_values_of_one_second_are_one_datum_with_a_count(monkeypatch):
    monkeypatch.setattr(meters.time, "time", lambda: NOW + 0.5)
    for value in (1, 1, 1, 4):
        meters.record("AWS/X", "Lag", value, "Count", {"Cluster": "one"})
    stored = cloudwatch._metrics["AWS/X", "Lag", "Cluster=one"]
    assert [(point["Value"], point["Count"]) for point in stored] == [(1.0, 3.0), (4.0, 1.0)]
    assert cloudwatch._calc_stats(stored)["Sum"] == 7
    monkeypatch.setattr(meters.time, "time", lambda: NOW + 1.5)
    meters.record("AWS/X", "Lag", 1, "Count", {"Cluster": "one"})
    assert len(stored) == 3

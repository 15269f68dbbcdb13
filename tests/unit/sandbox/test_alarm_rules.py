"""The examples of AWS's page on missing data, and the words of its reasons.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
X is a breaching datapoint, 0 one that is not, - a missing one; the newest comes last.
"""

import pytest

from sandbox.alarm_rules import Rule, judge, reason

VALUES = {"X": 9.0, "0": 0.0, "-": None}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
KEEP = None


def rule(missing="missing", periods=3, datapoints=3):
    return Rule("GreaterThanThreshold", 5.0, periods, datapoints, missing)


def values(points):
    return [VALUES[point] for point in points.split()]


@pytest.mark.parametrize(
    ("points", "datapoints", "expected"),
    [
        ("0 - X - X", 3, ("OK", "OK", "OK", "OK")),
        ("- - - - 0", 3, ("OK", "OK", "OK", "OK")),
        ("- - - - -", 3, ("INSUFFICIENT_DATA", KEEP, "ALARM", "OK")),
        ("0 X X - X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", 3, ("ALARM", KEEP, "ALARM", "OK")),
        ("0 - X - X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - X -", 2, ("ALARM", KEEP, "ALARM", "OK")),
    ],
)
def test_the_tables_of_the_documentation(points, datapoints, expected):
    assert tuple(judge(rule(each, 3, datapoints), values(points)) for each in TREATMENTS) == expected


@pytest.mark.parametrize("points", ["- - - - X", "- - - X -"])
def test_a_first_breaching_datapoint_is_no_alarm_yet(points):
    assert judge(rule(), values(points)) == "OK"


def test_extra_data_is_ignored_where_the_newest_is_whole():
    assert judge(rule(), values("X X X X 0")) == "OK"
    assert judge(rule(), values("0 0 X X X")) == "ALARM"


@pytest.mark.parametrize(
    ("comparison", "at", "above", "below"),
    [
        ("GreaterThanThreshold", False, True, False),
        ("GreaterThanOrEqualToThreshold", True, True, False),
        ("LessThanThreshold", False, False, True),
        ("LessThanOrEqualToThreshold", True, False, True),
    ],
)
def test_comparisons(comparison, at, above, below):
    one = Rule(comparison, 1.0, 1, 1, "missing")
    assert [one.is_breaching(value) for value in (1.0, 1.5, 0.5)] == [at, above, below]


def test_the_settings_come_from_the_alarm():
    alarm = {"ComparisonOperator": "LessThanThreshold", "Threshold": 1.0, "EvaluationPeriods": 4}
    assert Rule.of(alarm) == Rule("LessThanThreshold", 1.0, 4, 4, "missing")
    given = alarm | {"DatapointsToAlarm": 2, "TreatMissingData": "ignore"}
    assert Rule.of(given) == Rule("LessThanThreshold", 1.0, 4, 2, "ignore")


def test_reasons():
    ends = [60.0, 120.0, 180.0]
    one = rule(periods=1, datapoints=1)
    assert reason(one, [None, 0.0, 9.0], ends, "OK", "ALARM") == (
        "Threshold Crossed: 1 out of the last 1 datapoints [9.0 (01/01/70 00:03:00)] was greater than the threshold "
        "(5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert reason(one, [None, 9.0, 0.0], ends, "ALARM", "OK") == (
        "Threshold Crossed: 1 datapoint [0.0 (01/01/70 00:03:00)] was not greater than the threshold (5.0)."
    )
    assert reason(one, [None] * 3, ends, "OK", "INSUFFICIENT_DATA") == "Insufficient Data: 1 datapoint was unknown."
    assert reason(rule(periods=2), [None] * 3, ends, "OK", "ALARM") == (
        "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
        "[Breaching]."
    )

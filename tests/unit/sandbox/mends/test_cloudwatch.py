"""Alarms come back whole, by the query protocol (Terraform's) as by JSON (botocore's)."""

import datetime
import time
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

import pytest
from ministack.core.responses import request_scope
from ministack.services import cloudwatch as cloudwatch_service

from sandbox.mends.cloudwatch import evict_old_metrics

ALARM = {
    "AlarmName": "alarm-latency",
    "AlarmDescription": "x < y & z",
    "Namespace": "AWS/ApiGateway",
    "MetricName": "Latency",
    "ExtendedStatistic": "p99",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 1.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "Unit": "Milliseconds",
    "ActionsEnabled": False,
    "Dimensions": [{"Name": "ApiName", "Value": "payments"}],
    "AlarmActions": ["arn:aws:sns:us-east-1:222222222222:alerts"],
    "OKActions": ["arn:aws:sns:us-east-1:222222222222:fine"],
    "InsufficientDataActions": ["arn:aws:sns:us-east-1:222222222222:silent"],
}


@pytest.fixture
def cloudwatch(sandbox):
    yield sandbox.client("cloudwatch")
    client = sandbox.client("cloudwatch")
    client.delete_alarms(AlarmNames=["composite"])
    client.delete_alarms(AlarmNames=["alarm-latency", "alarm-rate"])


def query(sandbox, action, fields=()):
    """Call CloudWatch by the query protocol and return the answer as XML."""
    body = urllib.parse.urlencode({"Action": action, "Version": "2010-08-01", **dict(fields)}).encode()
    scope = "AWS4-HMAC-SHA256 Credential=222222222222/20260101/us-east-1/monitoring/aws4_request, Signature=x"
    request = urllib.request.Request(
        sandbox.config.endpoint, body, {"Authorization": scope, "Content-Type": "application/x-www-form-urlencoded"}
    )
    with urllib.request.urlopen(request) as answer:
        root = ElementTree.fromstring(answer.read())
    for element in root.iter():
        element.tag = element.tag.rsplit("}", 1)[-1]
    return root


def as_query(fields):
    """Flatten PutMetricAlarm's arguments as an SDK does."""
    for name, value in fields.items():
        if isinstance(value, bool):
            yield name, str(value).lower()
        elif isinstance(value, list):
            for number, entry in enumerate(value, 1):
                pairs = entry.items() if isinstance(entry, dict) else [("", entry)]
                yield from ((f"{name}.member.{number}.{key}".rstrip("."), text) for key, text in pairs)
        else:
            yield name, value


def test_an_alarm_put_by_query_has_every_field(sandbox, cloudwatch):
    query(sandbox, "PutMetricAlarm", as_query(ALARM))
    described = cloudwatch.describe_alarms(AlarmNames=[ALARM["AlarmName"]])["MetricAlarms"][0]
    assert {name: described.get(name) for name in ALARM} == ALARM
    assert "Statistic" not in described


def test_an_alarm_described_by_query_has_every_field(sandbox, cloudwatch):
    cloudwatch.put_metric_alarm(**ALARM)
    root = query(sandbox, "DescribeAlarms", {"AlarmNames.member.1": ALARM["AlarmName"]}.items())
    (alarm,) = root.findall(".//MetricAlarms/member")
    scalars = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in ALARM.items()
        if not isinstance(value, list)
    }
    assert {name: alarm.findtext(name) for name in scalars} == scalars
    assert alarm.findtext("InsufficientDataActions/member") == ALARM["InsufficientDataActions"][0]
    assert alarm.findtext("Dimensions/member/Value") == "payments"


def test_an_alarm_on_an_expression_keeps_its_metrics(cloudwatch):
    metrics = [
        {"Id": "rate", "Expression": "100 * errors", "ReturnData": True},
        {
            "Id": "errors",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"Namespace": "AWS/ApiGateway", "MetricName": "5XXError", "Dimensions": []},
                "Period": 60,
                "Stat": "Sum",
            },
        },
    ]
    cloudwatch.put_metric_alarm(
        AlarmName="alarm-rate",
        EvaluationPeriods=1,
        Threshold=5,
        Metrics=metrics,
        ComparisonOperator="GreaterThanThreshold",
    )
    described = cloudwatch.describe_alarms(AlarmNames=["alarm-rate"])["MetricAlarms"][0]
    assert described["Metrics"] == metrics
    assert "Period" not in described


def test_a_composite_alarm_described_by_query_has_every_field(sandbox, cloudwatch):
    cloudwatch.put_metric_alarm(**ALARM)
    cloudwatch.put_composite_alarm(
        AlarmName="composite",
        AlarmRule="ALARM(alarm-latency)",
        ActionsEnabled=False,
        AlarmActions=ALARM["AlarmActions"],
    )
    root = query(sandbox, "DescribeAlarms", {"AlarmTypes.member.1": "CompositeAlarm"}.items())
    (alarm,) = root.findall(".//CompositeAlarms/member")
    assert alarm.findtext("ActionsEnabled") == "false"
    assert alarm.findtext("AlarmActions/member") == ALARM["AlarmActions"][0]


def test_points_are_dropped_after_two_weeks(sandbox):
    now = datetime.datetime.now(datetime.UTC)
    client = sandbox.client("cloudwatch")
    for age, value in ((13, 1.0), (15, 2.0), (0, 3.0)):
        put_point(client, f"old-{age}", now - datetime.timedelta(days=age), value)
    assert values(client, "old-13", now) == [1.0]
    assert values(client, "old-15", now) == []
    assert values(client, "old-0", now) == [3.0]


def test_what_is_old_is_dropped_only_where_something_is(sandbox):
    evicted = []
    with request_scope("333333333333", "us-east-1"):
        points = cloudwatch_service._metric_bucket(("Shop", "Sales", ()))
        points.append({"Timestamp": time.time(), "Value": 1.0})
        evict_old_metrics(lambda: evicted.append("young"))
        points[0]["Timestamp"] -= cloudwatch_service.TWO_WEEKS_SECONDS + 1
        evict_old_metrics(lambda: evicted.append("old"))
    assert evicted == ["old"]


def put_point(client, name, moment, value):
    datum = {"MetricName": name, "Timestamp": moment, "Value": value}
    client.put_metric_data(Namespace="Shop", MetricData=[datum])


def values(client, name, now):
    """What is left of the metric, of whatever time."""
    points = client.get_metric_statistics(
        Namespace="Shop",
        MetricName=name,
        StartTime=now - datetime.timedelta(days=20),
        EndTime=now + datetime.timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    return [point["Maximum"] for point in points]

"""What watches and tells, together and in a hurry: an endpoint fails, Route 53 sees it, DNS moves, somebody is told."""

import json
import shutil

import dns.message
import dns.query
import pytest

from .apis import Api
from .metrics import eventually, total

NAME = "api.payments.example.com"
ALARM = "alarm-health-endpoint"


@pytest.fixture(scope="module")
def api(hurried):
    return Api(hurried, "watched")


@pytest.fixture(scope="module")
def route53(hurried):
    return hurried.client("route53")


@pytest.fixture(scope="module")
def check(api, route53):
    """A health check of the API's own address, which the failover record of NAME and an alarm follow."""
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]

    def upsert(**record):
        record = {"TTL": 60, "Type": "CNAME"} | record
        record["ResourceRecords"] = [{"Value": record.pop("Value")}]
        route53.change_resource_record_sets(
            HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        )

    upsert(Name=api.domain, Value=api.target)
    made = route53.create_health_check(
        CallerReference="watched",
        HealthCheckConfig={
            "Type": "HTTPS",
            "FullyQualifiedDomainName": api.domain,
            "Port": 443,
            "ResourcePath": "/health",
            "RequestInterval": 10,
            "FailureThreshold": 3,
            "MeasureLatency": True,
            "EnableSNI": True,
        },
    )["HealthCheck"]["Id"]
    upsert(Name=NAME, SetIdentifier="primary", Failover="PRIMARY", HealthCheckId=made, Value=api.target)
    upsert(Name=NAME, SetIdentifier="dr", Failover="SECONDARY", Value="d-dr.execute-api.us-east-2.amazonaws.com")
    return made


@pytest.fixture(scope="module")
def alarm(hurried, check):
    """An alarm as Terraform makes it, with a subscriber."""
    sns = hurried.client("sns")
    topic = sns.create_topic(Name="sns-alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="on-call@example.com")
    metric = {
        "Namespace": "AWS/Route53",
        "MetricName": "HealthCheckStatus",
        "Dimensions": [{"Name": "HealthCheckId", "Value": check}],
    }
    hurried.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        AlarmDescription="The API does not accept payments.",
        Threshold=1,
        EvaluationPeriods=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
        AlarmActions=[topic],
        OKActions=[topic],
        Metrics=[
            {"Id": "healthy", "Expression": "MAX(METRICS())", "ReturnData": True},
            {"Id": "check0", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Minimum"}, "ReturnData": False},
        ],
    )
    return topic


def answered(sandbox):
    """Return the target of NAME as the DNS server says it now."""
    query = dns.message.make_query(NAME, "CNAME")
    return dns.query.udp(query, sandbox.config.host, port=sandbox.config.dns_port, timeout=2).answer[0][0].to_text()


def mails(sandbox):
    return json.loads(sandbox.run("inbox", "--json").stdout)


def subjects(sandbox):
    return [each["subject"].split(":")[0] for each in mails(sandbox)]


def status_of(route53, check):
    seen = route53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
    return {each["StatusReport"]["Status"] for each in seen}


def alarm_state(sandbox):
    return sandbox.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]["StateValue"]


def test_an_endpoint_fails_and_recovers(hurried, api, route53, check, alarm):
    eventually(lambda: alarm_state(hurried) == "OK", 15)
    eventually(lambda: status_of(route53, check) == {"Success: HTTP Status Code 200, OK"})
    eventually(lambda: answered(hurried) == f"{api.target}.")

    api.patch({"/variables/down": "yes"})
    eventually(lambda: answered(hurried).startswith("d-dr."))
    assert status_of(route53, check) == {"Failure: HTTP Status Code 503, Service Unavailable"}
    eventually(lambda: alarm_state(hurried) == "ALARM")
    eventually(lambda: subjects(hurried)[-1] == "ALARM")
    screen = hurried.run("status")
    assert screen.returncode == 0, screen.stderr
    shown = screen.stdout
    assert "Failure: HTTP Status Code 503" in shown
    assert f"{NAME} -> d-dr.execute-api.us-east-2.amazonaws.com" in shown
    assert f"ALARM  {ALARM}" in shown

    api.gateway.update_stage(
        restApiId=api.id, stageName=api.stage, patchOperations=[{"op": "remove", "path": "/variables/down"}]
    )
    eventually(lambda: answered(hurried) == f"{api.target}.")
    eventually(lambda: subjects(hurried)[-1] == "OK")


def test_the_inbox_says_who_was_told_what_and_why(hurried, alarm):
    one = eventually(lambda: next((each for each in mails(hurried) if each["subject"].startswith("ALARM")), None))
    assert (one["region"], one["topic"], one["to"]) == ("us-east-1", "sns-alerts", "on-call@example.com")
    assert json.loads(one["message"])["NewStateValue"] == "ALARM"
    shown = hurried.run("inbox").stdout
    assert f'on-call@example.com  ALARM: "{ALARM}" in us-east-1\n    The API does not accept payments.\n' in shown
    assert "was less than the threshold (1.0)" in shown


def test_the_checker_measures(hurried, check):
    dimensions = {"HealthCheckId": check}
    for name in ("ConnectionTime", "SSLHandshakeTime", "TimeToFirstByte"):
        assert total(hurried, "AWS/Route53", name, dimensions, "SampleCount") > 0
    assert total(hurried, "AWS/Route53", "HealthCheckPercentageHealthy", dimensions, "Maximum") == 100
    assert total(hurried, "AWS/Route53", "HealthCheckStatus", dimensions, region="us-east-2") is None


def test_a_message_of_ones_own_is_mailed_as_it_is(hurried, alarm):
    hurried.client("sns").publish(TopicArn=alarm, Subject="Hello", Message="two\nlines")
    assert "on-call@example.com  Hello\n    two\n    lines" in hurried.run("inbox").stdout


def test_the_inbox_can_be_read_when_nothing_runs_and_when_nothing_came(aside, hurried):
    assert aside.run("inbox").stdout == "Nothing was sent\n"
    assert aside.run("inbox", "--json").stdout == "[]\n"
    aside.folder.mkdir(exist_ok=True)
    shutil.copy(hurried.folder / "inbox.jsonl", aside.folder / "inbox.jsonl")
    assert "Hello" in aside.run("inbox").stdout
    (aside.folder / "inbox.jsonl").write_text("{")
    refused = aside.run("inbox")
    assert (refused.returncode, "line 1" in refused.stderr) == (1, True)


def test_a_calculated_check_takes_its_alarm_into_account(hurried, route53, check, alarm):
    """The evacuation switch: one datum in us-east-2 moves the traffic, and its alarm keeps the state in silence."""
    cloudwatch = hurried.client("cloudwatch", "us-east-2")
    cloudwatch.put_metric_alarm(
        AlarmName="alarm-evacuate",
        Namespace="PaymentsDR",
        MetricName="Evacuate",
        Statistic="Maximum",
        Period=60,
        Dimensions=[{"Name": "Region", "Value": "us-east-1"}],
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    switch = route53.create_health_check(
        CallerReference="switch",
        HealthCheckConfig={
            "Type": "CLOUDWATCH_METRIC",
            "AlarmIdentifier": {"Region": "us-east-2", "Name": "alarm-evacuate"},
            "InsufficientDataHealthStatus": "LastKnownStatus",
        },
    )["HealthCheck"]["Id"]
    both = route53.create_health_check(
        CallerReference="both",
        HealthCheckConfig={"Type": "CALCULATED", "ChildHealthChecks": [check, switch], "HealthThreshold": 2},
    )["HealthCheck"]["Id"]
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    primary = next(record for record in records if record.get("SetIdentifier") == "primary") | {"HealthCheckId": both}
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": primary}]}
    )

    def evacuate(value):
        cloudwatch.put_metric_data(
            Namespace="PaymentsDR",
            MetricData=[
                {"MetricName": "Evacuate", "Value": value, "Dimensions": [{"Name": "Region", "Value": "us-east-1"}]}
            ],
        )

    eventually(lambda: not answered(hurried).startswith("d-dr."))
    evacuate(1)
    eventually(lambda: answered(hurried).startswith("d-dr."))
    assert "UNHEALTHY" in hurried.run("status").stdout
    evacuate(0)
    eventually(lambda: not answered(hurried).startswith("d-dr."))

"""What a region needs to take payments, against moto; and a region's own answer that does not come."""

import io
import json
import zipfile

import boto3
import pytest
import region_services_info
from moto import mock_aws

from tests.unit.library.running import calls, run, undocumented, writes
from tests.unit.module_utils.deployed import ACCOUNT, OHIO
from tests.unit.name_server import serving

RULE = "rule-repair-us-east-2-test-a1"
FUNCTION, ALARM = "lambda-payments-us-east-2-test-a1", "alarm-api-5xx-us-east-2-test-a1"
WOKEN = f"arn:aws:lambda:{OHIO}:123456789012:function:{FUNCTION}"
TOPIC = f"arn:aws:sns:{OHIO}:123456789012:sns-alerts-us-east-2-test-a1"
ADDRESS, CERTIFICATE = "api-us-east-2.payments.example.com", f"arn:aws:acm:{OHIO}:{ACCOUNT}:certificate/none"
PARAMS = {
    "function": FUNCTION,
    "repair_rule": RULE,
    "certificate_arn": CERTIFICATE,
    "secret_name": "payments/aurora/master",
    "alarms": [ALARM, "alarm-gone"],
    "topic_arn": TOPIC,
    "address": ADDRESS,
    "api_port": 9,
    "region": OHIO,
}


@pytest.fixture(autouse=True)
def server():
    """A DNS server that sends the address to a port of this machine on which nobody listens."""
    with serving({(ADDRESS, "A"): (60, "127.0.0.1")}) as address:
        yield address


@pytest.fixture
def aws():
    with mock_aws():
        yield


def client(service):
    return boto3.client(service, OHIO)


@pytest.fixture
def services(aws):
    """All of it, in moto; returns the certificate's ARN."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "")
    client("lambda").create_function(
        FunctionName=FUNCTION,
        Runtime="python3.13",
        Role=role,
        Handler="handler.handler",
        Code={"ZipFile": code.getvalue()},
        Architectures=["arm64"],
        Environment={"Variables": {"PAYMENTS_VERSION": "3f9a0c1d2e4b"}},
    )
    client("lambda").put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=20)
    client("events").put_rule(Name=RULE, ScheduleExpression="rate(1 minute)", State="DISABLED")
    client("events").put_targets(Rule=RULE, Targets=[{"Id": "payments", "Arn": WOKEN}])
    east = boto3.client("secretsmanager", "us-east-1")
    east.create_secret(Name="payments/aurora/master", SecretString="{}", AddReplicaRegions=[{"Region": OHIO}])
    client("sns").create_topic(Name="sns-alerts-us-east-2-test-a1")
    client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        MetricName="5XXError",
        Namespace="AWS/ApiGateway",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[TOPIC],
    )
    names = {"DomainName": "api.payments.example.com", "SubjectAlternativeNames": [ADDRESS]}
    return client("acm").request_certificate(**names)["CertificateArn"]


def test_everything_that_is_documented_comes_back(services, server):
    result = run(region_services_info, {**PARAMS, "certificate_arn": services, "dns_servers": [server]})
    assert undocumented(region_services_info, result) == []
    assert json.dumps(result)


def test_each_service_is_told(services, server):
    result = run(region_services_info, {**PARAMS, "certificate_arn": services, "dns_servers": [server]})
    function = result["function"]
    assert (function["version"], function["architecture"]) == ("3f9a0c1d2e4b", "arm64")
    assert function["reserved_concurrency"] == 20
    rule = {"name": RULE, "state": "DISABLED", "schedule": "rate(1 minute)", "targets": [WOKEN]}
    assert result["repair_rule"] == rule
    assert result["certificate"]["names"] == [ADDRESS, "api.payments.example.com"]
    assert result["secret"]["deleted"] is False
    assert [alarm["name"] for alarm in result["alarms"]] == [ALARM]
    assert result["alarms"][0]["alarm_actions"] == [TOPIC]
    assert result["topic"]["arn"] == TOPIC


def test_nothing_there_is_null_and_no_failure(aws, server):
    result = run(region_services_info, {**PARAMS, "dns_servers": [server]})
    assert [result[one] for one in ("function", "repair_rule", "certificate", "secret", "topic")] == [None] * 5
    assert result["alarms"] == []
    assert undocumented(region_services_info, result) == []


def test_nobody_at_the_address_is_said(aws, server):
    health = run(region_services_info, {**PARAMS, "dns_servers": [server]})["health"]
    assert "refused" in health["error"]
    assert (health["status_code"], health["region"]) == (None, "")


def test_an_address_that_does_not_resolve_is_said(aws, server):
    health = run(region_services_info, {**PARAMS, "address": "nowhere.example.com", "dns_servers": [server]})["health"]
    assert health["error"].startswith("nowhere.example.com does not resolve: ")


def test_a_dark_region_still_has_its_own_answer(server):
    dark = {"endpoint_url": "http://127.0.0.1:9", "dns_servers": [server]}
    result = run(region_services_info, {**PARAMS, **dark})
    assert result["reachable"] is False
    assert "EndpointConnection" in result["reason"]
    assert "refused" in result["health"]["error"]


def test_only_reading_calls_are_made(services, server):
    with calls() as made:
        run(region_services_info, {**PARAMS, "dns_servers": [server]}, check_mode=True)
    assert writes(made) == []

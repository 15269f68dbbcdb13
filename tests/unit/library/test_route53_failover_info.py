"""Records, health checks, and answers of a real DNS server on loopback."""

from unittest import mock

import boto3
import botocore.exceptions
import pytest
import route53_failover_info
from moto import mock_aws

from tests.unit.library.running import calls, run, undocumented, writes
from tests.unit.name_server import serving

API, BEACON = "api.payments.example.com", "beacon-us-east-1.payments.example.com"
ENDPOINT = {
    "Type": "HTTPS",
    "FullyQualifiedDomainName": "api-us-east-1.payments.example.com",
    "ResourcePath": "/health",
    "RequestInterval": 10,
    "FailureThreshold": 6,
}
FOLLOWING = {
    "Id": "evacuation",
    "HealthCheckConfig": {
        "Type": "CLOUDWATCH_METRIC",
        "InsufficientDataHealthStatus": "LastKnownStatus",
        "AlarmIdentifier": {"Name": "alarm-evacuate-us-east-2-test-a1", "Region": "us-east-2"},
    },
}


@pytest.fixture(autouse=True)
def aws():
    with mock_aws():
        yield boto3.client("route53", "us-east-1")


@pytest.fixture
def server():
    records = {(API, "CNAME"): (60, "d-1.execute-api.us-east-1.amazonaws.com."), (BEACON, "TXT"): (60, '"up"')}
    with serving(records) as address:
        yield address


@pytest.fixture
def zone(aws):
    """A zone with a failover pair, a simple record and a calculated health check; returns the parameters."""
    zone_id = aws.create_hosted_zone(Name="payments.example.com", CallerReference="1")["HostedZone"]["Id"]
    endpoint = aws.create_health_check(CallerReference="1", HealthCheckConfig=ENDPOINT)["HealthCheck"]["Id"]
    calculated = {"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [endpoint]}
    serving_check = aws.create_health_check(CallerReference="2", HealthCheckConfig=calculated)["HealthCheck"]["Id"]
    aws.create_health_check(CallerReference="3", HealthCheckConfig={**ENDPOINT, "FullyQualifiedDomainName": "other"})
    pair = {"Name": API, "Type": "CNAME", "TTL": 60}
    primary = {**pair, "SetIdentifier": "primary", "Failover": "PRIMARY", "HealthCheckId": serving_check}
    records = [
        (primary, "d-1"),
        ({**pair, "SetIdentifier": "dr", "Failover": "SECONDARY"}, "d-2"),
        ({"Name": BEACON, "Type": "TXT", "TTL": 60}, '"up"'),
        ({**pair, "Name": "apis.payments.example.com"}, "not-ours"),
    ]
    changes = [
        {"Action": "CREATE", "ResourceRecordSet": {**record, "ResourceRecords": [{"Value": value}]}}
        for record, value in records
    ]
    aws.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
    names = {"zone_id": zone_id, "zone_name": "payments.example.com", "names": [API, BEACON], "region": "us-east-2"}
    return {**names, "endpoint": endpoint, "calculated": serving_check}


def params(zone, **more):
    return {**{key: value for key, value in zone.items() if key not in ("endpoint", "calculated")}, **more}


def test_everything_that_is_documented_comes_back(zone, server):
    questions = [{"name": API, "type": "CNAME"}, {"name": BEACON, "type": "TXT"}]
    result = run(route53_failover_info, params(zone, questions=questions, dns_servers=[server]))
    assert undocumented(route53_failover_info, result) == []
    assert [answer["values"] for answer in result["answers"]] == [["d-1.execute-api.us-east-1.amazonaws.com"], ["up"]]


def test_only_the_records_of_the_names_are_listed(zone):
    found = run(route53_failover_info, params(zone))["records"]
    assert {(one["name"], one["failover"], *one["values"]) for one in found} == {
        (API, "PRIMARY", "d-1"),
        (API, "SECONDARY", "d-2"),
        (BEACON, "", "up"),
    }


def test_health_checks_of_records_come_with_their_children_and_no_others(zone):
    found = {one["id"]: one for one in run(route53_failover_info, params(zone))["health_checks"]}
    assert set(found) == {zone["endpoint"], zone["calculated"]}
    assert found[zone["calculated"]]["children"] == [zone["endpoint"]]
    assert (found[zone["endpoint"]]["interval_seconds"], found[zone["endpoint"]]["failure_threshold"]) == (10, 6)


def test_a_health_check_that_is_gone_is_not_listed(zone):
    found = run(route53_failover_info, params(zone, health_checks=["gone"]))["health_checks"]
    assert "gone" not in [one["id"] for one in found]


def test_a_check_that_follows_an_alarm_says_which():
    told = route53_failover_info.health_check_facts(FOLLOWING)
    assert (told["alarm_name"], told["alarm_region"]) == ("alarm-evacuate-us-east-2-test-a1", "us-east-2")
    assert told["insufficient_data_status"] == "LastKnownStatus"


def test_an_alias_has_no_ttl():
    alias = {"Name": f"{API}.", "Type": "A", "AliasTarget": {"DNSName": "d-1.example.", "HostedZoneId": "Z"}}
    told = route53_failover_info.record_facts(alias)
    assert (told["ttl_seconds"], told["values"]) == (None, ["d-1.example"])


def test_dns_is_asked_while_the_control_plane_is_dark(zone, server):
    dark = botocore.exceptions.ReadTimeoutError(endpoint_url="https://route53.amazonaws.com/")
    questions = [{"name": API, "type": "CNAME"}]
    with mock.patch("botocore.client.BaseClient._make_api_call", side_effect=dark):
        result = run(route53_failover_info, params(zone, questions=questions, dns_servers=[server]))
    assert result["reachable"] is False
    assert "ReadTimeout" in result["reason"]
    assert result["answers"][0]["values"] == ["d-1.execute-api.us-east-1.amazonaws.com"]


def test_name_servers_that_public_dns_does_not_know_are_an_answer_too(zone, monkeypatch):
    def nobody(name):
        raise OSError("no such zone")

    monkeypatch.setattr(route53_failover_info.dns_query, "name_servers", nobody)
    result = run(route53_failover_info, params(zone, questions=[{"name": API, "type": "CNAME"}]))
    assert result["answers"][0]["error"] == "public DNS does not name the servers of payments.example.com: no such zone"


def test_only_reading_calls_are_made(zone):
    with calls() as made:
        run(route53_failover_info, params(zone), check_mode=True)
    assert writes(made) == []

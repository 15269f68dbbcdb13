"""Health checks come back as configured, tell their status, and can be changed."""

import uuid

import pytest
from botocore.exceptions import ClientError

ENDPOINT = {
    "Type": "HTTPS",
    "FullyQualifiedDomainName": "api.example.com",
    "Port": 443,
    "ResourcePath": "/health",
    "RequestInterval": 10,
    "FailureThreshold": 6,
    "MeasureLatency": True,
    "EnableSNI": True,
    "Inverted": False,
    "Disabled": False,
    "Regions": ["us-east-1", "eu-west-1", "us-west-2"],
}


@pytest.fixture
def route53(sandbox):
    return sandbox.client("route53")


@pytest.fixture
def make(route53):
    made = []

    def health_check(**config):
        reference = str(uuid.uuid4())
        check = route53.create_health_check(CallerReference=reference, HealthCheckConfig=config)["HealthCheck"]
        made.append(check["Id"])
        return check

    yield health_check
    for identifier in made:
        route53.delete_health_check(HealthCheckId=identifier)


def config_of(route53, check):
    return route53.get_health_check(HealthCheckId=check["Id"])["HealthCheck"]["HealthCheckConfig"]


def test_an_endpoint_check_comes_back_as_configured(route53, make):
    assert config_of(route53, make(**ENDPOINT)) == ENDPOINT


def test_a_new_check_has_the_documented_defaults(route53, make):
    assert config_of(route53, make(Type="HTTPS", FullyQualifiedDomainName="api.example.com")) == {
        "Type": "HTTPS",
        "FullyQualifiedDomainName": "api.example.com",
        "Port": 443,
        "RequestInterval": 30,
        "FailureThreshold": 3,
        "MeasureLatency": False,
        "EnableSNI": True,
        "Inverted": False,
        "Disabled": False,
    }


def test_a_calculated_check_keeps_its_children_and_has_no_status(route53, make):
    children = [
        make(**ENDPOINT)["Id"],
        make(
            Type="CLOUDWATCH_METRIC",
            InsufficientDataHealthStatus="LastKnownStatus",
            AlarmIdentifier={"Region": "us-east-2", "Name": "alarm"},
        )["Id"],
    ]
    check = make(Type="CALCULATED", HealthThreshold=2, ChildHealthChecks=children)
    assert config_of(route53, check)["ChildHealthChecks"] == children
    with pytest.raises(ClientError, match="calculated"):
        route53.get_health_check_status(HealthCheckId=check["Id"])


def test_every_checker_reports_a_new_check_as_healthy(route53, make):
    check = make(**ENDPOINT)
    seen = route53.get_health_check_status(HealthCheckId=check["Id"])["HealthCheckObservations"]
    assert [observation["Region"] for observation in seen] == ENDPOINT["Regions"]
    assert all(observation["StatusReport"]["Status"].startswith("Success") for observation in seen)
    last = route53.get_health_check_last_failure_reason(HealthCheckId=check["Id"])
    assert last["HealthCheckObservations"] == []
    with pytest.raises(ClientError, match="NoSuchHealthCheck"):
        route53.get_health_check_status(HealthCheckId=str(uuid.uuid4()))


def test_a_check_can_be_disabled_and_its_regions_reset(route53, make):
    check = make(**ENDPOINT)
    changed = route53.update_health_check(
        HealthCheckId=check["Id"], HealthCheckVersion=1, Disabled=True, ResetElements=["Regions"]
    )["HealthCheck"]
    assert changed["HealthCheckVersion"] == 2
    expected = {name: value for name, value in ENDPOINT.items() if name != "Regions"} | {"Disabled": True}
    assert config_of(route53, check) == expected
    with pytest.raises(ClientError, match="VersionMismatch"):
        route53.update_health_check(HealthCheckId=check["Id"], HealthCheckVersion=1, Disabled=False)


def test_a_deleted_check_takes_its_tags_along(sandbox, route53, make):
    check = route53.create_health_check(CallerReference=str(uuid.uuid4()), HealthCheckConfig=ENDPOINT)["HealthCheck"]
    route53.change_tags_for_resource(
        ResourceType="healthcheck", ResourceId=check["Id"], AddTags=[{"Key": "Name", "Value": "gone"}]
    )
    tagging = sandbox.client("resourcegroupstaggingapi")
    search = {"TagFilters": [{"Key": "Name", "Values": ["gone"]}]}
    assert len(tagging.get_resources(**search)["ResourceTagMappingList"]) == 1
    route53.delete_health_check(HealthCheckId=check["Id"])
    assert tagging.get_resources(**search)["ResourceTagMappingList"] == []


def test_a_failover_record_answers_as_its_check_says(route53, make):
    zone = route53.create_hosted_zone(Name="tested.example.com", CallerReference=str(uuid.uuid4()))["HostedZone"]["Id"]
    check = make(**ENDPOINT)
    sets = [
        {
            "Name": "api.tested.example.com",
            "Type": "TXT",
            "TTL": 60,
            "SetIdentifier": role,
            "Failover": role,
            "ResourceRecords": [{"Value": f'"{role}"'}],
        }
        for role in ("PRIMARY", "SECONDARY")
    ]
    sets[0]["HealthCheckId"] = check["Id"]
    changes = [{"Action": "UPSERT", "ResourceRecordSet": records} for records in sets]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    asked = {"HostedZoneId": zone.rsplit("/", 1)[-1], "RecordName": "api.tested.example.com", "RecordType": "TXT"}
    assert route53.test_dns_answer(**asked)["RecordData"] == ['"PRIMARY"']
    route53.update_health_check(HealthCheckId=check["Id"], Inverted=True)  # healthy counts as unhealthy
    assert route53.test_dns_answer(**asked)["RecordData"] == ['"SECONDARY"']
    missing = route53.test_dns_answer(**asked | {"RecordName": "none.tested.example.com"})
    assert (missing["ResponseCode"], missing["RecordData"]) == ("NXDOMAIN", [])

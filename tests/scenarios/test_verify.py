"""verify.yml is green after a deployment, and turns red for each sabotage, naming the culprit."""

import json
from datetime import UTC, datetime

import pytest

from module_utils.payments_dr.checks.journal import UNJOURNALED
from module_utils.payments_dr.regional import seconds_since_evaluation

from .conftest import ROOT, topology
from .looking import eventually
from .recovering import as_it_was
from .sabotage import DR, PRIMARY, SABOTAGES, region_of

REPORT = ROOT / "build" / "reports" / "verify.json"


@pytest.fixture(scope="module", autouse=True)
def counted(deployment, sandbox):
    """What CloudWatch had counted went with the outages that were undone; each function evaluates once a minute.

    A sabotage cannot take back all of it: a certificate of Amazon's that was overwritten stays another one, and a plan
    would replace it. So the deployment is as it was afterwards.
    """
    with as_it_was(sandbox):
        for region in (PRIMARY, DR):
            metrics = sandbox.client("cloudwatch", region)
            eventually(
                lambda metrics=metrics: seconds_since_evaluation(metrics, 5, datetime.now(UTC)) is not None,
                f"an evaluation of the failover function in {region}",
                2 * 60,
            )
        yield


@pytest.fixture(scope="module", autouse=True)
def calm(deployment, sandbox):
    """An outage just before may have left payments without a copy: the alarms that tell of it end within minutes."""
    known = topology(sandbox)
    tail = f"{known['environment']}-{known['environment_suffix']}"
    for region in (PRIMARY, DR):
        names = [f"alarm-{kind}-{region}-{tail}" for kind in UNJOURNALED]
        alarms = sandbox.client("cloudwatch", region)
        eventually(
            lambda alarms=alarms, names=names: all(
                one["StateValue"] != "ALARM" for one in alarms.describe_alarms(AlarmNames=names)["MetricAlarms"]
            ),
            f"every payment of {region} to have its copy",
            5 * 60,
        )


@pytest.fixture
def verify(playbook):
    """Runs verify.yml; returns (its result, the report that it wrote)."""

    def run():
        REPORT.unlink(missing_ok=True)
        result = playbook("verify")
        return result, json.loads(REPORT.read_text())

    return run


def failed(report):
    return [check for check in report["checks"] if not check["ok"]]


def test_a_deployment_is_ready(deployment, verify):
    result, report = verify()
    assert result.code == 0, result.output
    assert report["ready"] is True
    assert failed(report) == []
    told = ("expected", "name", "observed", "ok", "region", "warning")
    assert {tuple(sorted(check)) for check in report["checks"]} == {told}
    assert {check["region"] for check in report["checks"]} == {PRIMARY, DR, "global"}
    assert report["rto_budget_seconds"] == 10 * 6 + 60 + 120


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda one: one.name)
def test_a_sabotage_is_found_and_its_culprit_named(deployment, sandbox, verify, sabotage):
    known = topology(sandbox)
    with sabotage.harm(sandbox, known):
        result, report = verify()
    assert result.code != 0
    assert report["ready"] is False
    (found,) = [one for one in failed(report) if (one["name"], one["region"]) == (sabotage.check, sabotage.region)]
    culprit = sabotage.culprit(known)
    assert culprit in found["observed"] or culprit in found["expected"]
    assert f"FAILED {sabotage.check} ({sabotage.region})" in result.output


def test_nothing_of_the_sabotages_is_left(deployment, verify):
    result, report = verify()
    assert failed(report) == [], result.output


def test_a_region_that_is_missing_from_the_play_is_not_taken_for_proven(deployment, playbook):
    result = playbook("verify", "--limit", DR)
    assert result.code != 0
    assert json.loads(REPORT.read_text())["ready"] is False


def test_a_probe_object_arrives_in_the_peer_and_is_removed(deployment, playbook, sandbox):
    before = versions(sandbox)
    result = playbook("verify", "-e", "verification_probe=true")
    assert result.code == 0, result.output
    probes = [check for check in json.loads(REPORT.read_text())["checks"] if "probe" in check["name"]]
    assert {check["region"] for check in probes} == {PRIMARY, DR}
    assert versions(sandbox) == before


def versions(sandbox):
    """Every version of every object in the two transaction logs."""
    return {
        (region, version["Key"], version["VersionId"])
        for region in (PRIMARY, DR)
        for page in sandbox.client("s3", region)
        .get_paginator("list_object_versions")
        .paginate(Bucket=region_of(topology(sandbox), region)["bucket"])
        for version in page.get("Versions", []) + page.get("DeleteMarkers", [])
    }


def test_the_tools_of_an_engineer_see_the_same_health(deployment, sandbox):
    """Route 53's own view, asked by its API rather than by our modules."""
    route53, known = sandbox.client("route53"), topology(sandbox)["health_check"]
    for record, expected in (("primary", (3, 3)), ("secondary", (4, 2))):
        config = route53.get_health_check(HealthCheckId=known[record])["HealthCheck"]["HealthCheckConfig"]
        assert (len(config["ChildHealthChecks"]), config["HealthThreshold"]) == expected


def test_a_detached_secondary_is_found(deployment, sandbox, verify):
    """The last one here: the cluster stays detached until all is as it was."""
    known = topology(sandbox)
    arn = region_of(known, DR)["cluster_arn"]
    rds = sandbox.client("rds", PRIMARY)
    rds.remove_from_global_cluster(GlobalClusterIdentifier=known["global_cluster"], DbClusterIdentifier=arn)
    eventually(lambda: arn not in json.dumps(rds.describe_global_clusters(), default=str), "the cluster to leave")
    result, report = verify()
    assert result.code != 0
    assert any(one["name"] == "aurora-member" and arn in one["expected"] for one in failed(report))

"""One command deploys both regions; said again, it changes nothing; asked first, it only shows."""

import json
import re
import subprocess

import pytest

from .conftest import ROOT, SUFFIX


def recap(output):
    """changed=, failed= … of each host in a play recap."""
    lines = output.split("PLAY RECAP")[-1].splitlines()
    return {
        line.split()[0]: {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)}
        for line in lines
        if "changed=" in line
    }


def test_both_regions_are_deployed_and_proven(deployment):
    hosts = recap(deployment.result.output)
    assert set(hosts) == {"us-east-1", "us-east-2"}
    assert hosts["us-east-1"]["failed"] == hosts["us-east-2"]["failed"] == 0


def test_terraforms_progress_was_visible(deployment):
    created = re.findall(r"\[ *\d+/(\d+)\] \S+ created", deployment.result.output)
    assert len(created) > 200
    assert len(set(created)) == 1, "every line counts against the same total"
    assert "Plan: " in deployment.result.output


def test_a_second_deployment_changes_nothing(deployment, playbook):
    result = playbook("deploy")
    deployment.outputs.append(result.output)
    assert result.code == 0, result.output
    assert {host["changed"] for host in recap(result.output).values()} == {0}
    assert "What stands is what the inventory asks for" in result.output
    assert "[WARNING]" not in result.output


def test_the_same_inventory_renders_the_same_bytes(deployment, playbook):
    files = sorted(deployment.folder.glob("*.tfvars.json"))
    assert [file.name for file in files] == ["shared.tfvars.json", "us-east-1.tfvars.json", "us-east-2.tfvars.json"]
    before = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    assert playbook("deploy", "--tags", "render").code == 0
    assert [file.read_bytes() for file in files] == before


def test_check_mode_shows_a_change_and_makes_none(deployment, playbook, sandbox):
    result = playbook("deploy", "--check", "-e", '{"record_ttl_seconds": 30}')
    assert result.code == 0, result.output
    assert re.search(r"~ update aws_route53_record\.\S+ \(.*ttl", result.output), result.output
    zone = json.loads((deployment.folder / "outputs.json").read_text())["topology"]["value"]["zone"]["id"]
    records = sandbox.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert {record["TTL"] for record in records if record.get("Failover")} == {60}


def test_a_plan_that_loses_data_is_refused_until_it_is_named(deployment, playbook):
    """One instance a region instead of two: the second ones would be deleted."""
    change = ["-e", json.dumps({"aurora": {"instances": 1, "min_capacity": 0.5, "max_capacity": 4}})]
    result = playbook("deploy", "--tags", "plan", *change)
    assert result.code != 0
    assert "The plan deletes or replaces what holds data: module.dr.aws_rds_cluster_instance" in result.output
    allowed = {
        "infrastructure_allowed": [f'module.{role}.aws_rds_cluster_instance.this["2"]' for role in ("dr", "primary")]
    }
    result = playbook("deploy", "--tags", "plan", *change, "-e", json.dumps(allowed))
    assert result.code == 0, result.output
    assert "2 to delete" in result.output


def database(name):
    shown = subprocess.run(
        ["ansible-inventory", "-i", "inventories/sandbox", "--host", "us-east-1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(shown.stdout)["database"] | {"name": name}


@pytest.mark.parametrize("name", ["deploy", "destroy"])
def test_half_a_deployment_is_refused(deployment, playbook, name):
    result = playbook(name, "--limit", "us-east-1", "-e", f"confirm=sandbox-{SUFFIX}")
    assert result.code != 0
    assert "--limit leaves out us-east-2" in result.output

"""What cannot be deployed is refused in seconds, in one error that names the variable and the mend; nothing is made."""

import json
import re
import socket
import subprocess
import sys

import pytest

from .conftest import ROOT, sandbox_command
from .inventory import snapshot
from .looking import waiting
from .test_deploy import database

SUFFIX = "bad1"
DEADLINE_SECONDS = 10


def deadline() -> float:
    """Ten seconds on a machine that has nothing else to do; as much longer as others compute beside us."""
    return DEADLINE_SECONDS * max(1.0, waiting())


@pytest.fixture(scope="module")
def before(sandbox):
    """What stood before any of these; where the shared deployment exists already, it is in here too."""
    return snapshot(sandbox)


@pytest.fixture
def refused(playbook, sandbox, before):
    """refused(said, variables) deploys with them and holds the error against `said` (a pattern)."""

    def deploy(said, variables=None, env=None):
        variables = {"environment_suffix": SUFFIX} | (variables or {})
        result = playbook("deploy", "-e", json.dumps(variables), env=env)
        assert result.code != 0, result.output
        assert result.output.count("[ERROR]") == 1, result.output
        assert re.search(said, result.output, re.DOTALL), result.output
        assert "Traceback" not in result.output
        assert result.seconds < deadline()
        assert snapshot(sandbox) == before, "something was made"
        assert not (ROOT / "build" / f"sandbox-{SUFFIX}").exists()

    return deploy


def test_a_missing_variable(refused):
    refused(r"- domain_name \(group_vars/all\): is not set; set it to a DNS name", {"domain_name": None})


def test_a_wrong_variable(refused):
    refused(
        r"- record_ttl_seconds \(group_vars/all\): is 'soon' and must be a whole number", {"record_ttl_seconds": "soon"}
    )


def test_a_suffix_too_long_for_a_bucket(refused):
    refused(
        r"- environment_suffix: 'x{40}' makes the bucket name .* shorten it to \d+", {"environment_suffix": "x" * 40}
    )


def test_an_unknown_region(refused):
    refused(r"- region \(host_vars/us-east-1\): 'us-east-9' is not a region of AWS", {"region": "us-east-9"})


def test_the_same_region_twice(refused):
    refused(r"- region: us-east-1 is given to 2 hosts; the two regions must be different", {"region": "us-east-1"})


def test_another_account_than_the_role_is_in(refused):
    refused(r"- deploy_role_arn: .* is not in account_id 999999999999", {"account_id": "999999999999"})


def test_missing_authorities_of_the_database(refused, tmp_path):
    path = tmp_path / "rds.pem"
    said = rf"Nothing was made. database_authorities: {path} is not there\. Run `curl .* > {path}`"
    refused(said, {"database_authorities": str(path)})


def test_a_role_that_cannot_be_assumed(refused):
    role = "arn:aws:iam::222222222222:role/nobody"
    refused(rf"deploy_role_arn: {role} cannot be used with these credentials", {"deploy_role_arn": role})


def test_a_missing_secret(refused):
    settings = database("payments") | {"secret_name": "nowhere"}
    refused(
        r"Nothing was made. database.secret_name: there is no secret nowhere in us-east-1; create it",
        {"database": settings},
    )


def test_a_missing_replica(refused, sandbox, before):
    secrets, name = sandbox.client("secretsmanager"), "payments/aurora/master"
    secrets.remove_regions_from_replication(SecretId=name, RemoveReplicaRegions=["us-east-2"])
    try:
        stands = {line for line in before if not ("us-east-2 secretsmanager" in line and name in line)}
        assert snapshot(sandbox) == stands
        before &= stands
        refused(r"Nothing was made. database.secret_name: payments/aurora/master must be replicated to us-east-2")
    finally:
        secrets.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": "us-east-2"}])
        before |= snapshot(sandbox)


def test_a_missing_hosted_zone(refused):
    refused(
        r"Nothing was made. domain_name: there is no public hosted zone nowhere.example.com",
        {"domain_name": "nowhere.example.com"},
    )


def test_an_old_terraform(refused, tmp_path):
    old = tmp_path / "terraform"
    old.write_text('#!/bin/sh\necho \'{"terraform_version": "1.4.6"}\'\n')
    old.chmod(0o755)
    said = r"is version 1\.4\.6, and 1\.11\.0 or newer is needed\. Run `make setup`"
    refused(said, {"preflight_terraform_places": [str(old)]})


def test_no_terraform_at_all(refused):
    refused(
        r"terraform is neither in build/tools nor on the PATH\. Run `make setup`", {"preflight_terraform_places": []}
    )


def test_a_sandbox_that_does_not_run(refused, sandbox):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
    said = rf"aws_endpoint_url: nothing serves AWS at {nowhere}\. Start the local AWS with `make sandbox-up`"
    refused(said, env=sandbox.deployer | {"AWS_ENDPOINT_URL": nowhere})


def test_no_credentials(refused, sandbox, tmp_path):
    without = {name: value for name, value in sandbox.deployer.items() if "KEY" not in name} | {"HOME": str(tmp_path)}
    refused(r"NoCredentials: .*set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", env=without)


def test_a_port_that_is_taken(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "sandbox", "up", "--dir", str(tmp_path), "--port", port]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert (
        f"--port {port} on 127.0.0.1: Address already in use; choose another with --port or SANDBOX_PORT" in done.stderr
    )
    assert "No sandbox was ever started" in sandbox_command(tmp_path, "down")

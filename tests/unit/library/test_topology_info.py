"""What a region knows: nothing, rubbish, or who is active."""

import json
from unittest import mock

import boto3
import botocore.exceptions
import pytest
import topology_info
from moto import mock_aws

from tests.unit.library.running import calls, run, undocumented, writes
from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, OHIO

PARAMETER = "parameter-topology-test-a1"
PARAMS = {"parameter": PARAMETER, "region": OHIO}


def publish(text):
    boto3.client("ssm", OHIO).put_parameter(Name=PARAMETER, Value=text, Type="String")


def global_cluster(members):
    """An entry of DescribeGlobalClusters."""
    listed = [{"DBClusterArn": member["cluster_arn"], "IsWriter": member["role"] == "writer"} for member in members]
    return {"GlobalClusterIdentifier": "aurora-global-test-a1", "Status": "available", "GlobalClusterMembers": listed}


@pytest.fixture(autouse=True)
def aws():
    with mock_aws():
        yield


def look(found, **params):
    """The module's result while Aurora describes `found`."""
    with mock.patch.object(topology_info, "read_global_cluster", lambda rds, identifier: found):
        return run(topology_info, {**PARAMS, **params})


@pytest.mark.parametrize("writer", [EAST, OHIO])
def test_the_writer_says_who_is_active(writer):
    publish(json.dumps(deployed.document()))
    result = look(global_cluster(deployed.members(writer)))
    assert (result["active_region"], result["standby_region"]) == (writer, deployed.peer(writer))
    assert result["document"] == deployed.document()
    assert undocumented(topology_info, result) == []


def test_a_missing_parameter_is_said_in_a_sentence():
    result = run(topology_info, PARAMS)
    assert result["problem"] == f"not deployed: parameter {PARAMETER} not found in {OHIO}"
    assert (result["reachable"], result["published"], result["document"]) == (True, False, {})
    assert undocumented(topology_info, result) == []


def test_rubbish_in_the_parameter_is_named():
    broken = deployed.document()
    broken["regions"][EAST]["bucket"] = ""
    publish(json.dumps(broken))
    result = run(topology_info, PARAMS)
    assert "regions.us-east-1.bucket: expected a str, found ''" in result["problem"]
    assert (result["published"], result["document"]) == (True, {})


def test_a_global_cluster_that_is_gone_has_no_active_region():
    publish(json.dumps(deployed.document()))
    result = run(topology_info, PARAMS)
    assert (result["members"], result["active_region"], result["global_cluster_status"]) == ([], "", "")


def test_only_reading_calls_are_made():
    publish(json.dumps(deployed.document()))
    with calls() as made:
        run(topology_info, {**PARAMS, "assume_role_arn": "arn:aws:iam::222222222222:role/role-deploy"})
    assert made[0] == "AssumeRole"
    assert writes(made) == []


def test_a_dark_region_is_an_observation_with_its_reason():
    dark = botocore.exceptions.ConnectTimeoutError(endpoint_url="https://ssm.us-east-2.amazonaws.com/")
    with mock.patch("botocore.client.BaseClient._make_api_call", side_effect=dark):
        result = run(topology_info, PARAMS)
    assert result["reachable"] is False
    assert result["reason"].startswith(f"Could not read the parameter {PARAMETER} in {OHIO}: ConnectTimeout")
    assert "failed" not in result


def test_a_refusal_is_a_failure():
    answer = {"Error": {"Code": "AccessDeniedException", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    refused = botocore.exceptions.ClientError(answer, "GetParameter")
    with mock.patch("botocore.client.BaseClient._make_api_call", side_effect=refused):
        result = run(topology_info, PARAMS)
    assert (result["failed"], result["code"]) == (True, "AccessDeniedException")

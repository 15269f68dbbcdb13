"""What a region's failover function is and does, against moto."""

import datetime
import io
import json
import zipfile

import boto3
import failover_function_info
import pytest
from moto import mock_aws

from tests.unit.library.running import calls, run, undocumented, writes
from tests.unit.module_utils.deployed import OHIO

FUNCTION, PARAMETER = "lambda-failover-us-east-2-test-a1", "parameter-failover-mode-test-a1"
FENCES = "parameter-fence-test-a1"
PARAMS = {"function": FUNCTION, "parameter": PARAMETER, "fence_parameter": FENCES, "region": OHIO}
MODE = {"mode": "manual", "by": "anna", "why": "upgrade", "at": "2026-11-22T12:00:00Z"}


@pytest.fixture(autouse=True)
def aws():
    with mock_aws():
        yield


def deploy(mode, fences="{}"):
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "")
    boto3.client("lambda", OHIO).create_function(
        FunctionName=FUNCTION,
        Runtime="python3.13",
        Role=role,
        Handler="failover.handler.handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"FAILOVER_VERSION": "5c07e1b2a9d4"}},
    )
    for name, value in {PARAMETER: mode, FENCES: fences}.items():
        boto3.client("ssm", OHIO).put_parameter(Name=name, Type="String", Value=value)


def count(evaluations, seconds_ago):
    at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds_ago)
    metric = {"MetricName": "Evaluations", "Dimensions": [{"Name": "Region", "Value": OHIO}], "Unit": "Count"}
    boto3.client("cloudwatch", OHIO).put_metric_data(
        Namespace="PaymentsDR", MetricData=[{**metric, "Timestamp": at, "Value": evaluations}]
    )


def test_function_mode_fences_and_evaluations_are_told():
    deploy(json.dumps(MODE), '{"us-east-1": 20}')
    count(1, 200)
    count(0, 20)
    with calls() as made:
        found = run(failover_function_info, PARAMS)
    assert (found["function"]["name"], found["function"]["version"]) == (FUNCTION, "5c07e1b2a9d4")
    assert (found["mode"], found["fences"]) == (MODE, {"us-east-1": 20})
    assert 200 <= found["evaluated_seconds_ago"] <= 265, "from the begin of the minute"
    assert writes(made) == []
    assert undocumented(failover_function_info, found) == []


def test_what_is_not_there_is_said():
    found = run(failover_function_info, PARAMS)
    assert (found["function"], found["mode"], found["evaluated_seconds_ago"]) == (None, None, None)
    assert found["mode_problem"] == f"parameter {PARAMETER} not found in {OHIO}: run deploy.yml"
    assert (found["fences"], found["fences_problem"]) == (
        None,
        f"parameter {FENCES} not found in {OHIO}: run deploy.yml",
    )


def test_a_mode_that_makes_no_sense_is_a_problem():
    deploy("on")
    assert "set it with mode.yml" in run(failover_function_info, PARAMS)["mode_problem"]

"""What is looked up in the account, and how it is said when something is missing."""

import json
from unittest import mock

import account_prerequisites_info
import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from tests.unit.library.running import calls, run, undocumented, writes

ACCOUNT = "123456789012"  # moto's own
OPTIONS = {
    "region": "us-east-1",
    "account_id": ACCOUNT,
    "secret_name": "payments/aurora/master",
    "replica_region": "us-east-2",
    "domain_name": "payments.example.com",
    "function_name": "lambda-payments-us-east-1-unit-a1",
    "reserved_concurrency": 20,
}


def find(**options):
    return run(account_prerequisites_info, OPTIONS | options)


@pytest.fixture
def lambda_settings():
    """Lambda's account settings, which moto does not have, as AWS answers them for a new account."""
    original = BaseClient._make_api_call

    def answer(client, operation, parameters):
        if operation == "GetAccountSettings":
            return {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}}
        return original(client, operation, parameters)

    with mock.patch.object(BaseClient, "_make_api_call", answer):
        yield


@pytest.fixture
def account(lambda_settings):
    with mock_aws():
        boto3.client("secretsmanager", "us-east-1").create_secret(
            Name="payments/aurora/master",
            SecretString=json.dumps({"username": "payments", "password": "never-read"}),
            AddReplicaRegions=[{"Region": "us-east-2"}],
        )
        boto3.client("route53").create_hosted_zone(Name="payments.example.com", CallerReference="1")
        # A zone behind it in the alphabet: the list call begins at the name, and goes on.
        boto3.client("route53").create_hosted_zone(Name="zzz.example.com", CallerReference="2")
        yield


def test_a_complete_account_is_found_without_a_write_and_without_the_secrets_value(account):
    with calls() as made:
        result = find()
    assert not result.get("failed"), result
    assert result["account_id"] == ACCOUNT
    zones = boto3.client("route53").list_hosted_zones_by_name(DNSName="payments.example.com")["HostedZones"]
    assert result["zone_id"] == zones[0]["Id"].removeprefix("/hostedzone/")
    assert writes(made) == []
    assert "GetSecretValue" not in made
    documented = {"errors": [{"variable": "x", "message": "x"}]}
    assert undocumented(account_prerequisites_info, result | documented) == []


@pytest.mark.parametrize(
    ("options", "variable"),
    [
        ({"secret_name": "nowhere"}, "database.secret_name"),
        ({"replica_region": "eu-west-1"}, "database.secret_name"),
        ({"domain_name": "nowhere.example.com"}, "domain_name"),
        ({"domain_name": "zzz.example"}, "domain_name"),
        ({"reserved_concurrency": 5000}, "function.reserved_concurrency"),
        ({"account_id": "999999999999"}, "account_id"),
    ],
)
def test_what_is_missing_is_named_by_its_variable(account, options, variable):
    result = find(**options)
    assert result["failed"]
    assert [error["variable"] for error in result["errors"]] == [variable]
    assert result["msg"] == result["errors"][0]["message"]


def test_everything_that_is_missing_is_said_at_once(account):
    result = find(secret_name="nowhere", domain_name="nowhere.example.com")
    assert [error["variable"] for error in result["errors"]] == ["database.secret_name", "domain_name"]


def test_an_endpoint_that_does_not_answer_is_said_with_its_mend():
    result = find(endpoint_url="http://127.0.0.1:9", endpoint_mend="Type make sandbox-up.")
    assert result["msg"].startswith("aws_endpoint_url: nothing serves AWS at http://127.0.0.1:9. Type make sandbox-up.")

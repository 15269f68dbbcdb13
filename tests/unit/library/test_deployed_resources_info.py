"""What stands of an environment, by its tags."""

import boto3
import deployed_resources_info
import pytest
from moto import mock_aws

from tests.unit.library.running import calls, run, undocumented, writes

OPTIONS = {"region": "us-east-1", "environment_name": "unit", "environment_suffix": "a1"}


@pytest.fixture
def account():
    with mock_aws():
        yield boto3.client("sqs", "us-east-1"), boto3.client("kms", "us-east-1")


def left():
    with calls() as made:
        result = run(deployed_resources_info, OPTIONS)
    assert writes(made) == []
    assert undocumented(deployed_resources_info, result) == []
    return result["arns"]


def test_only_this_environment_and_suffix_is_listed(account):
    queues, _keys = account
    for name, environment in (("sqs-x-unit-a1", "unit"), ("sqs-x-unit-b2", "unit"), ("sqs-x-prod-a1", "prod")):
        queues.create_queue(QueueName=name, tags={"Environment": environment})
    assert left() == ["arn:aws:sqs:us-east-1:123456789012:sqs-x-unit-a1"]


def test_a_key_that_is_going_counts_as_gone(account):
    _queues, keys = account
    arn = keys.create_key()["KeyMetadata"]["Arn"]
    assert not deployed_resources_info.going(keys, arn)
    keys.schedule_key_deletion(KeyId=arn.rsplit("/", 1)[-1], PendingWindowInDays=7)
    assert deployed_resources_info.going(keys, arn)
    assert not deployed_resources_info.going(keys, "arn:aws:sqs:us-east-1:123456789012:sqs-x-unit-a1")

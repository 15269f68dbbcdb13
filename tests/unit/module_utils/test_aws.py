"""Signing in, and patience."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible.module_utils.payments_dr import aws, calls
from moto import mock_aws

KEYS = {"access_key": "AKIAUNITTESTUNITTEST", "secret_key": "secret", "validate_certs": True}
ROLE = "arn:aws:iam::222222222222:role/role-deploy"


class Module:
    """As much of an AnsibleAWSModule as a client needs."""

    def __init__(self, **params):
        self.params = {**KEYS, **params}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_without_credentials_the_mend_is_named():
    module = Module(access_key=None, secret_key=None, region="us-east-2")
    with pytest.raises(calls.AwsFailure) as caught, calls.describing("list the alarms"):
        aws.client(module, "cloudwatch").describe_alarms()
    assert "set AWS_PROFILE" in caught.value.message


def test_an_unknown_profile_is_named():
    module = Module(profile="nobody", access_key=None, secret_key=None, region="us-east-2")
    with pytest.raises(calls.AwsFailure, match="nobody"):
        aws.client(module, "cloudwatch")


def test_without_a_region_nothing_is_guessed():
    with pytest.raises(calls.AwsFailure, match="set the option region"):
        aws.client(Module(), "cloudwatch")


def test_the_region_and_the_patience_can_be_chosen():
    made = aws.client(Module(region="us-east-1"), "rds", "us-east-2", calls.BRISK)
    assert made.meta.region_name == "us-east-2"
    assert made.meta.config.read_timeout == calls.BRISK.read
    assert made.meta.config.retries["total_max_attempts"] == calls.BRISK.attempts


def test_a_role_is_assumed_once_for_each_region_and_its_keys_are_used():
    module = Module(region="us-east-1", assume_role_arn=ROLE)
    with mock_aws():
        first, second = aws.client(module, "rds"), aws.client(module, "s3")
        other = aws.client(module, "rds", "us-east-2")
    keys = [made._request_signer._credentials.access_key for made in (first, second, other)]
    assert keys[0] == keys[1] != KEYS["access_key"]
    assert keys[2] not in (keys[0], KEYS["access_key"])


def test_an_empty_endpoint_is_none():
    assert aws.client(Module(region="us-east-1", endpoint_url=""), "rds").meta.endpoint_url.startswith("https://rds.")


def test_threads_that_need_the_same_role_ask_sts_once_and_share_its_refusal(monkeypatch):
    module, asked = Module(region="us-east-1", assume_role_arn=ROLE), []
    together = threading.Barrier(4, timeout=5)

    def refuse(_sts, _role, region):
        asked.append(region)
        time.sleep(0.2)  # so that the others come while STS is silent
        raise calls.AwsFailure("dark", unreachable=True)

    monkeypatch.setattr(aws, "_assume", refuse)

    def sign_in(_):
        together.wait()
        with pytest.raises(calls.AwsFailure, match="dark"):
            aws.clients(module)("rds", "us-east-1", calls.BRISK)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sign_in, range(4)))
    assert asked == ["us-east-1"]
    with pytest.raises(calls.AwsFailure, match="dark"):
        aws.client(module, "rds")
    assert len(asked) == 2

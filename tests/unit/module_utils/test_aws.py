"""Signing in, patience, and the one kind of failure."""

import threading

import botocore.exceptions
import pytest
from ansible.module_utils.payments_dr import aws
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


def refusal(code, status, message="no"):
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(answer, "DescribeAlarms")


def failure(error, region="us-east-2"):
    with pytest.raises(aws.AwsFailure) as caught, aws.describing("describe the alarms", region):
        raise error
    return caught.value


def test_a_refusal_says_what_was_being_done_where_and_why():
    told = failure(refusal("AccessDenied", 403))
    assert told.message == "Could not describe the alarms in us-east-2: AccessDenied: no"
    assert (told.code, told.unreachable) == ("AccessDenied", False)


@pytest.mark.parametrize(
    "error",
    [
        refusal("ServiceUnavailable", 503),
        botocore.exceptions.EndpointConnectionError(endpoint_url="http://x"),
        botocore.exceptions.ConnectTimeoutError(endpoint_url="http://x"),
        botocore.exceptions.ReadTimeoutError(endpoint_url="http://x"),
        botocore.exceptions.ConnectionClosedError(endpoint_url="http://x"),
    ],
)
def test_no_answer_and_an_answer_of_despair_are_unreachable(error):
    assert failure(error).unreachable is True


def test_expired_credentials_come_with_the_mend():
    assert failure(refusal("ExpiredToken", 403)).message.endswith("(the credentials have expired: sign in again)")


def test_other_exceptions_pass():
    with pytest.raises(KeyError), aws.describing("do it"):
        raise KeyError("x")


def test_describing_decorates_too_and_may_be_used_again():
    @aws.describing("do it")
    def work(error):
        if error:
            raise error
        return 7

    for _ in range(2):
        with pytest.raises(aws.AwsFailure, match="Could not do it: AccessDenied"):
            work(refusal("AccessDenied", 403))
    assert work(None) == 7


def test_without_credentials_the_mend_is_named():
    module = Module(access_key=None, secret_key=None, region="us-east-2")
    with pytest.raises(aws.AwsFailure) as caught, aws.describing("list the alarms"):
        aws.client(module, "cloudwatch").describe_alarms()
    assert "set AWS_PROFILE" in caught.value.message


def test_an_unknown_profile_is_named():
    module = Module(profile="nobody", access_key=None, secret_key=None, region="us-east-2")
    with pytest.raises(aws.AwsFailure, match="nobody"):
        aws.client(module, "cloudwatch")


def test_without_a_region_nothing_is_guessed():
    with pytest.raises(aws.AwsFailure, match="set the option region"):
        aws.client(Module(), "cloudwatch")


def test_the_region_and_the_patience_can_be_chosen():
    made = aws.client(Module(region="us-east-1"), "rds", "us-east-2", aws.BRISK)
    assert made.meta.region_name == "us-east-2"
    assert made.meta.config.read_timeout == aws.BRISK.read
    assert made.meta.config.retries["total_max_attempts"] == aws.BRISK.attempts


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


def test_calls_run_side_by_side_and_the_first_error_is_raised():
    meeting = threading.Barrier(3, timeout=5)
    assert aws.concurrently(dict.fromkeys("abc", meeting.wait)).keys() == {"a", "b", "c"}

    def fail():
        raise aws.AwsFailure("no")

    with pytest.raises(aws.AwsFailure, match="no"):
        aws.concurrently({"good": lambda: 1, "bad": fail})


def test_an_unreachable_region_is_an_observation_and_a_refusal_is_not():
    def dark():
        raise aws.AwsFailure("dark", unreachable=True)

    def refused():
        raise aws.AwsFailure("refused")

    assert aws.observed(dark) == {"reachable": False, "reason": "dark"}
    assert aws.observed(lambda: {"x": 1}) == {"reachable": True, "reason": "", "x": 1}
    with pytest.raises(aws.AwsFailure, match="refused"):
        aws.observed(refused)

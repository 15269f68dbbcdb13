"""One kind of failure, calls side by side."""

import threading

import botocore.exceptions
import pytest
from ansible.module_utils.payments_dr import calls


def refusal(code, status, message="no"):
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(answer, "DescribeAlarms")


def failure(error, region="us-east-2"):
    with pytest.raises(calls.AwsFailure) as caught, calls.describing("describe the alarms", region):
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
    with pytest.raises(KeyError), calls.describing("do it"):
        raise KeyError("x")


def test_describing_decorates_too_and_may_be_used_again():
    @calls.describing("do it")
    def work(error):
        if error:
            raise error
        return 7

    for _ in range(2):
        with pytest.raises(calls.AwsFailure, match="Could not do it: AccessDenied"):
            work(refusal("AccessDenied", 403))
    assert work(None) == 7


def test_calls_run_side_by_side_and_the_first_error_is_raised():
    meeting = threading.Barrier(3, timeout=5)
    assert calls.concurrently(dict.fromkeys("abc", meeting.wait)).keys() == {"a", "b", "c"}

    def fail():
        raise calls.AwsFailure("no")

    with pytest.raises(calls.AwsFailure, match="no"):
        calls.concurrently({"good": lambda: 1, "bad": fail})


def test_an_unreachable_region_is_an_observation_and_a_refusal_is_not():
    def dark():
        raise calls.AwsFailure("dark", unreachable=True)

    def refused():
        raise calls.AwsFailure("refused")

    assert calls.observed(dark) == {"reachable": False, "reason": "dark"}
    assert calls.observed(lambda: {"x": 1}) == {"reachable": True, "reason": "", "x": 1}
    with pytest.raises(calls.AwsFailure, match="refused"):
        calls.observed(refused)

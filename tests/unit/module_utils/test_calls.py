"""One kind of failure, calls side by side."""

import http.server
import threading
from unittest import mock

import boto3
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


class Throttled(http.server.BaseHTTPRequestHandler):
    """SSM, throttled `server.times` times."""

    def do_POST(self):  # noqa: N802 - as http.server names it
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        well = self.server.asked > self.server.times
        body = b'{"Parameter": {"Value": "x"}}' if well else b'{"__type": "ThrottlingException", "message": "slow"}'
        self.send_response(200 if well else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def throttled():
    with http.server.HTTPServer(("127.0.0.1", 0), Throttled) as server:
        server.asked, server.times = 0, 0
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def ask(server):
    made = boto3.client(
        "ssm",
        "us-east-2",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        config=calls.BRISK.config(),
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    with mock.patch("botocore.endpoint.time.sleep"), calls.describing("ask"):
        return calls.prepared(made).get_parameter(Name="x")["Parameter"]["Value"]


def test_throttling_is_ridden_out_beyond_the_usual_patience(throttled):
    throttled.times = calls.THROTTLED_ATTEMPTS - 1
    assert ask(throttled) == "x"
    assert throttled.asked == calls.THROTTLED_ATTEMPTS > calls.BRISK.attempts


def test_throttling_without_end_is_told_and_not_taken_for_darkness(throttled):
    throttled.times = 100
    with pytest.raises(calls.AwsFailure, match="ThrottlingException") as caught:
        ask(throttled)
    assert throttled.asked == calls.THROTTLED_ATTEMPTS
    assert caught.value.unreachable is False


def test_a_client_has_its_exceptions_before_threads_ask_for_them(monkeypatch):
    made = calls.prepared(boto3.client("ssm", "us-east-2", aws_access_key_id="key", aws_secret_access_key="secret"))
    monkeypatch.setattr(type(made), "_load_exceptions", lambda _: pytest.fail("made by whoever comes first"))
    assert made.exceptions.ParameterNotFound

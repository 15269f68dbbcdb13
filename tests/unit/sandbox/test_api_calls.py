"""Calls of a REST API: one id throughout, metrics as alarms want them, an access log, limits, and no inside shown."""

import pytest

from sandbox import api_calls

from .apis import Api
from .metrics import total


@pytest.fixture(scope="module")
def api(hurried):
    made = Api(hurried, "measured")
    assert made.call("/warm")[0] == 200
    return made


def test_the_function_the_caller_and_the_log_know_one_id(api):
    _, headers, body = api.call("/payments", **{"User-Agent": 'a "quoted" one', "X-Forwarded-For": "203.0.113.9"})
    context = body["context"]
    assert headers["x-amzn-requestid"] == context["requestId"]
    assert context["domainName"] == api.domain
    assert context["identity"]["sourceIp"].startswith("127.")
    line = next(line for line in api.logged() if line["id"] == context["requestId"])
    assert int(line.pop("ms")) > 0
    assert line == {
        "id": context["requestId"],
        "ip": context["identity"]["sourceIp"],
        "status": "200",
        "method": "GET",
        "resource": "/{proxy+}",
        "domain": api.domain,
        "agent": 'a "quoted" one',
        "error": "-",
        "integration": "200",
        "what": "-",
    }


def test_the_function_sees_how_the_request_came(api):
    headers = api.call("/payments", **{"X-Forwarded-For": "203.0.113.9"})[2]["headers"]
    assert headers["x-forwarded-for"].startswith("203.0.113.9, 127.")
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", "443")
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    traced = api.call("/payments", **{"X-Amzn-Trace-Id": "Root=1-0-1"})[2]["headers"]
    assert traced["x-amzn-trace-id"] == "Root=1-0-1"


def test_metrics_tell_resources_apart_and_errors(api):
    api_wide, by_stage = {"ApiName": api.name}, {"ApiName": api.name, "Stage": api.stage}
    health = by_stage | {"Resource": "/health", "Method": "GET"}

    def counted(name, dimensions):
        return total(api.sandbox, "AWS/ApiGateway", name, dimensions) or 0

    before = {name: counted(name, by_stage) for name in ("Count", "4XXError", "5XXError")}
    assert [api.call(path)[0] for path in ("/health", "/payments", "/down")] == [200, 200, 503]
    assert counted("Count", health) == 1
    assert counted("5XXError", health) == 0
    assert {name: counted(name, by_stage) - count for name, count in before.items()} == {
        "Count": 3,
        "4XXError": 0,
        "5XXError": 1,
    }
    assert counted("Count", api_wide) == counted("Count", by_stage)
    latency = total(api.sandbox, "AWS/ApiGateway", "Latency", by_stage, "Average")
    assert 0 < total(api.sandbox, "AWS/ApiGateway", "IntegrationLatency", by_stage, "Average") <= latency < 5000


def test_lambda_counts_the_apis_invocations_and_errors(api):
    dimensions = {"FunctionName": f"lambda-{api.name}"}

    def counted(name):
        return total(api.sandbox, "AWS/Lambda", name, dimensions) or 0

    before = [counted(name) for name in ("Invocations", "Errors", "Throttles")]
    api.call("/payments")
    status, _, body = api.call("/broken")
    assert (status, body) == (502, {"message": "Internal server error"}), "what broke is not the caller's to know"
    assert "a secret of the inside" in api.logged()[-1]["error"]
    after = [counted(name) for name in ("Invocations", "Errors", "Throttles")]
    assert [new - old for new, old in zip(after, before, strict=True)] == [2, 1, 0]
    assert total(api.sandbox, "AWS/Lambda", "Duration", dimensions, "Maximum") > 0


def test_the_functions_log_has_one_stream_and_its_metrics_count(api):
    for _ in range(3):
        assert api.call("/logged")[0] == 200
    logs, group = api.sandbox.client("logs"), f"/aws/lambda/lambda-{api.name}"
    streams = [each["logStreamName"] for each in logs.describe_log_streams(logGroupName=group)["logStreams"]]
    assert len(streams) == 1
    lines = [event["message"] for event in logs.get_log_events(logGroupName=group, logStreamName=streams[0])["events"]]
    assert sum(line.startswith("START ") for line in lines) >= 3
    assert sum(line.startswith("REPORT ") for line in lines) == sum(line.startswith("END ") for line in lines)
    assert total(api.sandbox, "Test", "Calls", {"Path": "/logged"}) == 3


def test_a_function_without_concurrency_is_throttled_not_invoked(api):
    dimensions = {"FunctionName": f"lambda-{api.name}"}
    functions = api.sandbox.client("lambda")
    functions.put_function_concurrency(FunctionName=dimensions["FunctionName"], ReservedConcurrentExecutions=0)
    before = total(api.sandbox, "AWS/Lambda", "Invocations", dimensions)
    try:
        assert api.call("/payments")[0] >= 429
    finally:
        functions.delete_function_concurrency(FunctionName=dimensions["FunctionName"])
    assert total(api.sandbox, "AWS/Lambda", "Throttles", dimensions) == 1
    assert total(api.sandbox, "AWS/Lambda", "Invocations", dimensions) == before


def test_more_calls_than_the_stage_allows_are_refused(api):
    api.patch({"/*/*/throttling/rateLimit": "0.01", "/*/*/throttling/burstLimit": "2"})
    try:
        answers = [api.call("/limited") for _ in range(4)]
    finally:
        api.patch({"/*/*/throttling/rateLimit": "10000", "/*/*/throttling/burstLimit": "5000"})
    assert sorted(status for status, _, _ in answers) == [200, 200, 429, 429]
    refused = next(answer for answer in answers if answer[0] == 429)
    assert refused[2] == {"message": "Too Many Requests"}
    assert refused[1]["x-amzn-errortype"] == "TooManyRequestsException"
    assert api.logged()[-1]["status"] == "429"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("$context.status", "503"),
        ("$context.identity.sourceIp - $context.httpMethod.", "127.0.0.1 - -."),
        ('{"e":"$context.error"}', '{"e":"\\"quoted\\""}'),
        ("$context", "$context"),
        ("$stageVariables.x", "$stageVariables.x"),
    ],
)
def test_formats(form, expected):
    assert api_calls.render(form, {"status": 503, "identity.sourceIp": "127.0.0.1", "error": '"quoted"'}) == expected


def test_the_most_specific_method_setting_counts():
    stage = {"methodSettings": {"*/*": {"metricsEnabled": True}, "health/GET": {"metricsEnabled": False}}}
    assert api_calls.method_setting(stage, "/health", "GET") == {"metricsEnabled": False}
    assert api_calls.method_setting(stage, "/{proxy+}", "POST") == {"metricsEnabled": True}
    assert api_calls.method_setting({}, "/", "GET") == {}

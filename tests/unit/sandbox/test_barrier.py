"""Which calls get through, by region, caller, service and operation. The signatures are botocore's own."""

import asyncio
import json

import botocore.awsrequest
import botocore.config
import botocore.parsers
import pytest

from sandbox import call_log, refusals, seeds, signed
from sandbox.barrier import Barrier
from sandbox.outages import Board, Kind, Outages

ONE, TWO = "us-east-1", "us-east-2"
ADDRESSES = {ONE: "127.0.1.1", TWO: "127.0.2.1"}
WORLD = "127.0.0.1"
SESSION = seeds.session()
CALLS = {
    "rds": lambda client: client.describe_global_clusters(),
    "iam": lambda client: client.list_roles(),
    "route53": lambda client: client.list_hosted_zones(),
    "organizations": lambda client: client.describe_organization(),
    "sts": lambda client: client.get_caller_identity(),
    "ssm": lambda client: client.get_parameter(Name="any"),
    "lambda": lambda client: client.invoke(FunctionName="any"),
    "cloudwatch": lambda client: client.put_metric_data(Namespace="Any", MetricData=[]),
    "dynamodb": lambda client: client.describe_table(TableName="any"),
    "s3": lambda client: client.get_object(Bucket="logs-two", Key="one"),
}


class SentError(Exception):
    """The request, instead of an answer."""


def request(service, region, call=None, **options):
    """Return what botocore would send: an ASGI scope and a body."""
    client = SESSION.create_client(
        service,
        region_name=region,
        endpoint_url="http://127.0.0.1:4566",
        aws_access_key_id="222222222222",
        aws_secret_access_key="any",
        config=botocore.config.Config(s3={"addressing_style": "path"}, **options),
    )

    def catch(request, **_):
        raise SentError(request)

    client.meta.events.register("before-send", catch)
    with pytest.raises(SentError) as caught:
        (call or CALLS[service])(client)
    prepared: botocore.awsrequest.AWSPreparedRequest = caught.value.args[0]
    path, _, query = prepared.url.removeprefix("http://127.0.0.1:4566").partition("?")
    body = prepared.body or b""
    scope = {
        "type": "http",
        "method": prepared.method,
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (name.lower().encode(), value if isinstance(value, bytes) else str(value).encode())
            for name, value in prepared.headers.items()
        ],
    }
    return scope, body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else body.read()


class Through(Barrier):
    """A barrier in front of what answers 200; remembers what came of each request."""

    def __init__(self, *pairs):
        board = Board()
        board.put(Outages({(region, Kind(kind)): 1.0 for region, kind in pairs}))
        super().__init__(self.emulator, board, ADDRESSES, {"logs-one": ONE, "logs-two": TWO}.get)

    async def emulator(self, scope, receive, send):
        got = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": got})

    def send(self, scope, body, source=WORLD):
        """Return the messages of the answer; none where the connection was cut, or nothing came within a moment."""

        async def exchange():
            answer, coming = [], [{"type": "http.request", "body": body}]

            async def receive():
                while not coming:
                    await asyncio.Event().wait()
                return coming.pop()

            async def send(message):
                answer.append(message)

            try:
                async with asyncio.timeout(0.1):
                    await self({**scope, "client": (source, 1)}, receive, send)
            except TimeoutError:
                return None
            return answer

        return asyncio.run(exchange())

    def status(self, *asked, source=WORLD, **options):
        answer = self.send(*request(*asked, **options), source=source)
        if answer is None:
            return "hangs"
        return answer[0]["status"] if answer else "cut"


@pytest.mark.parametrize("service", CALLS)
def test_while_nothing_is_out_everything_gets_through_with_its_body(service):
    scope, body = request(service, ONE)
    answer = Through().send(scope, body)
    assert (answer[0]["status"], answer[1]["body"]) == (200, body)


@pytest.mark.parametrize(("kind", "outcome"), [("dark", "cut"), ("hang", "hangs")])
def test_a_dark_region_answers_no_call_and_the_other_every_one(kind, outcome):
    dark = Through((TWO, kind))
    for service in ("rds", "ssm", "lambda", "cloudwatch", "sts"):
        assert dark.status(service, TWO) == outcome
        assert dark.status(service, ONE) == 200
    assert dark.status("iam", TWO) == dark.status("route53", TWO) == 200, "their control plane is in us-east-1"


@pytest.mark.parametrize("service", ["iam", "route53", "organizations"])
@pytest.mark.parametrize("region", [ONE, TWO])
def test_us_east_1_takes_the_global_services_with_it(service, region):
    assert Through((ONE, "dark")).status(service, region) == "cut"


def test_a_bucket_is_where_it_is_and_is_changed_in_us_east_1():
    dark = Through((ONE, "dark"))
    assert dark.status("s3", TWO) == dark.status("s3", ONE) == 200
    assert dark.status("s3", TWO, lambda s3: s3.get_object(Bucket="logs-one", Key="one")) == "cut"
    assert dark.status("s3", TWO, lambda s3: s3.get_bucket_versioning(Bucket="logs-two")) == 200
    assert dark.status("s3", TWO, lambda s3: s3.delete_bucket_policy(Bucket="logs-two")) == "cut"
    assert dark.status("s3", TWO, lambda s3: s3.list_objects_v2(Bucket="logs-two")) == 200


def test_a_function_of_a_dark_region_reaches_nothing():
    dark = Through((ONE, "dark"))
    assert dark.status("ssm", TWO, source=ADDRESSES[ONE]) == "cut"
    assert dark.status("ssm", TWO, source=ADDRESSES[TWO]) == 200


@pytest.mark.parametrize("kind", [*Kind, None])
@pytest.mark.parametrize("where", [ONE, TWO])
def test_a_journal_in_the_other_region_is_out_of_reach_only_where_its_data_plane_is(kind, where):
    """A transaction of us-east-1's function in us-east-2. It serves: no lost control plane and no throttle stops it."""
    out = Through(*([(where, kind)] if kind else []))
    put = {"Put": {"TableName": "table-journal", "Item": {"idempotency_key": {"S": "one"}}}}
    called = request("dynamodb", TWO, lambda dynamodb: dynamodb.transact_write_items(TransactItems=[put]))
    answer = out.send(*called, source=ADDRESSES[ONE])
    status = "hangs" if answer is None else answer[0]["status"] if answer else "cut"
    assert status == {Kind.DARK: "cut", Kind.HANG: "hangs", Kind.PARTITION: "hangs"}.get(kind, 200)


@pytest.mark.parametrize(
    ("source", "region", "far"),
    [(ADDRESSES[ONE], TWO, True), (ADDRESSES[TWO], ONE, True), (ADDRESSES[ONE], ONE, False), (WORLD, TWO, False)],
)
def test_only_a_call_of_one_region_for_the_other_is_under_way_for_a_while(source, region, far, monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    barrier = Through()
    barrier.distance = 0.012
    assert barrier.status("dynamodb", region, source=source) == 200
    assert waited == ([0.012] if far else [])


def test_a_partition_is_between_the_regions_alone():
    apart = Through((ONE, "partition"))
    assert apart.status("ssm", ONE, source=ADDRESSES[TWO]) == "hangs"
    assert apart.status("ssm", TWO, source=ADDRESSES[ONE]) == "hangs"
    assert apart.status("ssm", ONE, source=ADDRESSES[ONE]) == 200
    assert apart.status("ssm", ONE) == apart.status("ssm", TWO) == 200


def test_without_its_control_plane_a_region_still_serves():
    out = Through((ONE, "control-plane"))
    assert {service: out.status(service, ONE) for service in CALLS} == {
        "rds": 503,
        "iam": 503,
        "route53": 503,
        "organizations": 503,
        "sts": 200,
        "ssm": 200,
        "lambda": 200,
        "cloudwatch": 200,
        "dynamodb": 503,
        "s3": 200,
    }
    assert out.status("rds", TWO) == 200


def test_of_three_calls_two_are_throttled_each_service_by_itself():
    slow = Through((ONE, "throttled"))
    assert [slow.status("rds", ONE) for _ in range(6)] == [400, 400, 200] * 2
    assert [slow.status("ssm", ONE) for _ in range(3)] == [400, 400, 200]
    assert [slow.status("lambda", ONE) for _ in range(3)] == [200] * 3, "what serves goes on"
    assert [slow.status("rds", TWO) for _ in range(3)] == [200] * 3


def test_with_lambda_out_its_api_is_too():
    assert Through((ONE, "lambda")).status("lambda", ONE) == 500
    assert Through((ONE, "lambda")).status("rds", ONE) == 200


@pytest.mark.parametrize("service", ["rds", "ssm", "cloudwatch", "route53", "dynamodb", "s3", "lambda"])
def test_every_sdk_understands_the_refusal(service):
    """botocore's own parsers read the code, so that its retries know what it means."""
    scope, body = request(service, ONE)
    call = signed.call(scope["method"], scope["path"], "", dict(scope["headers"]), body, {}.get)
    parser = botocore.parsers.create_parser(SESSION.get_service_model(service).resolved_protocol)
    refusal = refusals.throttled(service, call.wire)
    status, headers, body = refusals.answer(refusal, call.wire)
    response = {
        "status_code": status,
        "headers": {name.decode(): value.decode() for name, value in headers},
        "body": body,
        "context": {"operation_name": "Any"},
    }
    parsed = parser.parse(response, None)
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == (refusal.code, refusal.message)


def test_the_operator_looks_behind_every_outage():
    dark = Through((ONE, "dark"))
    assert dark.status("rds", ONE, user_agent_extra=seeds.OPERATOR) == 200


def test_an_answer_that_was_on_its_way_when_it_went_dark_is_lost():
    barrier = Through()

    async def too_late(scope, receive, send):
        barrier.board.put(Outages({(ONE, Kind.DARK): 1.0}))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        barrier.board.put(Outages())
        await send({"type": "http.response.body", "body": b""})

    barrier.app = too_late
    assert barrier.send(*request("rds", ONE)) == []


def test_refusals_are_json_where_the_call_was():
    answer = Through((ONE, "control-plane")).send(*request("dynamodb", ONE))
    assert json.loads(answer[1]["body"])["__type"] == "ServiceUnavailable"


def test_what_was_asked_during_an_outage_is_kept_with_what_came_of_it():
    dark = Through((ONE, "dark"), (TWO, "throttled"))
    dark.status("rds", ONE)
    dark.status("route53", TWO)
    dark.status("rds", TWO, source=ADDRESSES[TWO])
    dark.status("lambda", TWO)
    kept = [(made.caller, made.region, made.service, made.operation, str(made.outcome)) for made in dark.calls.made]
    assert kept == [
        ("world", ONE, "rds", "DescribeGlobalClusters", "cut"),
        ("world", ONE, "route53", "GET /2013-04-01/hostedzone", "cut"),
        (TWO, TWO, "rds", "DescribeGlobalClusters", "refused"),
        ("world", TWO, "lambda", "Invoke", "served"),
    ]
    assert "rds DescribeGlobalClusters" in call_log.screen(dark.calls.overview())


def test_a_call_that_is_never_answered_is_kept_with_how_long_it_was_waited_for():
    held = Through((ONE, "hang"))
    assert held.status("ssm", ONE) == "hangs"
    (made,) = held.calls.made
    assert (made.outcome, made.operation) == ("held", "GetParameter")
    assert 0.1 <= made.seconds < 5


def test_while_nothing_is_out_no_call_is_read_or_kept():
    well = Through()
    well.status("rds", ONE)
    assert not well.calls.made
    assert call_log.screen(well.calls.overview()) == "No call was made while something was out"

"""Whatever is sent to the deployed API: an answer in the four hundreds that names the field, and nothing stored.

The rules themselves are tested without a deployment (tests/unit/lambda); here it is what API Gateway makes of them.
"""

from __future__ import annotations

import json
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import ANY

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode

from .api import LATER, Api
from .conftest import ROOT
from .looking import PRIMARY, eventually, log_objects, session

ORDER = {"amount": 1250, "currency": "EUR", "reference": "order-1"}
JSON = ("Content-Type", "application/json")
SQL = ["'; DROP TABLE payments; --", "' OR '1'='1", '"; SELECT pg_sleep(10); --', "$1", ":key", "%s", "\\'; --", "{}"]
STORED = "SELECT (SELECT count(*) FROM payments), (SELECT count(*) FROM schema_migrations)"
WRONG = [
    *[("amount", value) for value in (None, "1", True, 1.5, [1], {}, -1, 0, 10**10, 10**40)],
    *[("currency", value) for value in (None, 1, [], "", "usd", "XXX", "EURO", *SQL)],
    *[("reference", value) for value in (None, 7, ["x"], "", "x" * 65, "\0", "a\nb", "4111 1111 1111 1111")],
    *[("metadata", value) for value in (None, "x", [], {"a b": "c"}, {str(n): "" for n in range(21)}, *SQL)],
    *[("metadata", {text: "x"}) for text in SQL[:3]],
    *[("metadata.a", {"a": value}) for value in (None, 1, {}, "x" * 201, "5555-5555-5555-4444")],
    *[(name, "x") for name in ("id", "status", "region", "created_at", "card_number", "idempotency_key", SQL[0])],
]
NO_JSON = [
    b"", b"amount=1", b"[]", b"null", b'"x"', b"{", b"{}{}", b'{"amount": NaN}', b'{"amount": 1, "amount": 2}',
    b"[" * 50_000, b'{"a":' * 10_000, b'{"amount": ' + b"9" * 5_000 + b"}", b"\0", b"\xff", b"\x1f\x8b\x08\0",
    *(json.dumps(ORDER).encode(encoding) for encoding in ("utf-16", "utf-32", "utf-8-sig")),
]  # fmt: skip
BROKEN_UTF_8 = ["ü".encode("latin-1"), b"\xc3", b"\x80" * 10, b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80"]
DOCUMENT = yaml.safe_load((ROOT / "lambda" / "payments" / "openapi.yml").read_text())
HUGE = b'{"reference": "' + b"x" * 11_000_000 + b'"}'


@pytest.fixture(scope="module")
def api(deployment, sandbox):
    return Api(sandbox, PRIMARY)


@pytest.fixture(scope="module")
def stored(api, sandbox):
    """What is stored now: payments, migrations, and log objects."""
    with session(sandbox) as connection:
        yield lambda: (connection.run(STORED), len(log_objects(sandbox)))


@pytest.fixture
def refused(api, stored):
    """refused(status, field, body, headers) sends it, and sees that it is refused by name and that nothing is left."""

    def send(status, field, body, headers=(), key=None, path="/payments"):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        own = [] if headers else [JSON]
        own += [("Idempotency-Key", f"input-{uuid.uuid4()}")] if key is None else [("Idempotency-Key", k) for k in key]
        before = stored()
        answer = api.send("POST", path, content, [*own, *headers])
        assert answer.status == status, answer
        assert answer.headers["content-type"] == "application/problem+json"
        named = [error["field"] for error in answer.body.get("errors", [])] or [answer.body["code"]]
        assert field in named
        assert stored() == before
        return answer

    return send


@pytest.mark.parametrize("field", list(ORDER))
def test_a_missing_field(refused, field):
    refused(422, field, {name: value for name, value in ORDER.items() if name != field})


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_value_or_an_unknown_field(refused, field, value):
    answer = refused(422, field, ORDER | {field.partition(".")[0]: value})
    assert not any(number in json.dumps(answer.body) for number in ("4111", "5555"))


@pytest.mark.parametrize("body", NO_JSON)
def test_a_body_that_is_no_json_object(refused, body):
    refused(400, "body", body)


@pytest.mark.parametrize("broken", BROKEN_UTF_8)
@pytest.mark.parametrize("field", ["reference", "metadata.a"])
def test_text_that_is_not_in_utf_8(refused, field, broken):
    """API Gateway hands a body on as text, with U+FFFD for what is no UTF-8: what was meant is lost, and not stored."""
    order = ORDER | ({"reference": "caf?"} if field == "reference" else {"metadata": {"a": "caf?"}})
    refused(422, field, json.dumps(order).encode().replace(b"?", broken))


def test_a_huge_body(refused):
    refused(413, "body", ORDER | {"metadata": {"a": "x" * 70_000}})


def test_a_body_that_api_gateway_does_not_take(api, stored):
    """More than 10 MB: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"""
    before = stored()
    answer = api.send("POST", "/payments", HUGE, [JSON, ("Idempotency-Key", "huge")])
    assert answer.status == 413, answer
    assert stored() == before


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "application/jsonx"],
)
def test_another_content_type(refused, content_type):
    refused(415, "content-type", ORDER, [("Content-Type", content_type)])


@pytest.mark.parametrize(
    "keys",
    [[], [""], [" "], ["x" * 256], ["x" * 300], ["one", "two"], ["a b"], ["\xfc"], ["4111111111111111"], [SQL[0]]],
)
def test_a_key_that_cannot_be(refused, keys):
    refused(400, "Idempotency-Key", ORDER, key=keys)


def test_a_parameter_that_is_none(refused):
    refused(400, "dry_run", ORDER, path="/payments?dry_run=1")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/payments?limit=0", 400), ("/payments?limit=x", 400), ("/payments?limit=1&limit=2", 400),
     ("/payments?cursor=x", 400), ("/payments?cursor=%27%20OR%201%3D1", 400), ("/payments?since=yesterday", 400),
     ("/payments/1", 404), (f"/payments/{uuid.UUID(int=0)}", 404), ("/payments/%27%20OR%201%3D1", 404),
     ("/", 404), ("/nothing/here", 404), ("/payments/../health/x", 404)],
)  # fmt: skip
def test_a_question_that_cannot_be(api, path, status):
    answer = api.send("GET", path, None, [])
    assert (answer.status, answer.body["status"]) == (status, status)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_method_that_is_none(api, method):
    answer = api.send(method, "/payments", b"{}", [JSON])
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("text", SQL)
def test_sql_is_text_like_any_other(api, sandbox, text):
    order = ORDER | {"reference": text, "metadata": {"note": text}}
    answer = api.pay(f"sql-{uuid.uuid4()}-{text.replace(' ', '_')}", **order)
    assert answer.status == 201
    assert (answer.body["reference"], answer.body["metadata"]) == (text, {"note": text})
    assert api.request("GET", f"/payments/{answer.body['id']}").body == answer.body


def test_the_same_key_with_another_body(refused, api):
    key = f"input-{uuid.uuid4()}"
    assert api.pay(key).status == 201
    for changes in ({"amount": 1}, {"currency": "USD"}, {"reference": "other"}, {"metadata": {"a": "b"}}):
        refused(422, "Idempotency-Key", ORDER | changes, key=[key])


def test_the_same_key_twenty_times_at_once(api, stored):
    """One payment; whoever comes while it is made is told so, and learns of it when he comes again."""
    ((before, _),), _ = stored()
    key = f"input-{uuid.uuid4()}"
    with ThreadPoolExecutor(20) as clients:
        answers = list(clients.map(lambda _: api.pay(key), range(20)))
    paid = [one for one in answers if one.status == 201]
    assert len({one.body["id"] for one in paid}) == 1
    assert sum("idempotent-replayed" not in one.headers for one in paid) == 1
    later = [one for one in answers if one.status != 201]
    assert {one.status for one in later} <= LATER, later
    assert all(int(one.headers["retry-after"]) > 0 for one in later if one.status == 409)
    assert eventually(lambda: one if (one := api.pay(key)).status == 201 else None).body == paid[0].body
    assert stored()[0] == [[before + 1, ANY]]


OPERATIONS = [
    pytest.param(method, path, mode, id=f"{method} {path} {mode.value}")
    for path, item in DOCUMENT["paths"].items()
    for method in item
    for mode in GenerationMode
    if path != "/health" or mode is GenerationMode.POSITIVE  # it takes nothing that could be wrong
]


@pytest.fixture
def resolved(api, monkeypatch):
    """Every name leads to the region's own address, as its DNS says."""
    address, asked = api.address(), socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *words, **more: asked(address, *words, **more))
    monkeypatch.setenv("no_proxy", "*")


@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
def test_the_deployed_api_does_what_its_document_says(api, sandbox, resolved, method, path, mode):
    """Few examples: many are tried without a deployment. Here it is what API Gateway lets through, and adds."""
    operation = schemathesis.openapi.from_dict(DOCUMENT)[path][method]

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def hold(case):
        if mode is GenerationMode.POSITIVE and method == "post":
            case.headers["Idempotency-Key"] = f"input-{uuid.uuid4()}"  # one that comes again stands for its payment
        case.call_and_validate(base_url=f"https://{api.host}:{api.port}", verify=sandbox.engineer["PAYMENTS_CA"])

    hold()

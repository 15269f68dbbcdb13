"""Whatever is sent: an answer in the four hundreds that names the field, and nothing stored."""

import json

import pytest

JSON = {"Content-Type": "application/json", "Idempotency-Key": "key"}
SQL = ["'; DROP TABLE payments; --", "' OR '1'='1", '"; SELECT pg_sleep(10); --', "$1", ":key", "%s", "\\'; --", "{}"]


@pytest.fixture
def refused(function, server, aws):
    """Send it, see that it is refused by the field's name, and that nothing is left of it."""

    def send(status, field, body, headers=JSON, **more):
        got, problem, answered = function("POST", "/payments", body, headers, **more)
        assert got == status, problem
        assert answered["Content-Type"] == "application/problem+json"
        assert {"type", "title", "status", "code", "detail"} <= problem.keys() and problem["status"] == status
        if field in ("body", "content-type"):
            assert problem["code"] == field
        else:
            assert field in [error["field"] for error in problem["errors"]] and field in problem["detail"]
        assert server.admin("SELECT (SELECT count(*) FROM payments) + (SELECT count(*) FROM outbox)") == [[0]]
        assert "Contents" not in aws.s3.list_objects_v2(Bucket="transaction-logs")
        return problem

    return send


@pytest.mark.parametrize("field", ["amount", "currency", "reference"])
def test_a_missing_field(refused, order, field):
    del order[field]
    refused(422, field, order)


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", value) for value in (0, -1, 10**10, 10**40, 1.5, "1", True, None, [1])]
    + [("currency", value) for value in ("XXX", "usd", "", 1, None, *SQL)]
    + [("reference", value) for value in ("", "x" * 65, 7, None, "\0", "\ud800", "caf\ufffd", "4111 1111 1111 1111")]
    + [("metadata", value) for value in ([], None, {"a b": "c"}, {str(n): "" for n in range(99)}, *SQL)]
    + [("metadata.a", value) for value in (1, None, {}, "x" * 201, "pan 5555-5555-5555-4444")]
    + [("card_number", "4111111111111111"), ("id", "mine"), ("status", "settled"), ("', amount = 1; --", 1)],
)
def test_a_wrong_value_or_field(refused, order, field, value):
    if field == "metadata.a":
        order["metadata"] = {"a": value}
    else:
        order[field] = value
    problem = refused(422, field, order)
    assert "4111" not in json.dumps(problem)


@pytest.mark.parametrize(
    "body",
    [None, "", "amount=1", "[]", "null", '"x"', "{", "{}{}", '{"amount": NaN}', '{"amount": 1, "amount": 2}',
     "[" * 50_000, '{"a":' * 10_000, '{"amount": ' + "9" * 5_000 + "}", "\ud800", "\0"],
)  # fmt: skip
def test_a_body_that_is_no_json_object(refused, body):
    refused(400, "body", body)


@pytest.mark.parametrize(
    "body", [b"\xff", b"\xff\xfe{\x00}\x00", '{"reference": "ü"}'.encode("latin-1"), b"\x80" * 100, b"\x1f\x8b\x08"]
)
def test_a_body_in_another_encoding(refused, body):
    refused(400, "body", body, encoded=True)


def test_a_body_that_claims_base64_and_is_none(refused):
    refused(400, "body", "***", claimed=True)


def test_a_huge_body(refused, order):
    order["metadata"] = {"a": "x" * 70_000}
    refused(413, "body", order)


def test_a_body_in_base64_is_read(function, order):
    assert function("POST", "/payments", json.dumps(order).encode(), JSON, encoded=True)[0] == 201


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1",
     "application/jsonx", "application/json, text/plain", ["application/json", "text/plain"]],
)  # fmt: skip
def test_another_content_type(refused, order, content_type):
    headers = {"Idempotency-Key": "key"} | ({} if content_type is None else {"Content-Type": content_type})
    refused(415, "content-type", order, headers)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"'])
def test_json_by_any_spelling(function, order, content_type):
    assert function("POST", "/payments", order, {"content-TYPE": content_type, "idempotency-KEY": "key"})[0] == 201


def test_an_event_with_single_values_only_is_read(function, order):
    event = {
        "httpMethod": "POST", "path": "/payments", "headers": JSON, "body": json.dumps(order), "requestContext": None,
        "queryStringParameters": None,
    }  # fmt: skip
    assert function.send(event)["statusCode"] == 201


@pytest.mark.parametrize(
    "keys", [None, "", " ", "x" * 256, "x" * 300, ["a", "b"], "a b", "ü", "4111111111111111", "key\x00"]
)
def test_a_key_that_cannot_be(refused, order, keys):
    headers = {"Content-Type": "application/json"} | ({} if keys is None else {"Idempotency-Key": keys})
    refused(400, "Idempotency-Key", order, headers)


def test_a_parameter_that_is_none(refused, order):
    refused(400, "dry_run", order, query={"dry_run": ["1"]})


@pytest.mark.parametrize("text", SQL)
def test_sql_is_text_like_any_other(function, order, server, text):
    order |= {"reference": text, "metadata": {"note": text}}
    key = text.replace(" ", "_")
    status, payment, _ = function.pay(order, key=key)
    assert status == 201 and function.pay(order, key=key)[1] == payment
    rows = server.admin("SELECT idempotency_key, reference, metadata FROM payments")
    assert rows == [[key, text, {"note": text}]]


def test_nothing_card_like_is_logged(function, order, logged):
    logged()
    number = "4111111111111111"
    function.pay({**order, "reference": number})
    function.pay({**order, number: "x", "metadata": {"n": number}})
    function.pay(order, key=number)
    function.pay("{" + number)
    function("GET", f"/payments/{number}")
    function("GET", f"/{number}", query={number: [number]})
    lines = logged()
    assert len(lines) >= 6 and number not in json.dumps(lines)

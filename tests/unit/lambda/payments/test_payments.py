"""A payment's way through the function: real PostgreSQL, S3 and Secrets Manager by moto."""

import json
import uuid
from datetime import UTC, datetime

import pytest


def test_a_payment_is_answered_stored_and_logged(function, order, server, objects):
    status, payment, headers = function.pay(order)

    assert status == 201
    created = datetime.fromisoformat(payment["created_at"])
    assert payment == {
        "id": str(uuid.UUID(payment["id"])), "status": "accepted", "region": "us-east-1",
        "created_at": f"{created:%Y-%m-%dT%H:%M:%S}.{created.microsecond // 1000:03}Z", **order,
    }  # fmt: skip
    assert abs((datetime.now(UTC) - created).total_seconds()) < 60
    assert headers["Location"] == f"/payments/{payment['id']}"
    assert headers["X-Correlation-Id"] == "correlation"
    assert headers["Cache-Control"] == "no-store"
    row = server.admin("SELECT id::text, idempotency_key, amount, currency, reference, metadata FROM payments")
    assert row == [[payment["id"], "key", 1250, "USD", "order 4711", {"channel": "web"}]]
    assert objects() == {f"transactions/{created:%Y/%m/%d}/{payment['id']}.json": payment}
    assert server.admin("SELECT count(*) FROM outbox") == [[0]]


def test_a_payment_without_metadata_has_none(function, order, objects):
    del order["metadata"]
    assert function.pay(order)[1]["metadata"] == {}


def test_any_valid_text_comes_back_as_it_was(function, order):
    order["reference"] = "Ünïcödé \\ ' \" ; -- 💶"
    order["metadata"] = {"note": "'; DROP TABLE payments; --", "empty": "", "a.b-c_D9": "%s :key $1 {}"}
    payment = function.pay(order)[1]
    assert {name: payment[name] for name in order} == order
    assert function("GET", f"/payments/{payment['id']}")[1] == payment


def test_the_same_request_gets_the_same_answer_for_ever(function, order, objects, server):
    first = function.pay(order)
    shuffled = json.dumps(dict(reversed(order.items())), indent=3)
    again, elsewhere = function.pay(shuffled), function.another().pay(order)

    assert again[:2] == elsewhere[:2] == first[:2]
    assert "Idempotent-Replayed" not in first[2]
    assert again[2]["Idempotent-Replayed"] == elsewhere[2]["Idempotent-Replayed"] == "true"
    assert server.admin("SELECT count(*) FROM payments") == [[1]]
    assert len(objects()) == 1


@pytest.mark.parametrize("change", [{"amount": 1251}, {"currency": "EUR"}, {"reference": "other"}, {"metadata": {}}])
def test_a_key_stands_for_one_payment_only(function, order, server, change):
    function.pay(order)
    status, problem, headers = function.pay({**order, **change})

    assert (status, problem["code"]) == (422, "idempotency-key-reused")
    assert problem["errors"] == [{"field": "Idempotency-Key", "detail": "was used for another payment"}]
    assert headers["Content-Type"] == "application/problem+json"
    assert server.admin("SELECT amount, currency, reference FROM payments") == [[1250, "USD", "order 4711"]]


def test_a_mistake_of_the_client_costs_no_connection(function, order, server):
    function.pay(order)
    sessions = "SELECT pid, backend_start FROM pg_stat_activity WHERE usename = 'payments'"
    before = server.admin(sessions)
    assert function.pay({**order, "amount": 1})[0] == 422
    assert server.admin(sessions) == before


def test_a_key_in_flight_is_a_conflict_until_it_is_done(function, order, server):
    other = server.session()
    other.run("BEGIN")
    other.run("SELECT pg_advisory_xact_lock(hashtextextended('key', 0))")
    status, problem, headers = function.pay(order)
    assert (status, problem["code"], headers["Retry-After"]) == (409, "idempotency-key-in-flight", "1")

    other.run("ROLLBACK")
    other.close()
    assert function.pay(order)[0] == 201


def test_a_replay_is_answered_while_another_replay_is_in_flight(function, order, server):
    first = function.pay(order)[1]
    other = server.session()
    other.run("BEGIN")
    other.run("SELECT pg_advisory_xact_lock(hashtextextended('key', 0))")
    assert function.pay(order)[:2] == (201, first)
    other.close()


def test_one_payment_is_found_by_its_id(function, order):
    payment = function.pay(order)[1]
    assert function("GET", f"/payments/{payment['id']}")[:2] == (200, payment)


@pytest.mark.parametrize(
    "word", [str(uuid.UUID(int=1)), "1", "{00000000-0000-0000-0000-000000000001}", "' OR 1=1", "%00", "x" * 5000]
)
def test_what_is_no_payment_is_not_found(function, word):
    status, problem, _ = function("GET", f"/payments/{word}")
    assert (status, problem["code"]) == (404, "no-such-payment")


def test_pages_hold_every_payment_once_though_more_come_in(function, order):
    made = [function.pay(order, key=f"key {n}".replace(" ", "-"))[1] for n in range(5)]
    first = function("GET", "/payments", query={"limit": ["2"]})[1]
    function.pay(order, key="late")
    second = function("GET", "/payments", query={"limit": ["2"], "cursor": [first["next_cursor"]]})[1]
    third = function("GET", "/payments", query={"limit": ["2"], "cursor": [second["next_cursor"]]})[1]

    assert first["payments"] + second["payments"] + third["payments"] == sorted(
        made, key=lambda payment: (payment["created_at"], payment["id"]), reverse=True
    )
    assert third["next_cursor"] is None
    assert len(function("GET", "/payments")[1]["payments"]) == 6


def test_payments_of_one_millisecond_are_paged_too(function, order, server):
    for n in range(4):
        function.pay(order, key=f"key-{n}")
    server.admin("UPDATE payments SET created_at = '2026-01-01T00:00:00Z'")
    seen, query = [], {"limit": ["1"]}
    while True:
        page = function("GET", "/payments", query=query)[1]
        seen += [payment["id"] for payment in page["payments"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = [page["next_cursor"]]
    assert len(set(seen)) == len(seen) == 4


@pytest.mark.parametrize(
    ("query", "field"),
    [({"limit": [word]}, "limit") for word in ("0", "101", "-1", "1.5", "", "ten", "١", "99999999999")]
    + [({"cursor": [word]}, "cursor") for word in ("", "x", "AAAA", "é", "' OR 1=1", "_" * 32, "a" * 5000)]
    + [({"limit": ["1", "2"]}, "limit"), ({"offset": ["1"]}, "offset"), ({"4111111111111111": ["1"]}, "(card number)")],
)
def test_a_page_that_cannot_be_is_refused_by_name(function, query, field):
    status, problem, _ = function("GET", "/payments", query=query)
    assert (status, problem["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [("DELETE", "/payments", 405, "GET, POST"), ("PUT", "/payments/1", 405, "GET"), ("POST", "/health", 405, "GET"),
     ("GET", "/", 404, None), ("GET", "/payments/", 404, None), ("GET", "/payments/1/2", 404, None)],
)  # fmt: skip
def test_other_ways_in_are_closed(function, method, path, status, allowed):
    answer = function(method, path)
    assert (answer[0], answer[2].get("Allow")) == (status, allowed)


def test_the_log_tells_of_each_payment_and_the_metrics_count_it(function, order, logged):
    logged()
    payment = function.pay(order)[1]
    function.pay(order)
    lines = logged()

    told = [line for line in lines if line.get("message") == "paid"]
    assert [(line["payment_id"], line["replayed"]) for line in told] == [(payment["id"], False), (payment["id"], True)]
    assert {(line["correlation_id"], line["region"], line["version"]) for line in told} == {
        ("correlation", "us-east-1", "abc123")
    }
    metrics = [line for line in lines if "_aws" in line]
    assert [one.get("PaymentsAccepted") for one in metrics] == [[1.0], None]
    assert [one.get("PaymentsReplayed") for one in metrics] == [None, [1.0]]


def test_an_error_that_nobody_foresaw_is_ours_and_quotes_nothing(function, order, server, logged):
    server.admin("ALTER TABLE payments ADD CONSTRAINT odd CHECK (reference <> 'order 4711')")
    logged()
    status, problem, _ = function.pay(order)
    assert (status, problem["code"]) == (500, "internal")
    text = json.dumps(logged())
    assert "23514" in text and "4711" not in text
    assert function.pay({**order, "reference": "fine"})[0] == 201
    server.admin("ALTER TABLE payments DROP CONSTRAINT odd")

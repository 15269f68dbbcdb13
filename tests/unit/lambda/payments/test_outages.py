"""What becomes of payments while the database, its certificate, the secret or S3 is not as it should be."""

import json
import signal
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from tests.unit import database_server
from tests.unit.database_server import until

# The longest that a payment and a health check may take, and what a busy machine adds.
PATIENCE, HEALTH_PATIENCE, BUSY = 4.0, 1.5, 0.9


@pytest.fixture
def function(function, server):
    """The server runs, unfrozen and writable, before and after."""
    yield function
    server.thaw()


def health(function):
    status, document, headers = function("GET", "/health")
    return status, document.get("code"), headers.get("Retry-After")


def timed(call):
    started = time.monotonic()
    answer = call()
    return answer, time.monotonic() - started


def test_health_names_region_and_version_either_way(function, server):
    here = {"region": "us-east-1", "version": "abc123"}
    assert function("GET", "/health")[:2] == (200, {"status": "ok", **here})
    server.read_only(True)
    status, document, headers = function("GET", "/health")
    server.read_only(False)
    assert (status, document["code"]) == (503, "standby")
    assert here.items() <= document.items()
    assert headers["Content-Type"] == "application/problem+json"


def test_health_is_logged_when_it_changes(function, server, logged):
    health(function)
    logged()
    for read_only in (True, False, True):
        server.read_only(read_only)
        for _ in range(3):
            health(function)
    server.read_only(False)
    told = [line["code"] for line in logged() if line.get("message") == "unavailable"]
    assert told == ["standby", "standby"]


def test_a_standby_takes_no_payment_until_it_is_promoted(function, order, server):
    first = function.pay(order, key="before")[1]
    server.become_standby()
    try:
        assert health(function) == (503, "standby", "30")
        status, problem, headers = function.pay(order)
        assert (status, problem["code"], headers["Retry-After"]) == (503, "standby", "30")
        assert function.ask("migrate") == {"action": "migrate", "region": "us-east-1", "status": "standby"}
        assert function.ask("repair") == {"action": "repair", "region": "us-east-1", "status": "standby"}
        assert function("GET", f"/payments/{first['id']}")[:2] == (200, first)
    finally:
        server.promote()
    assert health(function) == (200, None, None)
    assert function.pay(order)[0] == 201
    assert function.pay(order, key="before")[1] == first


def test_a_writer_that_turned_read_only_is_left_for_the_new_one(function, order, server):
    function.pay(order, key="before")
    server.read_only(True)
    assert function.pay(order)[1]["code"] == "standby"
    server.read_only(False)
    assert function.pay(order)[0] == 201


def test_a_frozen_server_costs_a_time_out_and_nothing_else(function, order, server):
    function.pay(order, key="before")
    server.freeze()
    (status, problem, _), seconds = timed(lambda: function.pay(order))
    assert (status, problem["code"]) == (503, "database-timeout") and seconds < PATIENCE + BUSY
    answer, seconds = timed(lambda: health(function))
    assert answer == (503, "database-timeout", "1") and seconds < HEALTH_PATIENCE + BUSY

    server.thaw()
    assert function.pay(order)[0] == 201
    assert health(function)[0] == 200
    assert server.admin("SELECT count(*) FROM payments") == [[2]]


def test_a_server_that_crashed_is_found_again(function, order, server):
    first = function.pay(order)[:2]
    server.stop(signal.SIGQUIT)
    answer, seconds = timed(lambda: function.pay(order, key="other"))
    assert (answer[0], answer[1]["code"]) == (503, "database-unreachable") and seconds < BUSY
    assert health(function) == (503, "database-unreachable", "1")

    server.start()
    assert function.pay(order)[:2] == first
    assert function.pay(order, key="other")[0] == 201


def test_a_restart_between_two_payments_is_not_noticed(function, order, server):
    function.pay(order, key="before")
    server.stop()
    server.start()
    assert function.pay(order)[0] == 201


def test_a_session_that_was_ended_is_not_noticed(function, order, server):
    function.pay(order, key="before")
    server.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'payments'")
    assert function.pay(order)[0] == 201


def test_no_acknowledged_payment_is_lost_or_doubled_by_crashes(function, order, server):
    acknowledged, done = {}, threading.Event()

    def pay_on():
        number = 0
        while not done.is_set() or number % 5:
            key = f"key-{number}"
            status, payment, _ = function.pay(order, key=key)
            if status == 201:
                acknowledged[key] = payment["id"]
                number += 1
            else:
                assert status == 503, payment

    payer = threading.Thread(target=pay_on)
    payer.start()
    for number in (signal.SIGQUIT, signal.SIGQUIT, signal.SIGINT):
        seen = len(acknowledged)
        until(lambda seen=seen: len(acknowledged) > seen + 5, "payments")
        server.stop(number)
        server.start()
    done.set()
    payer.join(30)
    assert not payer.is_alive()
    rows = dict(map(tuple, server.admin("SELECT idempotency_key, id::text FROM payments")))
    assert rows == acknowledged and len(rows) > 15


@pytest.fixture
def secret(aws):
    """Put another secret in place; the right one afterwards."""

    def put(text):
        aws.secrets.put_secret_value(SecretId="payments/aurora/master", SecretString=text)

    right = json.dumps({"username": database_server.USER, "password": database_server.PASSWORD})
    yield put
    put(right)


def forget(function, server):
    """As after a cold start: neither login nor session is kept."""
    function.module._credentials._login = None
    server.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'payments'")


def test_a_rotated_secret_is_fetched_when_the_old_login_is_refused(function, order, server, secret):
    function.pay(order, key="before")
    server.admin("ALTER ROLE payments PASSWORD 'rotated'")
    try:
        assert function.pay(order, key="session")[0] == 201  # the open session goes on
        server.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'payments'")
        status, problem, _ = function.pay(order)
        assert (status, problem["code"]) == (503, "database-login")
        secret(json.dumps({"username": "payments", "password": "rotated"}))
        assert function.pay(order)[0] == 201
    finally:
        server.admin(f"ALTER ROLE payments PASSWORD '{database_server.PASSWORD}'")


@pytest.mark.parametrize(
    ("text", "code"),
    [('{"username": "payments", "password": "guessed"}', "database-login"), ("hunter2", "secret-malformed"),
     ('{"username": "payments", "secret-word": "x"}', "secret-malformed"), ("[]", "secret-malformed")],
)  # fmt: skip
def test_a_wrong_secret_is_told_and_mends_itself(function, order, server, secret, logged, text, code):
    secret(text)
    forget(function, server)
    logged()
    status, problem, headers = function.pay(order)
    assert (status, problem["code"]) == (503, code) and headers["Retry-After"]
    lines = logged()
    assert [line["code"] for line in lines if line.get("message") == "unavailable"] == [code]
    assert not any(word in json.dumps([lines, problem]) for word in ("hunter2", "guessed", "secret-word"))

    secret(json.dumps({"username": database_server.USER, "password": database_server.PASSWORD}))
    assert function.pay(order)[0] == 201


def test_a_secret_that_cannot_be_fetched_is_told(function, order, server, monkeypatch):
    forget(function, server)

    def unreachable(**_):
        raise ConnectTimeoutError(endpoint_url="https://secretsmanager")

    with monkeypatch.context() as patch:
        patch.setattr(function.module._credentials._client, "get_secret_value", unreachable)
        status, problem, _ = function.pay(order)
    assert (status, problem["code"]) == (503, "secret-unavailable")
    assert function.pay(order)[0] == 201


def yesterday():
    return datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("certificate", "said"),
    [({"not_before": yesterday() - timedelta(days=2), "not_after": yesterday()}, "expired"),
     ({"authority": trustme.CA()}, "unable to get local issuer"), ({"name": "elsewhere.example.com"}, "mismatch")],
    ids=["expired", "another authority", "another name"],
)  # fmt: skip
def test_a_certificate_that_is_not_to_be_trusted_is_told(function, order, server, logged, certificate, said):
    function.pay(order, key="before")
    server.certify(**certificate)
    server.reload()
    forget(function, server)
    logged()
    try:
        assert health(function) == (503, "database-certificate", "30")
        assert function.pay(order)[1]["code"] == "database-certificate"
        told = [line["reason"] for line in logged() if line.get("message") == "unavailable"]
        assert told and all(said in reason for reason in told)
    finally:
        server.certify()
        server.reload()
    assert function.pay(order)[0] == 201


def test_authorities_that_were_exchanged_are_read_again(function, order, server):
    right = server.authority_file.read_bytes()
    for content, code in ((trustme.CA().cert_pem.bytes(), "database-certificate"), (b"none", "database-authorities")):
        server.authority_file.write_bytes(content)
        forget(function, server)
        assert function.pay(order)[1]["code"] == code
    server.authority_file.unlink()
    assert function.pay(order)[1]["code"] == "database-authorities"
    server.authority_file.write_bytes(right)
    assert function.pay(order)[0] == 201


def test_a_server_without_tls_gets_no_password(function, order, server):
    (server.data / "postgresql.auto.conf").write_text("ssl = off\n")
    server.reload()
    forget(function, server)
    assert function.pay(order)[1]["code"] == "database-unreachable"
    (server.data / "postgresql.auto.conf").write_text("")
    server.reload()
    assert function.pay(order)[0] == 201


def test_a_database_that_was_never_migrated_takes_no_payment(function, order, server):
    server.admin("ALTER TABLE payments RENAME TO away")
    try:
        assert health(function) == (503, "schema-missing", "1")
        assert function.pay(order)[1]["code"] == "schema-missing"
        assert function.ask("repair")["status"] == "schema-missing"
    finally:
        server.admin("ALTER TABLE away RENAME TO payments")
    assert function.pay(order)[0] == 201


@pytest.fixture
def without_s3(function, monkeypatch):
    def unreachable(**_):
        raise EndpointConnectionError(endpoint_url="https://s3")

    with monkeypatch.context() as patch:
        patch.setattr(function.module._log._client, "put_object", unreachable)
        yield patch


def test_a_payment_without_its_log_object_is_acknowledged_and_repaired(
    function, order, server, objects, without_s3, logged
):
    payments = [function.pay(order, key=f"key-{n}")[1] for n in range(3)]
    assert all(payment["status"] == "accepted" for payment in payments)
    assert [line["TransactionLogDeferred"] for line in logged() if "TransactionLogDeferred" in line] == [[1.0]] * 3
    server.admin("UPDATE outbox SET created_at = created_at - interval '1 hour'")
    assert function.ask("repair") == {
        "action": "repair", "region": "us-east-1", "status": "incomplete", "repaired": 0, "pending": 3,
        "journaled": 0, "unjournaled": 0,
    }  # fmt: skip
    (told,) = [line for line in logged() if "TransactionLogPending" in line]
    assert (told["TransactionLogPending"], told["service"]) == ([3.0], "lambda-payments-test")
    assert told["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    without_s3.undo()

    assert function.ask("repair") | {"action": ""} == {
        "action": "", "region": "us-east-1", "status": "repaired", "repaired": 3, "pending": 0,
        "journaled": 0, "unjournaled": 0,
    }  # fmt: skip
    assert sorted(objects().values(), key=lambda one: one["id"]) == payments
    assert function.ask("repair")["repaired"] == 0


def test_the_repair_leaves_to_a_request_what_is_in_its_hands(function, order, server, objects, without_s3):
    function.pay(order)
    without_s3.undo()
    assert function.ask("repair")["repaired"] == 0 and objects() == {}


def test_a_put_that_happened_before_the_crash_is_not_repeated(function, order, server, aws):
    aws.s3.put_bucket_versioning(Bucket="transaction-logs", VersioningConfiguration={"Status": "Enabled"})
    payment = function.pay(order)[1]
    server.admin(f"INSERT INTO outbox VALUES ('{payment['id']}', now() - interval '1 hour')")
    assert function.ask("repair")["repaired"] == 1
    assert server.admin("SELECT count(*) FROM outbox") == [[0]]
    versions = aws.s3.list_object_versions(Bucket="transaction-logs").get("Versions", [])
    assert len([one for one in versions if payment["id"] in one["Key"]]) == 1


@pytest.mark.parametrize("action", ["drop", None, ["migrate"], {"a": 1}])
def test_an_action_that_is_none_fails_by_name(function, action):
    with pytest.raises(ValueError, match=r"action: must be one of ledger, migrate, repair, replay"):
        function.ask(action)


def test_an_action_without_a_database_fails_with_the_cause(function, server):
    server.stop()
    try:
        with pytest.raises(RuntimeError, match="migrate: database-unreachable: .* ConnectionRefusedError"):
            function.ask("migrate")
    finally:
        server.start()

"""Secret, password and certificate of the database go wrong and are mended: what clients and operators are told."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import pg8000.native
import pytest
import trustme

from .api import Api
from .conftest import topology
from .looking import PRIMARY, SECRET, eventually, password_of, session
from .payers import Payers
from .writer import Writer


@pytest.fixture(scope="module")
def api(deployment, sandbox):
    """The region's own address, where the answer does not depend on Route 53."""
    return Api(sandbox, PRIMARY)


@pytest.fixture(scope="module")
def writer(deployment, sandbox):
    return Writer(sandbox)


@pytest.fixture
def logged(sandbox):
    """What the function's log has of a code since the test began, by the query that an operator would make."""
    logs, name = sandbox.client("logs"), topology(sandbox)["regions"][PRIMARY]["function"]
    began = int(time.time() * 1000)

    def query(code):
        pattern = f'"unavailable" "{code}"'  # both words
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{name}", startTime=began, filterPattern=pattern
        )
        return [json.loads(event["message"]) for page in pages for event in page["events"]]

    return query


@pytest.fixture
def told(api, logged):
    """told(code, said): payments are refused with 503 and the code; health and the log say it too, with the cause."""

    def hold(code, said, *secrets):
        refused = eventually(lambda: refused_with(code, lambda: pay(api)), f"a payment refused with {code}")
        assert refused.status == 503 and int(refused.headers["retry-after"]) > 0
        health = eventually(lambda: refused_with(code, lambda: api.request("GET", "/health")), f"{code} at /health")
        assert health.status == 503
        lines = eventually(lambda: logged(code), f"{code} in the function's log")
        assert all(said in line["reason"] and line["level"] == "ERROR" for line in lines), lines
        written = json.dumps([lines, refused.body, health.body])
        assert not [secret for secret in secrets if secret in written]

    return hold


def refused_with(code, ask):
    """The answer, where it is that one: an execution environment may have a session from before, or no time."""
    answer = ask()
    return answer if answer.body.get("code") == code else None


def pay(api):
    return api.pay(f"login-{uuid.uuid4()}")


def mended(api):
    """The next payment is taken: nothing has to be restarted."""
    answer = pay(api)
    assert answer.status == 201, answer


@pytest.fixture
def secret(sandbox):
    """secret(text) puts it in place; the right one afterwards."""
    client, right = sandbox.client("secretsmanager"), password_of(sandbox)

    def put(text):
        client.put_secret_value(SecretId=SECRET, SecretString=text)

    yield put
    put(login(right))


@pytest.fixture
def password(sandbox, writer):
    """password(new) changes the master user's, by RDS; the one of before afterwards."""
    before = password_of(sandbox)

    def change(new):
        sandbox.client("rds").modify_db_cluster(
            DBClusterIdentifier=writer.cluster, MasterUserPassword=new, ApplyImmediately=True
        )
        eventually(lambda: takes(sandbox, new), "the database to take the new password")

    yield change
    change(before)


def login(word):
    return json.dumps({"username": "payments", "password": word})


def takes(sandbox, word):
    try:
        with session(sandbox, password=word):
            return True
    except pg8000.native.DatabaseError:
        return False


def test_a_rotated_secret_costs_no_payment(api, sandbox, writer, secret, password):
    """First the database, then the secret: sessions go on, and who has to log in again fetches the new one."""
    with Payers(api, 2) as payers:
        payers.go_on(5, 30)
        password("rotated by the tests")
        secret(login("rotated by the tests"))
        payers.go_on(5, 30)
        for _ in range(2):
            writer.end_sessions()
            payers.go_on(5, 30)
    assert payers.refusals <= {"database-login"}  # of an environment that started between the two changes


def test_a_wrong_secret_is_told_and_mended(api, writer, secret, password, told):
    password("known to the database only")
    writer.end_sessions()
    told("database-login", "password authentication failed", "known to the database only")
    secret("hunter2")
    told("secret-malformed", "username and password", "hunter2")
    secret(login("guessed"))
    told("database-login", "password authentication failed", "guessed")
    secret(login("known to the database only"))
    mended(api)


def yesterday():
    return datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("certificate", "said"),
    [({"not_before": yesterday() - timedelta(days=2), "not_after": yesterday()}, "certificate has expired"),
     ({"authority": trustme.CA()}, "unable to get local issuer certificate")],
    ids=["expired", "another authority"],
)  # fmt: skip
def test_a_certificate_that_is_not_to_be_trusted_is_told_and_mended(api, writer, told, certificate, said):
    mended(api)
    with writer.certified(**certificate):
        told("database-certificate", said)
    mended(api)

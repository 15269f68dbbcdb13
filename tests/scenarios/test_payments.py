"""A payment through the deployed API: answered once, in both regions' databases, and in both transaction logs."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from .api import Api
from .conftest import topology
from .looking import DEADLINE_SECONDS, DR, PRIMARY, eventually, log_objects, rows


@pytest.fixture(scope="module")
def api(deployment, sandbox):
    return Api(sandbox)


@pytest.fixture(scope="module")
def paid(api):
    answer = api.pay("scenario-1")
    assert answer.status == 201, answer
    return answer.body


def test_a_payment_is_answered_with_what_was_paid(paid):
    assert paid["amount"] == 1250
    assert paid["currency"] == "EUR"
    assert paid["region"] == PRIMARY
    assert uuid.UUID(paid["id"])


def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(api, paid):
    assert api.pay("scenario-1").body == paid
    assert api.pay("scenario-1", amount=1).status == 422
    assert api.request("GET", f"/payments/{paid['id']}").body == paid


@pytest.mark.parametrize("region", [PRIMARY, DR])
def test_the_row_is_in_the_regions_postgresql(sandbox, paid, region):
    query = "SELECT amount FROM payments WHERE id = CAST(:id AS uuid)"
    assert eventually(lambda: rows(sandbox, region, query, id=paid["id"])) == [[1250]]


@pytest.mark.parametrize(("region", "status"), [(PRIMARY, "COMPLETED"), (DR, "REPLICA")])
def test_the_log_object_is_in_the_regions_bucket(sandbox, paid, region, status):
    s3, bucket = sandbox.client("s3", region), topology(sandbox)["regions"][region]["bucket"]

    def look():
        keys = [key for key in log_objects(sandbox, region) if paid["id"] in key]
        return [key for key in keys if s3.head_object(Bucket=bucket, Key=key).get("ReplicationStatus") == status]

    (key,) = eventually(look)
    assert json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["id"] == paid["id"]


def test_the_standby_takes_no_payment_and_says_why(deployment, sandbox):
    standby = Api(sandbox, DR)
    refused = standby.pay("scenario-2")
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) > 0
    health = standby.request("GET", "/health")
    assert (health.status, health.body["region"]) == (503, DR)
    assert "standby" in health.body["detail"]
    assert Api(sandbox, PRIMARY).request("GET", "/health").status == 200


def test_many_clients_with_duplicate_keys_pay_once_a_key(api, sandbox):
    """Eight clients, each key sent three times: acknowledgements, ledger and log objects agree exactly."""
    keys = [f"many-{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda key: (key, until_answered(api, key)), keys * 3))
    acknowledged = {}
    for key, answer in answers:
        acknowledged.setdefault(key, set()).add(answer["id"])
    assert {key: len(identifiers) for key, identifiers in acknowledged.items()} == dict.fromkeys(keys, 1)
    query = "SELECT idempotency_key, CAST(id AS text) FROM payments WHERE idempotency_key LIKE 'many-%'"
    assert {key: {identifier} for key, identifier in rows(sandbox, PRIMARY, query)} == acknowledged
    wanted = {identifier for identifiers in acknowledged.values() for identifier in identifiers}

    def logged():
        return wanted <= {key.rsplit("/", 1)[-1].removesuffix(".json") for key in log_objects(sandbox)}

    assert eventually(logged)


def until_answered(api, key):
    """A client that repeats its request, with the same key, until it knows."""
    ends = time.monotonic() + DEADLINE_SECONDS
    while (answer := api.pay(key)).status != 201:
        assert answer.status in (409, 429, 503), answer
        assert time.monotonic() < ends, answer
        time.sleep(0.1)
    return answer.body

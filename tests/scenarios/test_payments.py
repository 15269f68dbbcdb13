"""A payment through the deployed API: answered once, in both regions' databases, and in both transaction logs."""

import json
import ssl
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pg8000.native
import pytest

from .api import Api
from .conftest import topology

PRIMARY, DR = "us-east-1", "us-east-2"
DEADLINE_SECONDS = 60


@pytest.fixture(scope="module")
def api(deployment, sandbox):
    return Api(sandbox)


@pytest.fixture(scope="module")
def paid(api):
    answer = api.pay("scenario-1")
    assert answer.status == 201, answer
    return answer.body


def eventually(look):
    """What `look` finds, when it finds something."""
    ends = time.monotonic() + DEADLINE_SECONDS
    while not (found := look()):
        assert time.monotonic() < ends, "nothing was found in time"
        time.sleep(0.2)
    return found


def rows(sandbox, region, query, **values):
    """What a region's own PostgreSQL answers, asked with the secret and over verified TLS."""
    cluster = topology(sandbox)["regions"][region]["cluster"]
    described = sandbox.client("rds", region).describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]
    table = json.loads((sandbox.folder / "aurora" / "endpoints.json").read_text())
    address, port = table[described["Endpoint"] if region == PRIMARY else described["ReaderEndpoint"]]
    secret = sandbox.client("secretsmanager", region).get_secret_value(SecretId="payments/aurora/master")
    login = json.loads(secret["SecretString"])
    context = ssl.create_default_context(cafile=sandbox.engineer["PAYMENTS_CA"])
    context.check_hostname = False  # it is reached by its address here
    connection = pg8000.native.Connection(
        login["username"], host=address, port=port, password=login["password"], database="payments", ssl_context=context
    )
    try:
        return connection.run(query, **values)
    finally:
        connection.close()


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
        objects = s3.list_objects_v2(Bucket=bucket, Prefix="transactions/").get("Contents", [])
        keys = [one["Key"] for one in objects if paid["id"] in one["Key"]]
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
    s3, bucket = sandbox.client("s3", PRIMARY), topology(sandbox)["regions"][PRIMARY]["bucket"]
    wanted = {identifier for identifiers in acknowledged.values() for identifier in identifiers}

    def logged():
        objects = s3.list_objects_v2(Bucket=bucket, Prefix="transactions/").get("Contents", [])
        return wanted <= {one["Key"].rsplit("/", 1)[-1].removesuffix(".json") for one in objects}

    assert eventually(logged)


def until_answered(api, key):
    """A client that repeats its request, with the same key, until it knows."""
    ends = time.monotonic() + DEADLINE_SECONDS
    while (answer := api.pay(key)).status != 201:
        assert answer.status in (409, 429, 503), answer
        assert time.monotonic() < ends, answer
        time.sleep(0.1)
    return answer.body

"""A payment through the deployed API: answered once, in both regions' databases, and in both transaction logs."""

import json
import re
import subprocess
import uuid

import pytest

from . import books, crowd
from .api import Api
from .conftest import ROOT, clean_environment, sandbox_command, topology
from .keep_alive import Client
from .looking import DR, PRIMARY, eventually, log_objects, rows


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

    def said():  # what has to start on a busy machine says another thing once
        answer = standby.request("GET", "/health")
        return answer if answer.body.get("code") == "standby" else None

    health = eventually(said, "the standby to say that it is one")
    assert (health.status, health.body["region"]) == (503, DR)
    assert "standby" in health.body["detail"]
    eventually(lambda: Api(sandbox, PRIMARY).request("GET", "/health").status == 200, "the primary to be well")


def documented() -> str:
    """The command of the README with which a person pays, to the letter."""
    (command,) = re.findall(r"^\$ (curl (?:.*\\\n)*.*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    return command


def paid_by_hand(sandbox, command):
    exports = sandbox_command(sandbox.folder, "env")
    script = f"set -e\n{exports}\n{command}"
    done = subprocess.run(["bash", "-c", script], env=clean_environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_documented_command_pays(deployment, sandbox):
    payment = json.loads(paid_by_hand(sandbox, documented()))
    assert (payment["status"], payment["region"]) == ("accepted", PRIMARY)
    query = "SELECT CAST(id AS text) FROM payments WHERE idempotency_key = 'order-1'"
    assert rows(sandbox, PRIMARY, query) == [[payment["id"]]]


def test_the_documented_command_is_refused_by_the_standby(deployment, sandbox):
    command = documented().replace("127.0.1.1", "127.0.2.1").replace("curl ", "curl --silent --include ", 1)
    head, _, body = paid_by_hand(sandbox, command).partition("\n\n")
    assert re.match(r"HTTP/\S+ 503", head)
    assert re.search(r"^retry-after: \d+$", head, re.MULTILINE | re.IGNORECASE)
    assert json.loads(body)["code"] == "standby"


def test_many_clients_with_duplicate_keys_pay_once_a_key(deployment, sandbox):
    """Eight clients that share keys, go away and ask again; `make bench` does it with ten thousand payments."""
    lived = crowd.pay(crowd.plan("many", payments=60, clients=8, seed=1), lambda: Client(sandbox))
    assert lived.complaints == []
    assert {"went away", "replayed", "another order refused"} <= lived.happened.keys()
    assert books.proven(sandbox, lived.told, "many-") == []

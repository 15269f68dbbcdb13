"""The payments function as a package, a PostgreSQL server, and the two AWS services that the function calls."""

import base64
import dataclasses
import importlib
import json
import logging
import sys
import types
from pathlib import Path

import boto3
import moto
import pytest
from ansible.module_utils.payments_dr import epoch
from ansible.module_utils.payments_dr.reconciliation_sources import plain
from botocore.exceptions import EndpointConnectionError

from tests.unit import database_server

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "lambda"))
REGION, PEER, BUCKET = "us-east-1", "us-east-2", "transaction-logs"
API, GATEWAY, PEER_GATEWAY = "api.payments.example.com", "d-1.execute-api.example.com", "d-2.execute-api.example.com"


class Context:
    """What Lambda hands to a handler, as far as anybody reads it."""

    function_name, memory_limit_in_mb, aws_request_id = "payments", 512, "invocation"
    invoked_function_arn = "arn:aws:lambda:us-east-1:222222222222:function:payments"

    def get_remaining_time_in_millis(self):
        return 10_000


@pytest.fixture(scope="session")
def package():
    """Import a module of the function that needs no settings, by its name."""
    return lambda name: importlib.import_module(f"payments.{name}")


@pytest.fixture(scope="session")
def server():
    """One server for all modules; a test that stops it starts it again."""
    if database_server.programs() is None:
        pytest.fail("PostgreSQL is needed: apt-get install -y postgresql")
    with database_server.running() as made:
        yield made


@pytest.fixture(scope="module")
def environment(server):
    """Variables as Terraform sets them, for the import of the handler."""
    told = {
        "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "key",
        "PAYMENTS_VERSION": "abc123", "LOG_LEVEL": "DEBUG", "POWERTOOLS_METRICS_NAMESPACE": "Payments",
        "DATABASE_ENDPOINT": database_server.HOST, "DATABASE_PORT": str(server.port),
        "DATABASE_NAME": database_server.DATABASE,
        "DATABASE_SECRET_ARN": "payments/aurora/master", "DATABASE_CA_FILE": str(server.authority_file),
        "TRANSACTION_LOG_BUCKET": BUCKET, "AWS_LAMBDA_FUNCTION_NAME": "lambda-payments-test",
        "PEER_REGION": PEER, "DURABILITY": "available", "JOURNAL_RETENTION_DAYS": "35",
        "JOURNAL_TABLE": "journal", "EPOCH_TABLE": "epoch", "PEER_JOURNAL_TABLE": "journal",
        "PEER_EPOCH_TABLE": "epoch", "API_NAME": API, "API_GATEWAY": GATEWAY,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, value)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.delenv("AWS_PROFILE", raising=False)
        yield patch


@pytest.fixture(scope="module")
def aws(environment):
    """Secrets Manager with the login, S3 with the bucket, and the tables of both regions."""
    with moto.mock_aws():
        secrets = boto3.client("secretsmanager", region_name=REGION)
        login = {"username": database_server.USER, "password": database_server.PASSWORD}
        for client in (secrets, boto3.client("secretsmanager", region_name=PEER)):
            client.create_secret(Name="payments/aurora/master", SecretString=json.dumps(login))
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=BUCKET)
        yield types.SimpleNamespace(secrets=secrets, s3=s3, here=Tables(REGION), there=Tables(PEER))


class Tables:
    """The journal and the epoch of one region."""

    def __init__(self, region):
        self.client = boto3.client("dynamodb", region_name=region)
        for name, key in (("journal", "idempotency_key"), ("epoch", "scope")):
            self.client.create_table(
                TableName=name, BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            )  # fmt: skip

    def clear(self):
        """No entries, no gates, and the epoch that Terraform makes."""
        for name, key in (("journal", "idempotency_key"), ("epoch", "scope")):
            for item in self.client.scan(TableName=name)["Items"]:
                self.client.delete_item(TableName=name, Key={key: item[key]})
        first = epoch.Epoch(1, REGION, True, "terraform", "first deployment", "2026-01-01T00:00:00Z")
        self.client.put_item(TableName="epoch", Item=first.as_item())

    def epoch(self):
        return epoch.read(self.client, "epoch")

    def promote(self, active, *, replayed=False):
        """As a recovery does: the next epoch, here."""
        now = self.epoch()
        new = epoch.next_epoch([now], active, replayed=replayed, by="test", why="test", at="1970-01-01T00:00:01Z")
        epoch.put(self.client, "epoch", new, now.number)
        return new

    def replayed(self):
        """As a reconciliation does when nothing is missing."""
        now = self.epoch()
        epoch.put(self.client, "epoch", dataclasses.replace(now, replayed=True), now.number)

    def entries(self):
        """The journal, as plain values by key."""
        items = self.client.scan(TableName="journal")["Items"]
        return {item["idempotency_key"]: item for item in map(plain, items)}


class Function:
    """The function as API Gateway calls it."""

    def __init__(self, module):
        self.module = module

    def __call__(self, method, path, body=None, headers=None, query=None, encoded=False, claimed=False):
        """One request; answers (status, document, headers)."""
        if isinstance(body, dict):
            body = json.dumps(body)
        event = {
            "httpMethod": method, "path": path, "resource": "/{proxy+}", "requestContext": {"requestId": "correlation"},
            "multiValueHeaders": {name: [v] if isinstance(v, str) else v for name, v in (headers or {}).items()},
            "multiValueQueryStringParameters": query,
            "body": base64.b64encode(body).decode() if encoded else body, "isBase64Encoded": encoded or claimed,
        }  # fmt: skip
        answer = self.send(event)
        return answer["statusCode"], json.loads(answer["body"]), answer["headers"]

    def send(self, event):
        """An event as it is."""
        return self.module.handler(event, Context())

    def pay(self, body, key="key", **headers):
        """POST /payments."""
        return self("POST", "/payments", body, {"Content-Type": "application/json", "Idempotency-Key": key, **headers})

    def ask(self, action, **members):
        """What operations send."""
        return self.module.handler({"action": action, **members}, Context())

    def forget(self):
        """As a new execution environment: it knows no epoch, and nothing of its peer."""
        durability = self.module._durability
        durability._epochs._known = durability._epochs._asked = durability._peer._failed = None
        durability._refused, durability._witness._heard = 0, None

    def another(self):
        """A second execution environment of the same function, with a connection of its own."""
        return Function(load())


def load():
    """Import the handler anew, as a cold start does."""
    for name in [name for name in sys.modules if name.split(".")[0] == "payments"]:
        del sys.modules[name]
    # The logger of that name writes to the standard output of the test before.
    logging.Logger.manager.loggerDict.pop("payments", None)
    module = importlib.import_module("payments.handler")
    module.logger.registered_handler.stream = StandardOutput()
    return module


class StandardOutput:
    """Whatever is the standard output at the moment: pytest changes it from test to test."""

    def write(self, text):
        sys.stdout.write(text)

    def flush(self):
        sys.stdout.flush()


@pytest.fixture(scope="module")
def warm(aws, server):
    """An execution environment that has started, on a migrated database."""
    server.admin(f"DROP OWNED BY {database_server.USER}")
    made = Function(load())
    assert made.ask("migrate")["status"] == "migrated"
    return made


@pytest.fixture
def function(aws, server, warm):
    """The function on an empty database and an empty bucket, active, and with a peer that is there."""
    for tables in (aws.here, aws.there):
        tables.clear()
    warm.forget()
    server.admin("TRUNCATE payments, outbox")
    for found in aws.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        aws.s3.delete_object(Bucket=BUCKET, Key=found["Key"])
    return warm


@pytest.fixture(scope="module")
def other(environment, warm):
    """The same function as it runs in the peer's region, on the same database: as if everything had been replicated."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"AWS_REGION": PEER, "PEER_REGION": REGION, "API_GATEWAY": PEER_GATEWAY}.items():
            patch.setenv(name, value)
        loaded = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "payments"}
        made = Function(load())
    for name in [name for name in sys.modules if name.split(".")[0] == "payments"]:
        del sys.modules[name]
    sys.modules.update(loaded)
    return made


@pytest.fixture
def peer(function, other):
    """The function in the peer's region, with nothing remembered."""
    other.forget()
    return other


@pytest.fixture
def cut(monkeypatch):
    """Cut a function off from its peer; answers a function that mends that."""

    def cut_off(function, error=None):
        peer = function.module._durability._peer
        usual = peer._client

        def unreachable():
            raise error or EndpointConnectionError(endpoint_url="https://dynamodb")

        def mend():
            peer._client, peer._failed = usual, None

        monkeypatch.setattr(peer, "_client", unreachable)
        return mend

    return cut_off


@pytest.fixture
def dns(monkeypatch):
    """Where public DNS leads for a function: to "here", "there" or "nowhere", which is silence."""

    def leads(function, where):
        durability = function.module._durability
        targets = {"here": function.module.settings.api_gateway, "there": "d-0.execute-api.example.com"}

        def look(*_):
            if where not in targets:
                raise OSError("no answer")
            return f"{targets[where]}."

        monkeypatch.setattr(durability._witness, "_look", look)
        durability._witness._heard = None

    return leads


@pytest.fixture
def order():
    """A payment that nothing is wrong with."""
    return {"amount": 1250, "currency": "USD", "reference": "order 4711", "metadata": {"channel": "web"}}


@pytest.fixture
def objects(aws):
    """The transaction log: every object's document, by its key."""

    def read():
        keys = [found["Key"] for found in aws.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
        return {key: json.loads(aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) for key in keys}

    return read


@pytest.fixture
def logged(capsys):
    """What the function has logged since the last call: JSON lines, metrics included."""

    def read():
        out = capsys.readouterr().out
        return [json.loads(line) for line in out.splitlines() if line.startswith("{")]

    return read

"""Clients that are made quickly are the clients that botocore makes."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.session
import pytest
from botocore.exceptions import ConnectionClosedError, UnknownServiceError
from botocore.loaders import Loader

SERVICES = ("s3", "secretsmanager")


@pytest.fixture(scope="module")
def clients(package):
    return package("clients")


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1"])
def test_the_models_are_those_of_botocore(clients, service, kind):
    assert clients.KnownServices(SERVICES).load_service_model(service, kind) == Loader().load_service_model(
        service, kind
    )


@pytest.mark.parametrize("service", SERVICES)
def test_the_client_is_that_of_botocore(clients, service):
    ours = clients.Clients("us-east-2", SERVICES).client(service)
    usual = botocore.session.get_session().create_client(service, region_name="us-east-2", config=clients.PATIENCE)
    assert ours.meta.endpoint_url == usual.meta.endpoint_url
    assert ours.meta.service_model.operation_names == usual.meta.service_model.operation_names
    assert ours.meta.config.read_timeout == 1.5
    assert ours.meta.config.retries["total_max_attempts"] == 1


def test_a_service_that_was_not_announced_is_named(clients):
    with pytest.raises(UnknownServiceError, match="sqs"):
        clients.Clients("us-east-2", SERVICES).client("sqs")


class Forgetful(BaseHTTPRequestHandler):
    """Answers the first request on each connection. At the second it is gone, of which nothing was heard before."""

    protocol_version = "HTTP/1.1"
    connections = 0

    def setup(self):
        super().setup()
        self.answered = False
        type(self).connections += 1

    def do_POST(self):  # noqa: N802 - http.server's name
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.answered:
            self.close_connection = True
            return
        self.answered = True
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@pytest.fixture
def dynamodb(clients, monkeypatch):
    """A client of a server that drops each connection at its second request, as a NAT gateway does an idle one."""
    Forgetful.connections = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Forgetful) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        with contextlib.closing(clients.Clients("us-east-2", ("dynamodb",)).client("dynamodb")) as client:
            yield client
        server.shutdown()
        thread.join()


def test_a_kept_connection_that_is_gone_is_replaced(clients, dynamodb):
    for _ in range(3):
        assert "ResponseMetadata" in clients.answered(dynamodb.list_tables)
    assert Forgetful.connections == 3


def test_without_that_the_second_call_would_fail(dynamodb):
    dynamodb.list_tables()
    with pytest.raises(ConnectionClosedError):
        dynamodb.list_tables()


def test_whoever_closes_twice_is_out_of_reach(clients):
    calls = []

    def closed(**arguments):
        calls.append(arguments)
        raise ConnectionClosedError(endpoint_url="http://127.0.0.1")

    with pytest.raises(ConnectionClosedError):
        clients.answered(closed, TableName="epoch")
    assert calls == [{"TableName": "epoch"}] * 2

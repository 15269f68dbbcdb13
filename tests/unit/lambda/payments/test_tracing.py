"""X-Ray gets a subsegment for each wait of a sampled request, and nobody waits for X-Ray."""

import json
import socket

import pytest

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0"


@pytest.fixture(scope="module")
def tracing(package):
    return package("tracing")


@pytest.fixture
def daemon():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(5)
        yield listener


def environment(daemon, trace=TRACE):
    return {"_X_AMZN_TRACE_ID": trace, "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}"}


def test_a_wait_becomes_a_subsegment_of_the_request(tracing, daemon):
    with tracing.Tracer(environment(daemon)).waiting_for("database"):
        pass
    header, document = map(json.loads, daemon.recv(65_535).split(b"\n"))
    assert header == {"format": "json", "version": 1}
    assert 0 <= document.pop("end_time") - document.pop("start_time") < 5
    assert len(document.pop("id")) == 16
    assert document == {
        "name": "database", "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "parent_id": "53995c3f42cd8ad8",
        "type": "subsegment", "namespace": "remote", "fault": False,
    }  # fmt: skip


def test_a_wait_that_failed_is_a_fault_and_still_fails(tracing, daemon):
    with pytest.raises(TimeoutError), tracing.Tracer(environment(daemon)).waiting_for("database"):
        raise TimeoutError
    assert json.loads(daemon.recv(65_535).split(b"\n")[1])["fault"] is True


@pytest.mark.parametrize(
    "trace", ["", TRACE.replace("Sampled=1", "Sampled=0"), "Root=1-5759e988;Sampled=1", "nonsense"]
)
def test_what_is_not_sampled_is_not_sent(tracing, daemon, trace):
    with tracing.Tracer(environment(daemon, trace)).waiting_for("database"):
        pass
    daemon.settimeout(0.1)
    with pytest.raises(TimeoutError):
        daemon.recv(1)


def test_without_a_daemon_nothing_happens(tracing):
    with tracing.Tracer({"_X_AMZN_TRACE_ID": TRACE}).waiting_for("database"):
        pass

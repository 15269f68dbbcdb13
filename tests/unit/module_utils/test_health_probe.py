"""GET /health against real TLS servers on loopback: well, broken, of another name, slow."""

import contextlib
import time

import pytest
from ansible.module_utils.payments_dr import health_probe

from tests.unit import tls_server

HOST = "api-us-east-1.payments.example.com"


def serving(authority, name=HOST, status=200, body=b'{"status": "ok", "region": "us-east-1"}', late=()):
    """The port of a server that answers every GET the same way, the first ones `late` by so many seconds."""
    delays = iter(late)

    class Handler(tls_server.QuietHandler):
        def do_GET(self):  # noqa: N802 - as http.server names it
            time.sleep(next(delays, 0.0))
            self.send_response(status)
            self.end_headers()
            with contextlib.suppress(OSError):  # the other side may have given up
                self.wfile.write(body)

    return tls_server.serving(authority, name, Handler)


def test_an_answer_comes_with_its_times(authority, ca_file):
    with serving(authority) as port:
        answer = health_probe.ask_health(HOST, "127.0.0.1", port, ca_file)
    assert (answer["status_code"], answer["error"]) == (200, "")
    assert answer["body"] == {"status": "ok", "region": "us-east-1"}
    assert answer["connect_ms"] >= 0
    assert answer["answer_ms"] >= 0


@pytest.mark.parametrize("body", [b"not json", b"[1]", b""])
def test_a_body_that_is_no_object_is_empty(authority, ca_file, body):
    with serving(authority, status=502, body=body) as port:
        answer = health_probe.ask_health(HOST, "127.0.0.1", port, ca_file)
    assert (answer["status_code"], answer["body"]) == (502, {})


def test_a_certificate_of_another_name_is_refused(authority, ca_file):
    with serving(authority, name="another.example.com") as port:
        answer = health_probe.ask_health(HOST, "127.0.0.1", port, ca_file)
    assert "Hostname mismatch" in answer["error"]
    assert answer["status_code"] is None


def test_an_unknown_authority_is_refused(authority):
    with serving(authority) as port:
        assert "CERTIFICATE_VERIFY_FAILED" in health_probe.ask_health(HOST, "127.0.0.1", port)["error"]


def test_an_answer_that_takes_too_long_is_none(authority, ca_file, monkeypatch):
    monkeypatch.setattr(health_probe, "ANSWER_TIMEOUT", 0.1)
    with serving(authority, late=[0.5] * health_probe.TRIES) as port:
        answer = health_probe.ask_health(HOST, "127.0.0.1", port, ca_file)
    assert answer["error"].startswith(f"https://{HOST}:{port}/health at 127.0.0.1: ")
    assert "timed out" in answer["error"]


def test_a_function_that_starts_may_be_slow_once(authority, ca_file, monkeypatch):
    monkeypatch.setattr(health_probe, "ANSWER_TIMEOUT", 0.2)
    with serving(authority, late=[0.6]) as port:
        answer = health_probe.ask_health(HOST, "127.0.0.1", port, ca_file)
    assert (answer["status_code"], answer["error"]) == (200, "")
    assert answer["answer_ms"] < 200


def test_nobody_listening_is_named():
    assert "refused" in health_probe.ask_health(HOST, "127.0.0.1", 9)["error"]


def test_a_missing_ca_file_is_named(tmp_path):
    answer = health_probe.ask_health(HOST, "127.0.0.1", 9, str(tmp_path / "no.pem"))
    assert answer["error"].startswith(f"api_ca_file {tmp_path}/no.pem: ")

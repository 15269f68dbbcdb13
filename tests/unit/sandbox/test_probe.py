"""What a checker makes of endpoints that answer, refuse, hang, or talk nonsense."""

import asyncio
import contextlib
import ssl

import pytest
import trustme

from sandbox import probe

CONFIG = {"Type": "HTTP", "FullyQualifiedDomainName": "api.example.com", "ResourcePath": "/health?deep=1"}
HURRY = 20  # 1 s for both limits


class Endpoint:
    """A server on a free port that answers `answer` after `delay` seconds, and remembers what it was asked."""

    def __init__(self, answer=b"", delay=0.0, tls=None):
        self.answer, self.delay, self.tls, self.asked = answer, delay, tls, b""

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def _serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            self.asked = await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(self.delay)
            writer.write(self.answer)
            await writer.drain()
        writer.close()


def look(endpoint, hurry=HURRY, **config):
    async def visit():
        async with endpoint:
            return await probe.look("check-1", CONFIG | config, "127.0.0.1", endpoint.port, probe.Deadlines(hurry))

    return asyncio.run(visit())


def http(status, body=b""):
    return b"HTTP/1.1 %d Whatever\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


@pytest.fixture(scope="module")
def tls():
    """A certificate of an authority that nobody knows, for another name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("elsewhere.example.com").configure_cert(context)
    return context


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (204, True), (302, True), (403, False), (503, False)])
def test_2xx_and_3xx_are_healthy(status, healthy):
    seen = look(Endpoint(http(status)))
    assert (seen.healthy, f"HTTP Status Code {status}" in seen.report) == (healthy, True)


def test_the_request_names_the_host_the_path_and_the_checker():
    endpoint = Endpoint(http(200))
    look(endpoint)
    head = endpoint.asked.decode()
    assert head.startswith("GET /health?deep=1 HTTP/1.1\r\nHost: api.example.com\r\n")
    assert "Amazon-Route53-Health-Check-Service (ref check-1;" in head


def test_https_ignores_whose_certificate_it_is_and_measures(tls):
    seen = look(Endpoint(http(200), tls=tls), Type="HTTPS", EnableSNI=True)
    assert seen.healthy
    assert 0 < seen.connection < 500
    assert 0 < seen.handshake < 500
    assert 0 < seen.first_byte < 500


def test_plain_http_is_no_https(tls):
    assert not look(Endpoint(http(200)), Type="HTTPS").healthy
    assert not look(Endpoint(http(200), tls=tls), Type="HTTP").healthy


def test_an_answer_that_takes_too_long_is_none():
    seen = look(Endpoint(http(200), delay=1.5))
    assert (seen.healthy, seen.report) == (False, "Failure: no answer in time")
    assert seen.connection is not None
    assert look(Endpoint(http(200), delay=0.2)).healthy


def test_a_handshake_that_hangs_is_no_connection():
    seen = look(Endpoint(delay=5), Type="HTTPS")
    assert (seen.healthy, seen.report) == (False, "Failure: connection timed out")


def test_nobody_there():
    async def visit():
        async with Endpoint() as gone:
            pass
        return await probe.look("check-1", CONFIG, "127.0.0.1", gone.port, probe.Deadlines())

    seen = asyncio.run(visit())
    assert not seen.healthy
    assert "refused" in seen.report.lower() or "connect" in seen.report.lower()


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 fine\r\n\r\n", b"x" * 100_000])
def test_what_is_not_http_is_unhealthy(answer):
    assert look(Endpoint(answer)).report == "Failure: the answer is not HTTP"


@pytest.mark.parametrize(("body", "healthy"), [(b"is up", True), (b"is down", False), (b"x" * 6000 + b"up", False)])
def test_a_search_string_is_looked_for_in_the_first_5120_bytes(body, healthy):
    assert look(Endpoint(http(200, body)), Type="HTTP_STR_MATCH", SearchString="up").healthy == healthy


def test_tcp_is_healthy_when_connected():
    assert look(Endpoint(delay=5), Type="TCP").healthy


def test_limits_shrink_but_not_below_what_a_busy_machine_needs():
    assert (probe.Deadlines().connect, probe.Deadlines().answer, probe.Deadlines().tcp) == (4, 2, 10)
    assert (probe.Deadlines(4).connect, probe.Deadlines(60).answer) == (1, 1)

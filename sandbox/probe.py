"""One look of a Route 53 checker at an endpoint.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
HTTP and HTTPS: a TCP connection within four seconds, then a status of 2xx or 3xx within two; certificates are not
validated. AWS does not say which limit the TLS handshake is in: here it is in the first.
"""

from __future__ import annotations

import asyncio
import http
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONNECT_SECONDS = 4
ANSWER_SECONDS = 2
TCP_SECONDS = 10
SHORTEST_SECONDS = 1  # however much the clock hurries: the machine under the sandbox does not
SEARCHED_BYTES = 5120
AGENT = "Amazon-Route53-Health-Check-Service (ref {check}; report http://amzn.to/1vsZADi)"

# One for all looks, without anybody's authorities: reading those took a quarter of the sandbox's time in a hurry.
TRUSTING = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE


@dataclass(frozen=True)
class Look:
    """What came of it; times in milliseconds, None where it did not come so far."""

    healthy: bool
    report: str
    connection: float | None = None
    handshake: float | None = None
    first_byte: float | None = None


class Deadlines:
    """The limits of one look, in real seconds."""

    def __init__(self, hurry: float = 1.0) -> None:
        """Shrink AWS's limits by `hurry`, but never below what a busy machine needs."""
        self.connect, self.answer, self.tcp = (
            max(seconds / hurry, SHORTEST_SECONDS) for seconds in (CONNECT_SECONDS, ANSWER_SECONDS, TCP_SECONDS)
        )


async def look(check: str, config: Mapping[str, Any], address: str, port: int, limits: Deadlines) -> Look:
    """Look once, as the check `check` with the given HealthCheckConfig, at what listens on address:port."""
    try:
        return await _Visit(check, config, limits).make(address, port)
    except OSError as error:  # TLS errors too
        return Look(False, f"Failure: {error.strerror or error}")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        return Look(False, "Failure: the answer is not HTTP")


class _Visit:
    """One connection; it knows how far it came."""

    def __init__(self, check: str, config: Mapping[str, Any], limits: Deadlines) -> None:
        self.check = check
        self.config = config
        self.limits = limits
        self.kind = config["Type"]

    async def make(self, address: str, port: int) -> Look:
        started = time.perf_counter()
        writer = None
        try:
            async with asyncio.timeout(self.limits.tcp if self.kind == "TCP" else self.limits.connect):
                reader, writer = await asyncio.open_connection(address, port)
                connection = _since(started)
                if self.kind == "TCP":
                    return Look(True, "Success: TCP connection established", connection)
                handshake = await self._shake_hands(writer) if self.kind.startswith("HTTPS") else None
        except TimeoutError:
            if writer:
                writer.transport.abort()
            return Look(False, "Failure: connection timed out")
        try:
            asked = time.perf_counter()
            writer.write(self._request())
            async with asyncio.timeout(self.limits.answer):
                line = (await reader.readline()).decode("latin-1").split(None, 2)
            first_byte = _since(asked)
            healthy, report = await self._judge(line, reader)
            return Look(healthy, report, connection, handshake, first_byte)
        except TimeoutError:
            return Look(False, "Failure: no answer in time", connection, handshake)
        finally:
            writer.transport.abort()

    async def _shake_hands(self, writer: asyncio.StreamWriter) -> float:
        started = time.perf_counter()
        name = self.config.get("FullyQualifiedDomainName", "") if self.config.get("EnableSNI", True) else ""
        await writer.start_tls(TRUSTING, server_hostname=name)
        return _since(started)

    def _request(self) -> bytes:
        name = self.config.get("FullyQualifiedDomainName") or self.config.get("IPAddress", "")
        lines = [
            f"GET {self.config.get('ResourcePath') or '/'} HTTP/1.1",
            f"Host: {name}",
            f"User-Agent: {AGENT.format(check=self.check)}",
            "Accept: */*",
            "Connection: close",
            "",
            "",
        ]
        return "\r\n".join(lines).encode("latin-1")

    async def _judge(self, line: list[str], reader: asyncio.StreamReader) -> tuple[bool, str]:
        """Judge the status line; where the check searches for a text, its body too."""
        if len(line) < 2 or not line[0].startswith("HTTP/") or not line[1].isdigit():
            return False, "Failure: the answer is not HTTP"
        status = int(line[1])
        name = http.HTTPStatus(status).phrase if status in set(http.HTTPStatus) else ""
        if not 200 <= status < 400:
            return False, f"Failure: HTTP Status Code {status}, {name}"
        if self.kind.endswith("_STR_MATCH"):
            async with asyncio.timeout(self.limits.answer):
                await reader.readuntil(b"\r\n\r\n")
                body = await _read_up_to(reader, SEARCHED_BYTES)
            if self.config.get("SearchString", "").encode() not in body:
                return False, "Failure: the search string is not in the body"
        return True, f"Success: HTTP Status Code {status}, {name}"


async def _read_up_to(reader: asyncio.StreamReader, count: int) -> bytes:
    try:
        return await reader.readexactly(count)
    except asyncio.IncompleteReadError as end:
        return end.partial


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000

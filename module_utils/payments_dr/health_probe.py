"""Asks a region's own address whether it is well, with the patience of a Route 53 health checker."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import time
from typing import Any

from .json_object import json_object

#: Seconds to connect, then seconds to answer, as Route 53's HTTPS checkers allow:
#: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
CONNECT_TIMEOUT, ANSWER_TIMEOUT = 4.0, 2.0
#: Tries for an answer that comes too late: a function that starts is slow once, and Route 53 forgives some misses too.
TRIES = 3
PATH = "/health"
#: An answer longer than this is none of ours.
LONGEST_BODY = 64 * 1024
NO_ANSWER = {"status_code": None, "body": {}, "connect_ms": None, "answer_ms": None}


class _Connection(http.client.HTTPSConnection):
    """HTTPS to an address that we have resolved ourselves; certificate and SNI still go by the host's name."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext, patience: float) -> None:
        super().__init__(host, port, context=context)
        self._address, self._tls, self._patience = address, context, patience
        self.connected: float | None = None

    def connect(self) -> None:
        deadline = time.monotonic() + self._patience
        plain = socket.create_connection((self._address, self.port), self._patience)
        plain.settimeout(max(0.1, deadline - time.monotonic()))  # connected means TLS and all
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        self.sock.settimeout(ANSWER_TIMEOUT)
        self.connected = time.monotonic()


def ask_health(
    host: str, address: str, port: int, ca_file: str = "", tries: int = TRIES, connect_seconds: float | None = None
) -> dict[str, Any]:
    """GET https://host:port/health at `address` (IPv4). `ca_file` is a PEM file; "" means the system's authorities.
    Less patience than a checker's is for who waits at a screen: `connect_seconds` until connected.

    Answers {status_code, body, connect_ms, answer_ms, error}: body is the JSON object ({} when there is none), times
    are milliseconds, and error says why there was no answer (then the others are None).
    """
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        return {**NO_ANSWER, "error": f"api_ca_file {ca_file}: {error}"}
    reason = ""
    for _ in range(tries):
        connection = _Connection(host, port, address, context, connect_seconds or CONNECT_TIMEOUT)
        try:
            return _exchange(connection)
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            if connection.connected is None or not isinstance(error, TimeoutError):
                break
    return {**NO_ANSWER, "error": f"https://{host}:{port}{PATH} at {address}: {reason}"}


def _exchange(connection: _Connection) -> dict[str, Any]:
    started = time.monotonic()
    with contextlib.closing(connection):
        connection.connect()
        connection.request("GET", PATH, headers={"Accept": "application/json", "Connection": "close"})
        response = connection.getresponse()
        raw = response.read(LONGEST_BODY)
    return {
        "status_code": response.status,
        "body": json_object(raw),
        "connect_ms": round((connection.connected - started) * 1000),
        "answer_ms": round((time.monotonic() - connection.connected) * 1000),
        "error": "",
    }

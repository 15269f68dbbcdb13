"""A client of the payment API as a shop has one: it resolves the name itself, forgets the answer after its TTL, keeps
its connection, and repeats a payment under the same key until it knows."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from .dns_query import follow, resolve
from .json_object import json_object
from .observation import BUSY

#: Seconds to connect, and seconds to wait for an answer: the function's own time-out is 10 s.
CONNECT_TIMEOUT, ANSWER_TIMEOUT = 4.0, 12.0
#: What went wrong between the client and an answer.
FAILURES = (OSError, http.client.HTTPException)
#: Answers after which the same payment is sent again: its twin is under way, throttled, the region cannot
#: (lambda/payments/openapi.yml).
LATER = frozenset({409, BUSY, 500, 502, 503, 504})


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the API answered: `headers` by lower-case name, `body` {} where it was no JSON object, `address` whose."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    address: str


class Resolver:
    """Addresses of names, remembered for as long as the answer allows; nothing is remembered beyond that."""

    def __init__(self, servers: list[str], now: Callable[[], float] = time.monotonic) -> None:
        """Ask `servers` ("host" or "host:port") in turn, or the system's resolver when there are none."""
        self._servers, self._now = servers, now
        self._known: dict[str, tuple[str, float]] = {}

    def address(self, name: str) -> str:
        """One IPv4 address. Raises OSError when nobody knows one."""
        address, ends = self._known.get(name, ("", 0.0))
        if self._now() >= ends:
            address, ttl = self._look_up(name)
            self._known[name] = (address, self._now() + ttl)
        return address

    def _look_up(self, name: str) -> tuple[str, float]:
        if not self._servers:
            return _asked_of_system(name)
        for server in self._servers:
            found, ttl = follow(name, server)
            if found:
                return found[0], ttl
        raise OSError(f"{', '.join(self._servers)} know no address of {name}")


def _asked_of_system(name: str) -> tuple[str, float]:
    answer = resolve(name, "A")
    return str(answer[0]), max(0.0, answer.expiration - time.time())


class Client:
    """Requests to one name of the API, over one connection that is made again when it breaks."""

    def __init__(
        self,
        host: str,
        port: int,
        ca_file: str = "",
        servers: list[str] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ca_file` is a PEM file, "" the system's authorities; raises OSError when it cannot be read. `now` is the
        clock of TTLs."""
        self._host, self._port = host, port
        self._resolver = Resolver(servers or [], now)
        self._tls = ssl.create_default_context(cafile=ca_file or None)
        self._connection: http.client.HTTPSConnection | None = None
        self.address = ""

    def request(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Answer:
        """One request, once. Raises OSError or HTTPException when there was no answer: nobody knows what happened."""
        try:
            connection = self._connection or self._connect()
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            raw = response.read()
        except BaseException:
            self.close()
            raise
        told = {name.lower(): value for name, value in response.getheaders()}
        # A region that cannot serve, or turns us away, is left: the next request asks DNS again. One that a failover
        # has fenced says 429 for ever.
        if response.status >= 500 or response.status == BUSY or response.will_close:
            self.close()
        return Answer(response.status, told, json_object(raw), self.address)

    def pay(self, key: str, payment: dict[str, Any]) -> Answer:
        """POST /payments with the key; sent again by the caller, under the same key, it is charged once."""
        return self.request("POST", "/payments", payment, **{"Idempotency-Key": key})

    def close(self) -> None:
        """Drop the connection."""
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _connect(self) -> http.client.HTTPSConnection:
        self.address = self._resolver.address(self._host)
        plain = socket.create_connection((self.address, self._port), CONNECT_TIMEOUT)
        with contextlib.ExitStack() as undo:
            undo.callback(plain.close)
            secure = self._tls.wrap_socket(plain, server_hostname=self._host)
            undo.pop_all()
        secure.settimeout(ANSWER_TIMEOUT)
        self._connection = http.client.HTTPSConnection(self._host, self._port)
        self._connection.sock = secure
        return self._connection

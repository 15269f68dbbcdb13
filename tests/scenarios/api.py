"""The payment API as a client that resolves by itself uses it: the address is what the sandbox's DNS answers."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import dns.message
import dns.query

# Longer than the function may take and many of its cold starts at once, on a busy machine.
PATIENCE_SECONDS = 60
#: What a client has to expect while something is broken, and after which it may send the payment again.
LATER = {409, 429, 503}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: dict


class Api:
    """Requests to api.<zone>, or to one region's own address."""

    def __init__(self, sandbox, region: str = "") -> None:
        url = urlsplit(sandbox.engineer["PAYMENTS_URL"])
        self.port = url.port
        self.host = url.hostname.replace("api.", f"api-{region}.", 1) if region else url.hostname
        self.dns = sandbox.engineer["PAYMENTS_DNS"].rsplit(":", 1)
        self.context = ssl.create_default_context(cafile=sandbox.engineer["PAYMENTS_CA"])

    def address(self) -> str:
        server, port = self.dns
        answer = dns.query.udp(dns.message.make_query(self.host, "A"), server, PATIENCE_SECONDS, int(port))
        return [item.address for rrset in answer.answer for item in rrset if item.rdtype == dns.rdatatype.A][0]

    def send(self, method: str, path: str, body: bytes | None, headers: Iterable[tuple[str, str]]) -> Answer:
        """One request to the byte as it is given; a header may come twice."""
        plain = socket.create_connection((self.address(), self.port), PATIENCE_SECONDS)
        with self.context.wrap_socket(plain, server_hostname=self.host) as secure:
            connection = http.client.HTTPSConnection(self.host, self.port)
            connection.sock = secure
            connection.putrequest(method, path)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, json.loads(response.read()))

    def request(self, method: str, path: str, body: dict | None = None, **headers: str) -> Answer:
        content = None if body is None else json.dumps(body).encode()
        return self.send(method, path, content, [("Content-Type", "application/json"), *headers.items()])

    def pay(self, key: str, **changes) -> Answer:
        body = {"amount": 1250, "currency": "EUR", "reference": "order-1"} | changes
        return self.request("POST", "/payments", body, **{"Idempotency-Key": key})

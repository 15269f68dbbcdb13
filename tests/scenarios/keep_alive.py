"""A client of the payment API that keeps its connection, as SDKs and browsers do. One for each thread."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable

from .api import PATIENCE_SECONDS, Answer, Api


class Client(Api):
    """The address is asked for when a connection is made; a connection that broke is not used again."""

    _connection: http.client.HTTPSConnection | None = None

    def send(self, method: str, path: str, body: bytes | None, headers: Iterable[tuple[str, str]]) -> Answer:
        """Raises OSError or http.client.HTTPException when the answer was lost: nobody knows then what was done."""
        try:
            self._write(method, path, body, headers)
            response = self._connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, json.loads(response.read()))
        except BaseException:
            self.hang_up()
            raise

    def abandon(self, method: str, path: str, body: bytes, headers: Iterable[tuple[str, str]]) -> None:
        """Send a request and go away, as a client that lost its patience or its network."""
        try:
            self._write(method, path, body, headers)
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _write(self, method: str, path: str, body: bytes | None, headers: Iterable[tuple[str, str]]) -> None:
        if self._connection is None or self._connection.sock is None:  # http.client closed it: the server wanted so
            self._connection = self._connect()
        self._connection.request(method, path, body, dict(headers))

    def _connect(self) -> http.client.HTTPSConnection:
        connection = http.client.HTTPSConnection(self.host, self.port)
        plain = socket.create_connection((self.address(), self.port), PATIENCE_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = self.context.wrap_socket(plain, server_hostname=self.host)
        return connection

"""A connection to the database that gives up in time, is verified, and is dropped as soon as anything is odd about it.

A frozen server neither answers nor closes: only a time-out on the socket comes back from it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pg8000.native

from .credentials import Credentials
from .deadlines import Deadline
from .faults import forget_values, is_refused_login, unavailable
from .problems import Problem, Unavailable

# https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
# What the server does by itself when we are no longer there to time it. Milliseconds.
SESSION = {"TimeZone": "UTC", "statement_timeout": "8000", "lock_timeout": "2000", "client_min_messages": "warning"}
#: Seconds. A socket cannot be told to wait for no time at all.
SHORTEST_WAIT = 0.05

T = TypeVar("T")
Row = dict[str, Any]


class Connection(pg8000.native.Connection):
    """One session; statements are prepared at their first use, and then cost one round trip each."""

    def __init__(self, stream: ssl.SSLSocket, **session: Any) -> None:
        """`stream` is connected and encrypted already, and stays ours to set time-outs on."""
        self._stream = stream
        self._prepared: dict[str, pg8000.native.PreparedStatement] = {}
        super().__init__(sock=stream, ssl_context=False, **session)

    def allow(self, seconds: float) -> None:
        """How long the server may be silent from now on."""
        self._stream.settimeout(max(seconds, SHORTEST_WAIT))

    def query(self, sql: str, **values: Any) -> list[Row]:
        """Run one statement with `:name` placeholders."""
        if sql not in self._prepared:
            self._prepared[sql] = self.prepare(sql)
        statement = self._prepared[sql]
        rows = statement.run(**values)
        names = [column["name"] for column in statement.columns or ()]
        return [dict(zip(names, row, strict=True)) for row in rows or ()]

    def drop(self) -> None:
        """Close without a word: the server may be frozen, and would not hear it."""
        with contextlib.suppress(OSError):  # it was closed already, which is what is wanted
            self._stream.shutdown(socket.SHUT_RDWR)
        self._stream.close()


class Database:
    """The cluster's writer endpoint, and the one connection that an execution environment keeps to it."""

    def __init__(self, host: str, port: int, name: str, credentials: Credentials, authorities: Path) -> None:
        """`authorities` is a PEM file of those that may have signed the server's certificate."""
        self._host, self._port, self._name = host, port, name
        self._credentials = credentials
        self._trust = Trust(authorities)
        self._connection: Connection | None = None

    def run(self, work: Callable[[Connection], T], deadline: Deadline) -> T:
        """`work` on a connection; once more on a new one when the kept one turns out dead, frozen or read-only.

        So `work` must be safe to repeat, even when its first run was committed. Raises Unavailable, or whatever
        `work` raises.
        """
        kept = self._connection
        if kept is not None:
            try:
                return self._attempt(work, kept, deadline.left() / 2)
            except Unavailable:
                if deadline.left() <= SHORTEST_WAIT:
                    raise
        return self._attempt(work, self._open(deadline), deadline.left())

    def _attempt(self, work: Callable[[Connection], T], connection: Connection, seconds: float) -> T:
        """The connection is kept only when nothing was wrong with it or with the server."""
        self._connection = None
        try:
            connection.allow(seconds)
            answer = work(connection)
        except BaseException as error:
            if isinstance(error, Problem) and not isinstance(error, Unavailable):
                self._connection = connection  # the client's own mistake
                raise
            connection.drop()
            forget_values(error)
            if problem := unavailable(error):
                raise problem from error
            raise
        self._connection = connection
        return answer

    def _open(self, deadline: Deadline) -> Connection:
        """A new connection, with another login when the kept one is refused. Raises Unavailable."""
        login = self._credentials.login()
        try:
            try:
                return self._log_in(login, deadline)
            except pg8000.native.DatabaseError as error:
                if not is_refused_login(error):
                    raise
                newer = self._credentials.login(refused=login)
                if newer == login:
                    raise
            return self._log_in(newer, deadline)
        except (OSError, pg8000.native.Error) as error:
            raise unavailable(error) or error from error

    def _log_in(self, login: Any, deadline: Deadline) -> Connection:
        stream = self._trust.connect(self._host, self._port, max(deadline.left(), SHORTEST_WAIT))
        try:
            return Connection(
                stream,
                user=login.user,
                password=login.password,
                database=self._name,
                application_name="payments",
                startup_params=dict(SESSION),
            )
        except BaseException:
            stream.close()
            raise


class Trust:
    """Makes verified TLS streams; reads its file of authorities again when it has changed."""

    def __init__(self, authorities: Path) -> None:
        self._file = authorities
        self._loaded: tuple[int, ssl.SSLContext] | None = None

    def connect(self, host: str, port: int, seconds: float) -> ssl.SSLSocket:
        """TLS to a PostgreSQL server whose certificate is valid for `host`; raises OSError, Unavailable."""
        context = self._context()
        plain = socket.create_connection((host, port), seconds)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.sendall(SSL_REQUEST)
            if plain.recv(1) != b"S":
                raise ConnectionError("the server does not offer TLS")
            return context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def _context(self) -> ssl.SSLContext:
        try:
            changed = self._file.stat().st_mtime_ns
            if self._loaded is None or self._loaded[0] != changed:
                context = ssl.create_default_context(cafile=str(self._file))
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                self._loaded = (changed, context)
        except (OSError, ssl.SSLError) as error:
            detail = "The certificate authorities of the database cannot be read."
            raise Unavailable("database-authorities", detail) from error
        return self._loaded[1]

"""Connections that can be cut, left without an answer, or refused at the door, as when a region goes dark."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Iterable
from contextvars import ContextVar

import hypercorn.asyncio.run
from hypercorn.asyncio.tcp_server import TCPServer

from sandbox.outages import Board, Kind

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset, as a network that is gone does
_writer: ContextVar[asyncio.StreamWriter | None] = ContextVar("writer", default=None)
_open: set[asyncio.StreamWriter] = set()


class KnownServer(TCPServer):
    """Hypercorn's connection, known to the requests that come by it."""

    async def run(self) -> None:
        """Serve the connection; what it calls can cut it."""
        _writer.set(self.writer)
        _open.add(self.writer)
        try:
            await super().run()
        finally:
            _open.discard(self.writer)


def apply() -> None:
    """Have hypercorn serve connections that can be cut."""
    hypercorn.asyncio.run.TCPServer = KnownServer


def cut() -> None:
    """Cut the connection by which the current request came."""
    if writer := _writer.get():
        _abort(writer)


def cut_all(addresses: Iterable[str]) -> None:
    """Cut every connection to one of `addresses`."""
    doomed = set(addresses)
    for writer in list(_open):
        if (writer.get_extra_info("sockname") or ("",))[0] in doomed:
            _abort(writer)


async def hold(board: Board, receive, out: Callable[[], object]) -> None:
    """Give no answer for as long as `out()` or until the client has gone, then cut the connection."""
    changed = asyncio.Event()
    board.watch(changed.set)
    gone = asyncio.create_task(_gone(receive))
    try:
        while out() and not gone.done():
            changed.clear()
            waiting = asyncio.create_task(changed.wait())
            await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
    finally:
        board.unwatch(changed.set)
        gone.cancel()
    cut()


async def _gone(receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _abort(writer: asyncio.StreamWriter) -> None:
    _reset(writer.get_extra_info("socket"))
    writer.transport.abort()


def _reset(connection) -> None:
    with contextlib.suppress(OSError):  # closed meanwhile
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


class Door(socket.socket):
    """A listening socket that lets nobody in while `out` says so: DARK resets, HANG never says a word.

    `out` is asked with the caller's address. The system's own queue completes TCP's handshake either way, so on a
    region that hangs a client waits for TLS, where on AWS it would wait for the connection.
    """

    out: Callable[[str], Kind | None]

    @classmethod
    def at(cls, bind: tuple[str, int], out: Callable[[str], Kind | None]) -> Door:
        """Listen on an address and port; OSError when it is taken."""
        with socket.create_server(bind) as made:
            # Whoever comes in inherits it. Without it, an answer's body waits up to 40 ms for the head's receipt.
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            door = cls(made.family, made.type, made.proto, fileno=made.detach())
        door.out = out
        door.held = []
        return door

    held: list[socket.socket]

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept one connection; ConnectionAbortedError for one that must not come in."""
        connection, address = super().accept()
        kind = self.out(address[0])
        if kind is None:
            return connection, address
        if kind == Kind.HANG:
            self.held.append(connection)
        else:
            _reset(connection)
            connection.close()
        raise ConnectionAbortedError(f"the region is {kind}")

    def let_go(self) -> None:
        """Reset the connections that were left without an answer: their clients may try again."""
        for connection in self.held:
            _reset(connection)
            connection.close()
        self.held.clear()

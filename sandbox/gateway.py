"""API Gateway's regional endpoints: a TLS listener for each region, on the region's own loopback address.

Both regions serve the same custom domain name, so the listener decides which region's REST API answers.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
"""

from __future__ import annotations

import asyncio
import datetime
import secrets
import socket
import ssl
import time
import uuid
from collections.abc import Mapping
from urllib.parse import quote

import trustme
from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config as HypercornConfig
from hypercorn.config import Sockets
from ministack.core.responses import request_scope
from ministack.services import acm, apigateway_v1

from sandbox import api_calls, certificates, connections
from sandbox.barrier import guarded
from sandbox.config import Config
from sandbox.outages import Board, Kind, board

GRACE_SECONDS = 2
KEEP_ALIVE_SECONDS = 75
SLOW_SECONDS = 10  # over every limit of a health check, under what a client of payments waits for
SHORTEST_SLOW_SECONDS = 3  # in a hurry too: over the checkers' limits, which never shrink below a second
ROOT_MAPPING = "(none)"
FORWARDED_FOR = b"x-forwarded-for"
FORBIDDEN = b'{"message":"Forbidden"}'


async def serve(app, config: Config) -> Listeners:
    """Start a listener for each region that hands requests to the emulator `app`; OSError when a port is taken."""
    issuer = certificates.authority(config.dir)
    listeners = Listeners(board)
    try:
        for region in config.addresses:
            listeners.add(RegionalGateway(app, config, region, board), issuer)
    except OSError:
        await listeners.close()
        raise
    return listeners


class RegionalGateway:
    """ASGI application: finds the REST API behind a custom domain of one region, and has the emulator answer for it."""

    def __init__(self, app, config: Config, region: str, outages: Board) -> None:
        """Serve `region` of the production account, unless it is out."""
        self.app = app
        self.region = region
        self.board = outages
        self.callers = {address: name for name, address in config.addresses.items()}
        self.slow_seconds = max(config.clock.interval(SLOW_SECONDS), SHORTEST_SLOW_SECONDS)
        self.account = config.accounts.production
        self.bind = (config.addresses[region], config.tls_port)
        self.own_name = f"*.execute-api.{region}.amazonaws.com"

    def serves(self, name: str) -> bool:
        """Whether `name` (lower case) is a custom domain of this region now."""
        return self._mappings(name) is not None

    def expired(self, name: str) -> bool:
        """Whether the certificate of the custom domain `name` has ended, as ACM knows it: clients will not like it.

        https://docs.aws.amazon.com/acm/latest/userguide/import-certificate.html
        """
        for stored, domain in apigateway_v1._domain_names.items_scoped(self.account, self.region):
            if stored.lower() == name:
                known = acm._certificates.get_scoped(self.account, self.region, domain.get("regionalCertificateArn"))
                return bool(known) and datetime.datetime.fromisoformat(known["NotAfter"]).timestamp() < time.time()
        return False

    def out(self, source: str) -> Kind | None:
        """Say how a connection from the address `source` fails: cut, never answered, or (None) not at all."""
        return self.board.outages.between(self.callers.get(source), self.region)

    def _mappings(self, name: str) -> Mapping[str, Mapping[str, str]] | None:
        """The base path mappings of a custom domain by base path; None when there is no such domain here."""
        for stored, _ in apigateway_v1._domain_names.items_scoped(self.account, self.region):
            if stored.lower() == name:
                return apigateway_v1._base_path_mappings.get_scoped(self.account, self.region, stored, {})
        return None

    async def __call__(self, scope, receive, send) -> None:
        """Serve one request. The emulator's own start-up and shutdown are not ours to announce."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        source = scope["client"][0] if scope.get("client") else "127.0.0.1"
        if self.out(source) == Kind.HANG:
            await connections.hold(self.board, receive, lambda: self.out(source) == Kind.HANG)
            return
        if self.board.outages.has(self.region, Kind.API_SLOW):
            await asyncio.sleep(self.slow_seconds)
        await self._answer(source, scope, receive, guarded(lambda: self.out(source), self.board, receive, send))

    async def _answer(self, source: str, scope, receive, send) -> None:
        """Have the emulator answer a request that came in from the address `source`."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").rpartition(":")
        name = (host[0] or host[2]).lower()
        path = execute_path(self._mappings(name) or {}, scope["path"])
        if path is None:
            await _forbid(send)
            return
        inside = {
            **scope,
            "path": path,
            "raw_path": quote(path).encode(),
            "headers": forwarded(scope["headers"], source),
        }
        token = api_calls.arrived.set(api_calls.Arrival(source, scope["http_version"], name))
        try:
            # Clients sign nothing here, so the emulator is told whose API it is.
            with request_scope(self.account, self.region):
                await self.app(inside, receive, send)
        finally:
            api_calls.arrived.reset(token)


def execute_path(mappings: Mapping[str, Mapping[str, str]], path: str) -> str | None:
    """The emulator's own path to what a custom domain serves at `path`, or None when no mapping covers it.

    The longest base path wins. A mapping without a stage leaves it to the first segment of what remains.
    """
    path = path or "/"
    covering = [(_prefix(base), mapping) for base, mapping in mappings.items() if _covers(_prefix(base), path)]
    if not covering:
        return None
    prefix, mapping = max(covering, key=lambda each: len(each[0]))
    stage = f"/{mapping['stage']}" if mapping.get("stage") else ""
    return f"/_aws/execute-api/{mapping['restApiId']}{stage}{path[len(prefix) :] or '/'}"


def forwarded(headers: list[tuple[bytes, bytes]], source: str) -> list[tuple[bytes, bytes]]:
    """Return the headers as API Gateway hands them on: by which way the request came, and in which trace it is.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    """
    came = dict(headers)
    hops = [came[FORWARDED_FOR].decode("latin-1")] if FORWARDED_FOR in came else []
    trace = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}".encode()
    ours = {
        FORWARDED_FOR: ", ".join([*hops, source]).encode("latin-1"),
        b"x-forwarded-port": b"443",
        b"x-forwarded-proto": b"https",
        b"x-amzn-trace-id": came.get(b"x-amzn-trace-id", trace),
    }
    return [*((name, value) for name, value in headers if name not in ours), *ours.items()]


def _prefix(base_path: str) -> str:
    return "" if base_path in ("", ROOT_MAPPING) else f"/{base_path}"


def _covers(prefix: str, path: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


async def _forbid(send) -> None:
    """What API Gateway says to a name, or a path, that it has nothing for."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(FORBIDDEN)).encode()),
        (b"x-amzn-errortype", b"ForbiddenException"),
        (b"x-amzn-requestid", str(uuid.uuid4()).encode()),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": FORBIDDEN})


async def _lifespan(receive, send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


class Listeners:
    """The running listeners, one task each."""

    def __init__(self, outages: Board) -> None:
        """None yet; what `outages` says later is heeded."""
        self.board = outages
        self._ended = asyncio.Event()
        self._tasks: list[asyncio.Task] = []
        self._doors: list[tuple[RegionalGateway, connections.Door]] = []
        outages.watch(self._heed)

    def add(self, gateway: RegionalGateway, issuer: trustme.CA) -> None:
        """Bind the gateway's address, so that clients may connect from now on, and serve it."""
        listener = connections.Door.at(gateway.bind, gateway.out)
        self._doors.append((gateway, listener))
        context = certificates.server_context(issuer, gateway.serves, gateway.own_name, gateway.expired)
        settings = _TlsSettings(context, listener)
        self._tasks.append(asyncio.create_task(hypercorn_serve(gateway, settings, shutdown_trigger=self._ended.wait)))

    def _heed(self) -> None:
        """Cut the connections to a region that went dark, and let go of those that nobody answered."""
        for gateway, door in self._doors:
            kind = self.board.outages.unreachable(gateway.region)
            if kind == Kind.DARK:
                connections.cut_all([gateway.bind[0]])
            if kind != Kind.HANG:
                door.let_go()

    async def close(self) -> None:
        """Stop listening, and wait for what is being answered."""
        self.board.unwatch(self._heed)
        self._ended.set()
        for _, door in self._doors:
            door.let_go()
        await asyncio.gather(*self._tasks)


class _TlsSettings(HypercornConfig):
    """Hypercorn on a socket that is bound already, with a context of ours instead of certificate files."""

    def __init__(self, context: ssl.SSLContext, listener: socket.socket) -> None:
        super().__init__()
        self.context = context
        self.listener = listener
        self.keep_alive_timeout = KEEP_ALIVE_SECONDS
        self.graceful_timeout = GRACE_SECONDS
        self.alpn_protocols = certificates.PROTOCOLS
        self.loglevel = "WARNING"

    @property
    def ssl_enabled(self) -> bool:
        return True

    def create_ssl_context(self) -> ssl.SSLContext:
        return self.context

    def create_sockets(self) -> Sockets:
        return Sockets([self.listener], [], [])

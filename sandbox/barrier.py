"""Between the world and the AWS APIs: calls into and out of a region that is out are cut, held or refused."""

from __future__ import annotations

import asyncio
import functools
import time
from collections import Counter
from collections.abc import Callable, Mapping

from sandbox import connections, refusals, seeds, signed
from sandbox.call_log import CallLog, Outcome
from sandbox.outages import Board, Kind
from sandbox.refusals import Refusal
from sandbox.signed import Call

OPERATOR = seeds.OPERATOR.encode()  # in the user agent of our own command line, which looks behind every outage
PASSES_OF_THROTTLED = 3  # every third call is let through


class Barrier:
    """ASGI middleware before the emulator."""

    def __init__(
        self,
        app,
        board: Board,
        addresses: Mapping[str, str],
        home_of: Callable[[str], str | None] = lambda _: None,
        distance: float = 0,
    ) -> None:
        """Let through to `app` what `board` lets through.

        `addresses` are the regions' own: functions call from there, so that it is known which region calls. `home_of`
        returns the region of a bucket of the production account. `distance` is how many seconds a call of one region
        for the other is under way, there and back.
        """
        self.app = app
        self.board = board
        self.callers = {address: region for region, address in addresses.items()}
        self.home_of = home_of
        self.distance = distance
        self.throttled: Counter[tuple[str, str]] = Counter()
        self.calls = CallLog()

    async def __call__(self, scope, receive, send) -> None:
        """Serve one request."""
        headers = dict(scope.get("headers") or ())
        if scope["type"] != "http" or OPERATOR in headers.get(b"user-agent", b""):
            await self.app(scope, receive, send)
            return
        caller = self.callers.get((scope.get("client") or ("",))[0])
        body = b""
        if self.board.outages.since and signed.needs_body(headers):
            body, receive = await _read(receive)

        @functools.cache
        def call() -> Call | None:
            query = scope["query_string"].decode("latin-1")
            return signed.call(scope["method"], scope["path"], query, headers, body, self.home_of)

        def out() -> Kind | None:
            if not self.board.outages.since:
                return None  # nothing has to be read of a request then
            return self.board.outages.between(caller, asked.region if (asked := call()) else None)

        await self._serve(caller, call, out, scope, receive, send)

    async def _serve(
        self,
        caller: str | None,
        call: Callable[[], Call | None],
        out: Callable[[], Kind | None],
        scope,
        receive,
        send,
    ) -> None:
        kind, refusal = out(), None
        if kind is None and self.board.outages.since and (asked := call()):
            refusal = self._refusal(asked)
        began = time.time()
        try:
            if kind == Kind.DARK:
                connections.cut()
            elif kind == Kind.HANG:
                await connections.hold(self.board, receive, lambda: out() == Kind.HANG)
            elif refusal and (asked := call()):
                await _answer(refusals.answer(refusal, asked.wire), send)
            else:
                if self.distance and caller and (asked := call()) and asked.region != caller:
                    await asyncio.sleep(self.distance)
                await self.app(scope, receive, guarded(out, self.board, receive, send))
        finally:
            if self.board.outages.since and (asked := call()):
                self.calls.note(asked, caller, _outcome(kind, refusal), began, time.time())

    def _refusal(self, call: Call) -> Refusal | None:
        """Say how a call that gets through is refused; None where it is not."""
        outages = self.board.outages
        if call.service == "lambda" and outages.has(call.region, Kind.LAMBDA):
            return refusals.FUNCTIONS_OUT
        if outages.has(call.region, Kind.CONTROL_PLANE) and not (call.serves or call.looks):
            return refusals.UNAVAILABLE
        if outages.has(call.region, Kind.THROTTLED) and not call.serves:
            key = call.region, call.service
            self.throttled[key] += 1
            return refusals.throttled(call.service, call.wire) if self.throttled[key] % PASSES_OF_THROTTLED else None
        return None


def _outcome(kind: Kind | None, refusal: Refusal | None) -> Outcome:
    if kind:
        return Outcome.CUT if kind == Kind.DARK else Outcome.HELD
    return Outcome.REFUSED if refusal else Outcome.SERVED


def guarded(out: Callable[[], Kind | None], board: Board, receive, send):
    """Return a `send` by which no answer gets out of where it went dark while the answer was made."""
    lost = False

    async def unless_out(message) -> None:
        nonlocal lost
        kind = out()
        lost = lost or kind is not None
        if kind == Kind.HANG:
            await connections.hold(board, receive, lambda: out() == Kind.HANG)
        elif lost:
            connections.cut()
        else:
            await send(message)

    return unless_out


async def _read(receive) -> tuple[bytes, Callable]:
    """Return the whole body, and a `receive` that gives it again."""
    messages = []
    while True:
        messages.append(await receive())
        if messages[-1]["type"] != "http.request" or not messages[-1].get("more_body"):
            break
    again = iter(messages)

    async def replay():
        return next(again, None) or await receive()

    return b"".join(message.get("body", b"") for message in messages), replay


async def _answer(answer: tuple[int, refusals.Headers, bytes], send) -> None:
    status, headers, body = answer
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})

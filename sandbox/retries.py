"""An answer that was lost is given again, so that a request which an AWS SDK repeats is carried out once.

On a machine that is overloaded a client may lose a connection after the emulator has done the work. SDKs then repeat
the request under the same invocation id (`amz-sdk-invocation-id`, with `amz-sdk-request: attempt=2`), and would find
that what they ask for exists already. AWS gives no such promise in general, but hardly ever loses an answer either.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict

log = logging.getLogger("sandbox")

INVOCATION, ATTEMPT = b"amz-sdk-invocation-id", b"amz-sdk-request"
KEPT_ANSWERS = 500
LARGEST_BYTES = 256 * 1024
# What reads may be read again; what changes comes by these.
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


class Retries:
    """ASGI middleware: remembers the last answers to changing requests by their invocation."""

    def __init__(self, app) -> None:
        """Put it before `app`."""
        self.app = app
        self.answers: OrderedDict[bytes, asyncio.Future] = OrderedDict()

    async def __call__(self, scope, receive, send) -> None:
        """Serve one request; a repeated one gets the first one's answer, when that succeeded."""
        headers = dict(scope.get("headers") or ())
        invocation = headers.get(INVOCATION)
        if scope["type"] != "http" or scope["method"] not in CHANGING or not invocation:
            await self.app(scope, receive, send)
            return
        if b"attempt=1;" not in headers.get(ATTEMPT, b"attempt=1;") + b";" and invocation in self.answers:
            answer = await asyncio.shield(self.answers[invocation])
            if answer is not None:
                log.warning("the answer to %s %s was lost and is given again", scope["method"], scope["path"])
                for message in answer:
                    await send(message)
                return
        await self._serve(invocation, scope, receive, send)

    async def _serve(self, invocation: bytes, scope, receive, send) -> None:
        """Serve the request, and keep its answer unless it failed or is large."""
        kept = self.answers[invocation] = asyncio.get_running_loop().create_future()
        messages: list[dict] = []
        lost = False

        async def keep(message) -> None:
            nonlocal lost
            messages.append(message)
            if not lost:
                try:
                    await send(message)
                except OSError:  # the client has gone; the work is done all the same, and will be asked for again
                    lost = True

        try:
            await self.app(scope, receive, keep)
        finally:
            kept.set_result(messages if _worth_keeping(messages) else None)
            while len(self.answers) > KEPT_ANSWERS:
                self.answers.popitem(last=False)


def _worth_keeping(messages: list[dict]) -> bool:
    """Whether this is a whole answer, a success, and small."""
    starts = [one for one in messages if one["type"] == "http.response.start"]
    bodies = [one for one in messages if one["type"] == "http.response.body"]
    whole = bool(starts and bodies) and not bodies[-1].get("more_body")
    return whole and starts[0]["status"] < 400 and sum(len(one.get("body", b"")) for one in bodies) <= LARGEST_BYTES

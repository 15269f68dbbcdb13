"""One small payment as a client makes it: the proof that payments are taken, and where."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any

from .payments_client import FAILURES, LATER, Answer, Client
from .waiters import Clock, Seen, Wait, lasting, timestamp, until

#: The smallest payment there is.
AMOUNT, CURRENCY = 1, "USD"
PAUSE = Wait(seconds=0, pause=0.25, longest_pause=1.0)


class RefusedError(Exception):
    """The API refused the canary for good; the message has its answer."""


@dataclasses.dataclass
class Canary:
    """A payment at one address. `region` is where it has to be accepted, "" anywhere; `make_client` makes a client that
    has resolved nothing yet, so that each try goes where DNS leads now."""

    make_client: Callable[[], Client]
    address: str
    region: str
    reference: str
    clock: Clock

    def __post_init__(self) -> None:
        self._key, self._tries = _new_key(), 0
        self._started = self.clock.monotonic()

    def pay(self, seconds: float) -> dict[str, Any]:
        """Tries for so long; what payments_canary's RETURN describes.

        Raises Late when no payment was accepted in time, RefusedError when trying again is no use.
        """
        goal = f"a payment at {self.address}" + (f" in {self.region}" if self.region else "")
        return until(goal, self._once, lasting(PAUSE, seconds), self.clock, lambda _: None)

    def _once(self) -> Seen:
        client = self.make_client()
        self._tries += 1
        try:
            return self._ask(client)
        except FAILURES as error:
            return Seen(False, str(error) or type(error).__name__)
        finally:
            client.close()

    def _ask(self, client: Client) -> Seen:
        if self.region:  # a payment in the wrong region would be one too many
            health = client.request("GET", "/health")
            if health.status != 200 or health.body.get("region") != self.region:
                return Seen(False, _words(health))
        began = self.clock.monotonic()
        answer = client.pay(self._key, {"amount": AMOUNT, "currency": CURRENCY, "reference": self.reference})
        if answer.status in LATER:
            return Seen(False, _words(answer))
        if answer.status != 201:
            raise RefusedError(f"The payment at {self.address} was refused: {_words(answer)}")
        if self.region not in ("", answer.body.get("region")):
            self._key = _new_key()  # this one was answered, for ever
            return Seen(False, _words(answer))
        return Seen(True, "", self._paid(answer, began))

    def _paid(self, answer: Answer, began: float) -> dict[str, Any]:
        now = self.clock.monotonic()
        return {
            "id": answer.body.get("id", ""),
            "key": self._key,
            "region": answer.body.get("region", ""),
            "address": answer.address,
            "accepted_at": timestamp(self.clock.now()),
            "latency_ms": round((now - began) * 1000),
            "tries": self._tries,
            "seconds": round(now - self._started, 3),
        }


def _new_key() -> str:
    return f"canary-{uuid.uuid4().hex}"


def _words(answer: Answer) -> str:
    """An answer in a few words."""
    said = answer.body.get("detail") or answer.body.get("code") or answer.body.get("status") or ""
    region = answer.body.get("region")
    return f"{answer.status} {said}".strip() + (f" from {region}" if region else "")

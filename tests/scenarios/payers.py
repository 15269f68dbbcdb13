"""Clients that pay without a pause and never give a payment up: what they were told is what must be in the ledger."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass

from .api import LATER, Answer, Api
from .looking import eventually, patiently


@dataclass(frozen=True)
class Told:
    """One answer: to which key, what, and after how many seconds."""

    key: str
    answer: Answer
    seconds: float


class Payers:
    """A context manager: they pay from its beginning to its end, each key until it is acknowledged."""

    def __init__(self, api: Api, clients: int = 4) -> None:
        self.prefix = f"payers-{uuid.uuid4().hex[:8]}"
        self.answers: list[Told] = []
        self.failures: list[BaseException] = []
        self._api, self._clients, self._done = api, clients, threading.Event()

    def __enter__(self) -> Payers:
        self._threads = [threading.Thread(target=self._pay, args=[number]) for number in range(self._clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()
        assert not self.failures, self.failures

    @property
    def acknowledged(self) -> dict[str, str]:
        """The id that each key was answered with; that it was always the same one is asserted."""
        told: dict[str, str] = {}
        for key, identifier in [(one.key, one.answer.body["id"]) for one in self.answers if one.answer.status == 201]:
            assert told.setdefault(key, identifier) == identifier, f"{key} was paid twice"
        return told

    @property
    def refusals(self) -> set[str]:
        """The codes of every answer that was no payment."""
        return {str(one.answer.body.get("code")) for one in self.answers if one.answer.status != 201}

    @property
    def slowest(self) -> float:
        """Seconds."""
        return max(one.seconds for one in self.answers)

    def go_on(self, count: int, seconds: float) -> None:
        """Wait until `count` more payments than now are acknowledged."""
        wanted = len(self.acknowledged) + count
        eventually(
            lambda: self.failures or len(self.acknowledged) >= wanted, f"{count} more payments", patiently(seconds)
        )

    def _pay(self, client: int) -> None:
        number = 0
        try:
            while not self._done.is_set():
                self._until_acknowledged(f"{self.prefix}-{client}-{number}")
                number += 1
        except BaseException as error:  # a thread's end would be unheard otherwise
            self.failures.append(error)

    def _until_acknowledged(self, key: str, seconds: float = 90) -> None:
        """Send it until it is; one in ten is sent again afterwards, as by a client that lost the answer."""
        ends, again = time.monotonic() + seconds, key.endswith("5")
        while True:
            started = time.monotonic()
            answer = self._api.pay(key)
            self.answers.append(Told(key, answer, time.monotonic() - started))
            assert answer.status == 201 or answer.status in LATER, answer
            if answer.status == 201 and not again:
                return
            again = again and answer.status != 201
            assert time.monotonic() < ends, answer
            if answer.status != 201:
                time.sleep(0.1)

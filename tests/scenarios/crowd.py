"""Many clients that pay as clients do: several with the same key, some that go away before the answer.

What each is to do is drawn beforehand from a seed, so that a run can be repeated.
"""

from __future__ import annotations

import http.client
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .api import LATER, Answer
from .keep_alive import Client

DEADLINE_SECONDS = 60
PAUSE_SECONDS = 0.1
CURRENCIES = ("EUR", "USD", "JPY", "GBP")
# How far from each other two clients with the same payment may come: near enough to meet.
NEAR = 12


@dataclass(frozen=True)
class Errand:
    """One client's part in one payment: how often it goes away first, and what it does when it has its answer."""

    key: str
    order: dict[str, Any]
    hang_ups: int = 0
    asks_again: bool = False
    asks_for_another: bool = False


@dataclass(frozen=True)
class Told:
    """A client's word: this order, under this key, was acknowledged by this document."""

    key: str
    order: dict[str, Any]
    document: dict[str, Any]


@dataclass
class Experience:
    """What the clients lived through: acknowledgements, how often what happened, and what must not have happened."""

    told: list[Told] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)


def plan(prefix: str, payments: int, clients: int, seed: int) -> list[list[Errand]]:
    """Each client's errands. Three in ten payments are sent by two clients, one in ten by three, at about one time."""
    chance = random.Random(seed)
    errands: list[list[tuple[float, Errand]]] = [[] for _ in range(clients)]
    for number in range(payments):
        key = f"{prefix}-{number}"
        order = {
            "amount": chance.randint(1, 9_999_999),
            "currency": chance.choice(CURRENCIES),
            "reference": key,
            "metadata": {"basket": str(chance.randint(1, 99))} if chance.random() < 0.5 else {},
        }
        senders = chance.choices((1, 2, 3), (6, 3, 1))[0]
        for client in chance.sample(range(clients), min(senders, clients)):
            errand = Errand(
                key,
                order,
                hang_ups=chance.choices((0, 1, 2), (80, 15, 5))[0],
                asks_again=chance.random() < 0.1,
                asks_for_another=chance.random() < 0.03,
            )
            errands[client].append((number + chance.random() * NEAR, errand))
    return [[errand for _, errand in sorted(own, key=lambda one: one[0])] for own in errands]


def pay(errands: list[list[Errand]], client: Callable[[], Client]) -> Experience:
    """Every client at the same time, each on a connection of its own, until all is acknowledged."""
    together = Experience()
    with ThreadPoolExecutor(len(errands)) as pool:
        for one in pool.map(lambda own: _run(own, client()), errands):
            together.told += one.told
            together.happened += one.happened
            together.complaints += one.complaints
    return together


def _run(errands: list[Errand], client: Client) -> Experience:
    lived = Experience()
    try:
        for errand in errands:
            _do(errand, client, lived)
    finally:
        client.hang_up()
    return lived


def _do(errand: Errand, client: Client, lived: Experience) -> None:
    for _ in range(errand.hang_ups):
        client.abandon("POST", "/payments", json.dumps(errand.order).encode(), headers(errand.key))
        lived.happened["went away"] += 1
    for _ in range(1 + errand.asks_again):
        if (answer := _acknowledged(errand, client, lived)) is None:
            return
        lived.told.append(Told(errand.key, errand.order, answer.body))
        lived.happened["acknowledged"] += 1
        lived.happened["replayed"] += answer.headers.get("idempotent-replayed") == "true"
    if errand.asks_for_another:
        other = errand.order | {"amount": errand.order["amount"] + 1}
        status = _sent(other, errand.key, client, lived)
        lived.happened["another order refused"] += 1
        if status is None or status.status != 422:
            lived.complaints.append(f"{errand.key}: another order with the key was answered {status}, not 422")


def _acknowledged(errand: Errand, client: Client, lived: Experience) -> Answer | None:
    answer = _sent(errand.order, errand.key, client, lived)
    if answer is not None and answer.status == 201:
        return answer
    lived.complaints.append(f"{errand.key}: not acknowledged; the last answer was {answer}")
    return None


def _sent(order: dict[str, Any], key: str, client: Client, lived: Experience) -> Answer | None:
    """The first answer that is more than "later"; the last one, or None, when the time is over."""
    ends, answer = time.monotonic() + DEADLINE_SECONDS, None
    while time.monotonic() < ends:
        try:
            answer = client.send("POST", "/payments", json.dumps(order).encode(), headers(key))
        except (OSError, http.client.HTTPException):
            lived.happened["answer lost"] += 1
            continue
        if answer.status not in LATER:
            return answer
        lived.happened[f"answered {answer.status}"] += 1
        time.sleep(PAUSE_SECONDS)
    return answer


def headers(key: str) -> list[tuple[str, str]]:
    return [("Content-Type", "application/json"), ("Idempotency-Key", key)]

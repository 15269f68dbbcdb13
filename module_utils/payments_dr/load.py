"""Constant payment load, and what its clients saw: written line by line, so that a reader can follow while it runs.

A line is one payment's end: {"key", "reference", "amount", "began", "ended", "id", "region", "address", "tries",
"problem"}; `id` is None where the client gave up without an answer. Times are seconds since the epoch.
"""

from __future__ import annotations

import dataclasses
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .payments_client import FAILURES, LATER, Answer, Client

PAUSE_SECONDS = 0.5
AMOUNTS = (100, 999, 1250, 4999)


@dataclasses.dataclass(frozen=True)
class Paid:
    """One payment as its client saw it; `id` is "" where it never learned whether it was charged."""

    key: str
    reference: str
    amount: int
    began: float
    ended: float
    id: str
    region: str
    address: str
    tries: int
    problem: str


def parse(lines: Iterable[str]) -> list[Paid]:
    """The payments of a file, by the time they ended; a last line that is still being written is left out."""
    found = [Paid(**json.loads(line)) for line in lines if line.endswith("\n")]
    return sorted(found, key=lambda paid: paid.ended)


def run(
    make_client: Callable[[], Client], name: str, clients: int, rate: float, out: Path, stopped: Callable[[], bool]
) -> None:
    """Pay with `clients` clients, `rate` payments a second in all, until `stopped()`; then each ends its payment.

    A client that waits for a region pays nothing else meanwhile, as a till does. References are `name` and a number.
    """
    with out.open("w", buffering=1) as file:
        write = _writer(file)
        with ThreadPoolExecutor(clients) as pool:
            tills = [
                pool.submit(_till, make_client(), f"{name}-{number}", clients / rate, write, stopped)
                for number in range(clients)
            ]
            for till in tills:
                till.result()


def _writer(file: Any) -> Callable[[Paid], None]:
    lock = threading.Lock()

    def write(paid: Paid) -> None:
        with lock:
            file.write(json.dumps(dataclasses.asdict(paid)) + "\n")

    return write


def _till(client: Client, name: str, pace: float, write: Callable[[Paid], None], stopped: Callable[[], bool]) -> None:
    """One client: a payment every `pace` seconds, or as soon as the one before is through."""
    due, number = time.monotonic(), 0
    while not stopped():
        write(until_answered(client, f"{name}-{number}", AMOUNTS[number % len(AMOUNTS)], stopped))
        number += 1
        due = max(due + pace, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
    client.close()


def until_answered(client: Client, reference: str, amount: int, stopped: Callable[[], bool]) -> Paid:
    """One payment, repeated under its key until there is a final answer, or nobody waits for it any more."""
    key, began, tries, problem, answer = str(uuid.uuid4()), time.time(), 0, "", None
    while answer is None or answer.status in LATER:
        if tries and stopped():
            answer = None
            break
        if tries:
            time.sleep(PAUSE_SECONDS)
        tries += 1
        answer, problem = _once(client, key, {"amount": amount, "currency": "EUR", "reference": reference}, problem)
    body = answer.body if answer and answer.status == 201 else {}
    return Paid(
        key=key,
        reference=reference,
        amount=amount,
        began=began,
        ended=time.time(),
        id=body.get("id", ""),
        region=body.get("region", ""),
        address=answer.address if answer else "",
        tries=tries,
        problem=problem,
    )


def _once(client: Client, key: str, payment: dict[str, Any], before: str) -> tuple[Answer | None, str]:
    """The answer, if any, and the last thing that went wrong so far."""
    try:
        answer = client.pay(key, payment)
    except FAILURES as error:
        return None, str(error) or type(error).__name__
    return answer, before if answer.status == 201 else f"{answer.status} {answer.body.get('title', '')}".strip()

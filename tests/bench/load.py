"""Payments against the clock: one after the other beside the bare script, and from many clients at once."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.scenarios.conftest import Sandbox
from tests.scenarios.crowd import headers
from tests.scenarios.keep_alive import Client

from .bare import bare_script
from .payment_figures import Latencies, Throughput

WARM_UP = 10
WARM_UP_EACH = 5


def latencies(sandbox: Sandbox, rounds: int, each: int) -> Latencies:
    """`rounds` times `each` of the three in turns, so that what disturbs the machine disturbs all of them."""
    client = Client(sandbox)
    with bare_script(sandbox) as script:
        doings: dict[str, Callable[[], None]] = {
            "bare": script.pay,
            "payment": lambda: _paid(client),
            "nothing": lambda: _refused(client),
        }
        for doing in doings.values():
            for _ in range(WARM_UP):
                doing()
        seconds: dict[str, list[float]] = {name: [] for name in doings}
        for _ in range(rounds):
            for name, doing in doings.items():
                seconds[name] += [_timed(doing) for _ in range(each)]
    client.hang_up()
    return Latencies(**seconds)


def throughput(sandbox: Sandbox, clients: int, seconds: float) -> Throughput:
    """What `clients`, each on a connection of its own, pay within `seconds`, once all have an environment."""
    ready = threading.Barrier(clients)
    refused: Counter[int] = Counter()

    def pay_on() -> list[float]:
        client = Client(sandbox)
        for _ in range(WARM_UP_EACH):
            _paid(client)
        ready.wait()
        ends, took = time.perf_counter() + seconds, []
        while time.perf_counter() < ends:
            started = time.perf_counter()
            if (status := _pay(client)) == 201:
                took.append(time.perf_counter() - started)
            else:
                refused[status] += 1
        client.hang_up()
        return took

    with ThreadPoolExecutor(clients) as pool:
        everybody = [pool.submit(pay_on) for _ in range(clients)]
        took = [one for each in everybody for one in each.result()]
    return Throughput(clients, seconds, took, sum(refused.values()))


def _timed(doing: Callable[[], None]) -> float:
    started = time.perf_counter()
    doing()
    return time.perf_counter() - started


def _pay(client: Client) -> int:
    key = str(uuid.uuid4())
    return client.pay(key, reference=key).status


def _paid(client: Client) -> None:
    status = _pay(client)
    if status != 201:
        raise RuntimeError(f"a payment was answered {status}: is the machine too slow for the function's time-outs?")


def _refused(client: Client) -> None:
    """An answer for which the function needs neither database nor bucket: the way there and back."""
    status = client.send("POST", "/payments", b"{}", [*headers("none")[1:], ("Content-Type", "text/plain")]).status
    if status != 415:
        raise RuntimeError(f"a body of another type was answered {status}, not 415")

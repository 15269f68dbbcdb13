"""Payments against the clock: one after the other beside the bare script, and from many clients at once."""

from __future__ import annotations

import http.client
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.scenarios.conftest import Sandbox
from tests.scenarios.crowd import headers
from tests.scenarios.keep_alive import Client

from .bare import bare_script
from .payment_figures import Latencies, Throughput

WARM_UP = 10
WARM_UP_EACH = 5
WARM_UP_SECONDS = 120
CREATED = 201


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


def throughput(make: Callable[[], Client], clients: int, seconds: float) -> Throughput:
    """What `clients`, each on a connection of its own, pay within `seconds`, once all have had an environment."""
    everybody = [make() for _ in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(warm_up, everybody))
        results = list(pool.map(lambda client: _pay_on(client, seconds), everybody))
    return Throughput(clients, seconds, [one for took, _ in results for one in took], sum(lost for _, lost in results))


def warm_up(client: Client) -> None:
    """Until some payments were taken: a new environment may be too slow for its first ones, on a busy machine."""
    ends, taken = time.monotonic() + WARM_UP_SECONDS, 0
    while taken < WARM_UP_EACH:
        if time.monotonic() > ends:
            raise RuntimeError(f"a client paid {taken} times in {WARM_UP_SECONDS} s: free the machine and repeat")
        taken += _pay(client) == CREATED


def _pay_on(client: Client, seconds: float) -> tuple[list[float], int]:
    """How long each payment took that was acknowledged in time, and how many requests were not."""
    ends, took, lost = time.perf_counter() + seconds, [], 0
    while (started := time.perf_counter()) < ends:
        try:
            status = _pay(client)
        except (OSError, http.client.HTTPException):
            status = 0
        if status == CREATED:
            took.append(time.perf_counter() - started)
        else:
            lost += 1
    client.hang_up()
    return took, lost


def _timed(doing: Callable[[], None]) -> float:
    started = time.perf_counter()
    doing()
    return time.perf_counter() - started


def _pay(client: Client) -> int:
    key = str(uuid.uuid4())
    return client.pay(key, reference=key).status


def _paid(client: Client) -> None:
    status = _pay(client)
    if status != CREATED:
        raise RuntimeError(f"a payment was answered {status}: is the machine too slow for the function's time-outs?")


def _refused(client: Client) -> None:
    """An answer for which the function needs neither database nor bucket: the way there and back."""
    status = client.send("POST", "/payments", b"{}", [*headers("none")[1:], ("Content-Type", "text/plain")]).status
    if status != 415:
        raise RuntimeError(f"a body of another type was answered {status}, not 415")

"""What the journal costs a payment: with it and without it, in turns of single payments, in the same environment."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.scenarios.conftest import Sandbox, exported, sandbox_command
from tests.scenarios.looking import eventually

from . import load
from .journal_figures import BARE, BARE_BOTH, Distance, First, Out, Pair, figures
from .journal_stage import Payer, Stage
from .journal_variant import STRICT, WITH, WITHOUT
from .sides import BUILT, fresh

FOLDER = BUILT / "journal"
#: Seconds between the regions, there and back; us-east-1 and us-east-2 are about 0.012 apart. The last one stays.
DISTANCES = (0.0, 0.024, 0.012)
WARM_UP = 30
OUTAGES = ("dark", "partition")
CLIENTS, CLIENTS_SECONDS = (1, 4, 16), 8
FIRST = 10
CREATED, UNAVAILABLE = 201, 503
START_SECONDS = 120
#: Of the turns.
MOST_REPEATED = 0.1


class Unexpected(Exception):  # noqa: N818 - says what was seen
    """A payment was answered otherwise than it should be where it is measured: the machine is too busy."""


def measure(payments: int, rounds: int, deployed: Path | None) -> str:
    """Deploy, unless `deployed` is a local AWS that has it; measure, and say what was seen: `payments` of each kind in
    turns, many clients `rounds` times.

    Raises CommandFailed, Unexpected.
    """
    print(f"journal, about {8 if deployed else 12} minutes; logs in {FOLDER}", flush=True)
    if deployed:
        return on(deployed, payments, rounds)
    with fresh(FOLDER) as side:
        side.playbook("deploy.yml for the journal", "deploy")
        return on(FOLDER / "sandbox", payments, rounds)


def on(folder: Path, payments: int, rounds: int) -> str:
    """Measure on the local AWS of a folder, which is as it was at the end."""
    deployer, engineer = (exported(sandbox_command(folder, "env", *who)) for who in (["--account", "management"], []))
    stage = Stage(Sandbox(folder, deployer, engineer))
    with stage.variants():
        return measured(stage, payments, rounds)


def measured(stage: Stage, payments: int, rounds: int) -> str:
    """What the deployment does, which has the variants."""
    distances = []
    for apart in DISTANCES:
        stage.apart(apart)
        distances.append(Distance(apart, in_turns(stage, payments)))
        print(f"  {apart * 1000:g} ms apart: a payment costs {distances[-1].cost * 1000:.1f} ms more", flush=True)
    first = first_payments(stage, FIRST)
    out = [Out(kind, while_out(stage, kind, payments // 2)) for kind in OUTAGES]
    print("  measured while the peer was out", flush=True)
    pairs = [
        Pair(*(paid_by(stage, clients, variant) for variant in (WITHOUT, WITH)))
        for _ in range(rounds)
        for clients in CLIENTS
    ]
    print("  measured with many clients at once", flush=True)
    return figures(sorted(distances, key=lambda one: one.apart), out, pairs, first)


def in_turns(stage: Stage, payments: int) -> dict[str, list[float]]:
    """Seconds of each: without the journal, with it, and a bare script without and with the transaction."""
    clients = {name: Payer(stage.sandbox, name) for name in (WITHOUT, WITH)}
    for client in clients.values():
        load.warm_up(client)
    doings = {name: partial(answered, client, CREATED) for name, client in clients.items()}
    with stage.bare_script() as (put, both):
        return turns({**doings, BARE: put, BARE_BOTH: both}, payments, WARM_UP)


def turns(doings: Mapping[str, Callable[[], object]], times: int, unmeasured: int) -> dict[str, list[float]]:
    """How long each took, turn by turn. In each turn the order is drawn anew: what a payment leaves to be done after
    its answer, whoever comes next pays for. A turn in which something went wrong is repeated whole, and told; raises
    Unexpected when that happens too often."""
    chance, order, wrong = random.Random(1), list(doings), 0
    took: list[dict[str, float]] = []
    while len(took) < unmeasured + times:
        chance.shuffle(order)
        try:
            took.append({name: timed(doings[name]) for name in order})
        except Unexpected as error:
            wrong += 1
            print(f"  a turn is repeated: {error}", flush=True)
            if wrong > times * MOST_REPEATED:
                raise
    return {name: [turn[name] for turn in took[unmeasured:]] for name in doings}


def timed(doing: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    doing()
    return time.perf_counter() - started


def while_out(stage: Stage, kind: str, payments: int) -> dict[str, list[float]]:
    """Seconds of each while the peer is out: without the journal, with it as far as it goes, and `strict`."""
    expected = {WITHOUT: CREATED, WITH: CREATED, STRICT: UNAVAILABLE}
    doings = {name: partial(answered, Payer(stage.sandbox, name), status) for name, status in expected.items()}
    with stage.peer_out(kind):
        took = turns(doings, payments, 1)
    again = Payer(stage.sandbox, STRICT)
    eventually(lambda: again.pay().status == CREATED, "the peer to be back", START_SECONDS)
    return took


def paid_by(stage: Stage, clients: int, variant: str) -> load.Throughput:
    """What so many clients pay by one of the variants."""
    return load.throughput(partial(Payer, stage.sandbox, variant), clients, CLIENTS_SECONDS)


def first_payments(stage: Stage, times: int) -> First:
    """The first payment of new environments that have answered /health, as Route 53's checkers see to."""
    took: dict[str, list[float]] = {WITHOUT: [], WITH: []}
    for _ in range(times):
        for variant, seconds in took.items():
            stage.renew()
            client = Payer(stage.sandbox, variant)
            eventually(partial(healthy, client), "a new environment", START_SECONDS)
            started = time.perf_counter()
            answered(client, CREATED)
            seconds.append(time.perf_counter() - started)
            client.hang_up()
    return First(took[WITHOUT], took[WITH])


def answered(client: Payer, expected: int) -> None:
    """A payment that is answered as expected, or nothing is measured."""
    answer = client.pay()
    if answer.status != expected:
        raise Unexpected(f"a payment was answered {answer.status} {answer.body}, not {expected}")


def healthy(client: Payer) -> bool:
    return client.send("GET", "/health", None, []).status == 200

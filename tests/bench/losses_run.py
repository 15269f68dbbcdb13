"""One outage under load, the recovery, the awakening, reconcile.yml, and the proof; all over a hurried deployment."""

from __future__ import annotations

import dataclasses
import datetime
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TextIO

from module_utils.payments_dr import drill, load
from module_utils.payments_dr.epoch import Epoch, read
from module_utils.payments_dr.mode import AUTOMATIC, MANUAL
from tests.scenarios.looking import eventually, rows
from tests.scenarios.outage_stage import DEADLINE
from tests.scenarios.shoppers import LEDGER, Shoppers
from tests.scenarios.two_regions import PAUSE_SECONDS, REGIONS, Site

from .losses_figures import KINDS, Plan, Run

#: Payments a second of those who go by the public name; the others pay as fast as they are answered, once a second.
CLIENTS, RATE, INSISTING = 6, 16.0, 2
#: Seconds after which somebody who insists on one region gives a payment up, and tries another.
PATIENCE, PACE = 1.0, 0.5
#: What a person waives who knows that the region beyond the partition still runs.
OVERRIDE = ["silence", "checkers"]
#: (label, playbook, its arguments); raises where it fails.
Playbook = Callable[..., Any]


class Insistent(Shoppers):
    """Clients of one region's own address, whoever is active. They give up soon: what a region answers to a payment
    that it never saw is what is asked here."""

    def _pay(self) -> None:
        lock = threading.Lock()
        with self._path.open("w", buffering=1) as file, ThreadPoolExecutor(INSISTING) as pool:
            tills = [pool.submit(self._till, number, file, lock) for number in range(INSISTING)]
            for till in tills:
                till.result()

    def _till(self, till: int, file: TextIO, lock: threading.Lock) -> None:
        client, number = self._client(), 0
        while not self._done.is_set():
            ends = time.monotonic() + PATIENCE
            paid = load.until_answered(
                client,
                f"{self.name}-{till}-{number}",
                load.AMOUNTS[number % len(load.AMOUNTS)],
                lambda ends=ends: self._done.is_set() or time.monotonic() > ends,
            )
            with lock:
                file.write(json.dumps(dataclasses.asdict(paid)) + "\n")
            number += 1
            self._done.wait(PACE)
        client.close()


def run(site: Site, playbook: Playbook, plan: Plan) -> Run:
    """The active region is lost, and the other one has everything in the end. Raises AssertionError, CommandFailed."""
    started, origin, kind = time.monotonic(), site.writer, KINDS[plan.kind]
    target, name = site.peer(origin), f"{plan.kind}-{plan.number}"
    site.set_mode(MANUAL if kind.by_hand else AUTOMATIC)
    with (
        Shoppers(site, f"any-{name}", clients=CLIENTS, rate=RATE) as anybody,
        Insistent(site, f"own-{name}", origin) as insistent,
    ):
        anybody.served_by(origin, 0, DEADLINE)
        insistent.served_by(origin, 0, DEADLINE, INSISTING)
        time.sleep(plan.pause)
        if plan.lag:
            site.out(origin, "replication")
            time.sleep(plan.lag)
        began = site.out(origin, *kind.outages)
        if kind.by_hand:
            _fail_over(site, playbook, target)
        anybody.served_by(target, began, DEADLINE)
        served, promoted = time.time(), _epoch(site, target)
        assert promoted.active == target, f"{target} serves under an epoch of {promoted.active}"
        site.restore(origin)
        site.settle(target)
        for clients in (anybody, insistent):
            clients.stop()
        replicated = _proof(site, target, began, anybody, insistent)
        playbook(f"reconcile {plan.row} {plan.number:02}", "reconcile")
        kept = _proof(site, target, began, anybody, insistent)
        raised = datetime.datetime.fromisoformat(promoted.at).timestamp()
        # By who answered: a payment that the old region took, and the new one found in its journal, names the old one.
        ended = [paid for clients in (anybody, insistent) for paid in clients.acknowledged(raised)]
        woken = [paid for paid in ended if paid.address == site.config.addresses[origin]]
        refused = [paid for paid in insistent.payments if paid.began >= raised and turned_away(paid)]
        silence = anybody.longest_silence(began, served)
    eventually(
        lambda: _agreed(site, target),
        f"both epochs to name {target}, and its journal to be replayed",
        DEADLINE,
        PAUSE_SECONDS,
    )
    return Run(
        plan.row,
        plan.number,
        origin,
        plan.pause,
        acknowledged=kept["acknowledged"],
        replicated=len(replicated["lost"]),
        lost=len(kept["lost"]),
        doubled=len(kept["doubled"]),
        woken=len(woken),
        refused=len(refused),
        silence=silence,
        named=(*(paid["reference"] for paid in kept["lost"]), *kept["doubled"], *(paid.reference for paid in woken)),
        seconds=time.monotonic() - started,
    )


def turned_away(paid: load.Paid) -> bool:
    """Whether the last thing that its client heard was an answer, and no acknowledgement: no silence, and no reset."""
    return not paid.id and paid.problem[:3].isdigit()


def _fail_over(site: Site, playbook: Playbook, target: str) -> None:
    """As the on-call types it who waives what the world outside the partition still sees."""
    told = {"to": target, "confirm": site.topology.global_cluster, "override": OVERRIDE}
    playbook(f"failover to {target}", "failover", "-e", json.dumps(told))


def _proof(site: Site, active: str, began: float, *crowds: Shoppers) -> dict[str, Any]:
    """What the active region's own database has of everything that was acknowledged, by whichever region."""
    found = [row for crowd in crowds for row in rows(site.sandbox, active, LEDGER, prefix=crowd.name)]
    ledger = [{"id": one, "reference": reference, "amount": amount} for one, reference, amount in found]
    return drill.proof([paid for crowd in crowds for paid in crowd.payments], ledger, began)


def _epoch(site: Site, region: str) -> Epoch:
    return read(site.client("dynamodb", region), site.topology.epoch_table(region))


def _agreed(site: Site, active: str) -> bool:
    """The next outage begins with what this one has left: nothing."""
    found = {region: _epoch(site, region) for region in REGIONS}
    named = {(one.number, one.active) for one in found.values()}
    return named == {(found[active].number, active)} and found[active].replayed

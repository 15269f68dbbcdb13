"""What the function does once it has decided; each step from this region, and none of them twice.

Whatever else fails, the writer is moved: the other steps keep a region out that may well be dead, and their failures
are told.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from payments_dr import mode as modes
from payments_dr.calls import BRISK, STEADY, AwsFailure, Clients, Patience, concurrently
from payments_dr.evacuation import evacuate
from payments_dr.fencing import fence, open_fence
from payments_dr.handover import Outcome, Result, fail_over
from payments_dr.topology import Topology
from payments_dr.waiters import PROMOTION, Clock, timestamp

from .journal import Journal

#: Seconds of the function's time that are kept for what comes after the promotion.
RESERVE = 30.0
#: Seconds that one more promotion needs: twice what Aurora names as typical, and what it takes to see that it failed.
ANOTHER_TRY = 180.0
GIVEN_UP = "GivenUp"


@dataclass
class Steps:
    """What was done, in the order in which it ended, for the log at once and for a message later."""

    journal: Journal
    done: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, sentence: str) -> None:
        with self._lock:
            self.done.append(sentence)
            self.journal.say(sentence)

    @contextlib.contextmanager
    def attempt(self, step: str) -> Iterator[None]:
        """What is done inside may fail: that is noted, and the recovery goes on."""
        try:
            yield
        except (AwsFailure, modes.ModeError) as failure:
            with self._lock:
                self.done.append(f"NOT DONE: {step}: {failure}")
                self.journal.failed(step, str(failure))


@dataclass(frozen=True)
class Recovery:
    """The steps of a failover to `here`, and of its end. `left` says how many seconds the function still has."""

    clients: Clients
    topology: Topology
    here: str
    clock: Clock
    left: Callable[[], float]
    steps: Steps

    @property
    def peer(self) -> str:
        return self.topology.peer(self.here).region

    def begin(self) -> Result:
        """Asks Aurora, and keeps the peer out meanwhile: a peer that hangs must not delay the writer.

        Raises AwsFailure when the writer cannot be moved.
        """
        return concurrently({"writer": self._begin, "evacuation": self._evacuate, "fence": self._fence})["writer"]

    def finish(self) -> Result:
        """Waits for the writer, and asks again where Aurora gives up. Raises AwsFailure, and Late."""
        while True:
            wait = replace(PROMOTION, seconds=max(1.0, min(PROMOTION.seconds, self.left() - RESERVE)))
            try:
                result = fail_over(self.clients, self.topology, self.here, self.clock, self.steps.journal.say, wait)
            except AwsFailure as failure:
                if failure.code != GIVEN_UP or self.left() < ANOTHER_TRY:
                    raise
                self.steps.add(f"{failure.message}; asking Aurora again")
                continue
            self.steps.add(f"{result.sentence} ({result.seconds:.1f} s)")
            return result

    def disarm(self, why: str) -> None:
        """One failover by itself; a person looks before there is another. The peer is told if it can be."""
        concurrently({region: self._manual(region, why) for region in (self.here, self.peer)})

    def reopen(self) -> bool:
        """Lets the peer, a standby now, do what it did before. Answers whether anything was changed."""
        changed = []
        with self.steps.attempt(f"take back the evacuation of {self.peer}"):
            taken = evacuate(self.clients, self.topology, self.peer, False, self.clock, self.steps.journal.say)
            self.steps.add(taken.sentence)
            changed.append(taken.changed)
        with self.steps.attempt(f"open the fence of {self.peer}"):
            opened = open_fence(self.clients, self.topology, self.peer)
            self.steps.add(opened.sentence)
            changed.append(opened.changed)
        return any(changed)

    def _begin(self) -> Result:
        result = fail_over(self.clients, self.topology, self.here, self.clock, self.steps.journal.say, wait=None)
        self.steps.add(result.sentence)
        if result.outcome is Outcome.BEGUN:
            self.steps.journal.promoting(result.sentence)
        return result

    def _evacuate(self) -> None:
        with self.steps.attempt(f"evacuate {self.peer}"):
            done = evacuate(self.clients, self.topology, self.peer, True, self.clock, self.steps.journal.say)
            self.steps.add(done.sentence)

    def _fence(self) -> None:
        with self.steps.attempt(f"fence {self.peer}"):
            self.steps.add(fence(self.clients, self.topology, self.peer).sentence)

    def _manual(self, region: str, why: str) -> Callable[[], Any]:
        patience: Patience = STEADY if region == self.here else BRISK
        wanted = modes.Mode(modes.MANUAL, f"the failover function of {self.here}", why, timestamp(self.clock.now()))

        def put() -> None:
            with self.steps.attempt(f"put the mode of {region} to manual"):
                name = modes.parameter_name(self.topology.environment, self.topology.environment_suffix)
                _, changed = modes.set_mode(self.clients("ssm", region, patience), name, wanted)
                self.steps.add(f"the mode of {region} {'is now' if changed else 'was already'} manual")

        return put

"""What the function does once it has decided; each step from this region, and none of them twice.

Whatever else fails, the writer is moved: the other steps keep a region out that may well be dead, and their failures
are told.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from payments_dr import mode as modes
from payments_dr.calls import BRISK, AwsFailure, Clients, concurrently
from payments_dr.evacuation import evacuate
from payments_dr.fencing import fence, open_fence
from payments_dr.handover import GIVEN_UP, Outcome, Result, fail_over
from payments_dr.parameters import ParameterError
from payments_dr.succession import Succession
from payments_dr.topology import Topology
from payments_dr.waiters import PROMOTION, Clock, lasting, timestamp

from .journal import Journal

#: Seconds of the function's time that are kept for what comes after the promotion.
RESERVE = 30.0
#: Seconds that one more promotion needs: twice what Aurora names as typical, and what it takes to see that it failed.
ANOTHER_TRY = 180.0


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
        except (AwsFailure, ParameterError) as failure:
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

    def begin(self, put: modes.Mode) -> Result:
        """Asks Aurora, and keeps the peer out meanwhile: a peer that hangs must not delay the writer. `put` is what
        disarm() answered.

        Raises AwsFailure when the writer cannot be moved; the mode is then as it was before.
        """
        try:
            return concurrently({"writer": self._begin, "evacuation": self._evacuate, "fence": self._fence})["writer"]
        except AwsFailure:
            self.rearm(put)
            raise

    def finish(self, ours: bool) -> Result:
        """Waits for the writer, and asks again where Aurora gives up. Raises AwsFailure, and Late."""
        say = self.steps.journal.say
        while True:
            wait = lasting(PROMOTION, max(1.0, min(PROMOTION.seconds, self.left() - RESERVE)))
            try:
                result = fail_over(self.clients, self.topology, self.here, self.clock, say, wait, ours, self._name)
            except AwsFailure as failure:
                if failure.code != GIVEN_UP or self.left() < ANOTHER_TRY:
                    raise
                self.steps.add(f"{failure.message}; asking Aurora again")
                continue
            self.steps.add(f"{result.sentence} ({result.seconds:.1f} s)")
            return result

    def disarm(self, why: str) -> modes.Mode:
        """One failover by itself; a person looks before there is another.

        Done before Aurora is asked: a run that ends right after that must not leave the next one free to act, once
        somebody has gone home. Answers the mode that was put; rearm() takes it back.
        """
        wanted = modes.Mode(modes.MANUAL, self._name, why, timestamp(self.clock.now()))
        self._put_mode(self.here, wanted)
        return wanted

    def rearm(self, put: modes.Mode) -> None:
        """Takes disarm() back, since nothing was begun; not when somebody has changed the mode meanwhile."""
        with self.steps.attempt(f"put the mode of {self.here} back to automatic"):
            ssm, name = self.clients("ssm", self.here, BRISK), self._mode_parameter
            if modes.read(ssm, name) == put:
                why = "nothing was promoted: the next run may try again"
                modes.set_mode(ssm, name, dataclasses.replace(put, mode=modes.AUTOMATIC, why=why))

    def disarm_peer(self, put: modes.Mode) -> None:
        """Tells the peer the same, if it can be reached; once its cluster follows, its function would act too."""
        self._put_mode(self.peer, put)

    def reopen(self) -> bool:
        """Lets the peer, a standby now, do what it did before, but act by itself. Answers whether anything was changed.

        It is told first what it could not be told before: whose epoch it is, and that a person decides. As long as that
        fails nothing is opened, and the next run tries again; once it is open nobody would.
        """
        changed: list[bool] = []
        with self.steps.attempt(f"tell {self.peer} the epoch and the mode"):
            self._succession.inform(f"{self.peer} follows {self.here} again")
            changed.append(self._disarmed())
        if not changed:
            return False
        with self.steps.attempt(f"take back the evacuation of {self.peer}"):
            taken = evacuate(self.clients, self.topology, self.peer, False, self.clock, self.steps.journal.say)
            self.steps.add(taken.sentence)
            changed.append(taken.changed)
        with self.steps.attempt(f"open the fence of {self.peer}"):
            opened = open_fence(self.clients, self.topology, self.peer)
            self.steps.add(opened.sentence)
            changed.append(opened.changed)
        return any(changed)

    def confirm(self) -> None:
        """Sees to it that the region that holds the writer may acknowledge payments, however it came to hold it."""
        with self.steps.attempt(f"begin an epoch of {self.here}"):
            self._succession.confirm(f"{self.here} holds the writer")

    def _begin(self) -> Result:
        result = fail_over(
            self.clients, self.topology, self.here, self.clock, self.steps.journal.say, wait=None, by=self._name
        )
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

    def _disarmed(self) -> bool:
        """Whether the peer was put to manual, which a failover could not tell it: its function would leave a journal
        behind here that nobody has replayed. Who has armed it since has decided. Raises AwsFailure."""
        epoch = self._succession.epoch()
        ssm = self.clients("ssm", self.peer, BRISK)
        try:
            theirs = modes.read(ssm, self._mode_parameter)
        except ParameterError:
            return False  # nor is it automatic
        if epoch.replayed or theirs.mode != modes.AUTOMATIC or not _older(theirs.at, epoch.at):
            return False
        why = f"{self.here} has taken over, and its journal is not replayed"
        modes.write(ssm, self._mode_parameter, modes.Mode(modes.MANUAL, self._name, why, timestamp(self.clock.now())))
        self.steps.add(f"the mode of {self.peer} is now manual")
        return True

    def _put_mode(self, region: str, wanted: modes.Mode) -> None:
        with self.steps.attempt(f"put the mode of {region} to manual"):
            _, changed = modes.set_mode(self.clients("ssm", region, BRISK), self._mode_parameter, wanted)
            self.steps.add(f"the mode of {region} {'is now' if changed else 'was already'} manual")

    @property
    def _name(self) -> str:
        return f"the failover function of {self.here}"

    @property
    def _succession(self) -> Succession:
        say = self.steps.journal.say
        return Succession(self.clients, self.topology, self.here, self.clock, say, self._name)

    @property
    def _mode_parameter(self) -> str:
        return modes.parameter_name(self.topology.environment, self.topology.environment_suffix)


def _older(one: str, other: str) -> bool:
    """Whether a moment (ISO 8601) is before another; what says none counts as older."""
    try:
        return datetime.datetime.fromisoformat(one) < datetime.datetime.fromisoformat(other)
    except (ValueError, TypeError):
        return True

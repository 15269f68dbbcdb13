"""Moves the writer of the global database, once: Aurora's own state is the lock (design, decision 10).

Whoever comes second, or again after an interruption, sees that it is done or under way, and waits for the same outcome.
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from .calls import STEADY, AwsFailure, Clients, describing
from .global_cluster import handover_of, read_global_cluster
from .observation import Handover
from .succession import OPERATOR, Succession
from .topology import Member, Topology, members
from .waiters import PROMOTION, Clock, Seen, Wait, until

#: The code of the failure when Aurora has ended a move without moving the writer.
GIVEN_UP = "GivenUp"
#: Seconds in which Aurora may still describe the state of before our call, before that means that it gave up.
SETTLING = 15.0


class Kind(StrEnum):
    FAILOVER = "failover"
    SWITCHOVER = "switchover"


class Outcome(StrEnum):
    """DONE: we began it. JOINED: it was under way, or somebody was quicker. ALREADY: nothing was to be done. BEGUN: not
    waited for."""

    DONE = "done"
    JOINED = "joined"
    ALREADY = "already"
    BEGUN = "begun"


@dataclasses.dataclass(frozen=True)
class Result:
    """How it ended, how many seconds it took, the writer's region after it, and a sentence for people."""

    outcome: Outcome
    seconds: float
    writer: str
    sentence: str


@dataclasses.dataclass(frozen=True)
class State:
    """The global database as one region describes it."""

    status: str
    found: list[Member]
    handover: Handover | None

    @property
    def writer(self) -> Member | None:
        """The one writer, or None while there is none, or more than one."""
        writers = [member for member in self.found if member.role == "writer"]
        return writers[0] if len(writers) == 1 else None

    def member(self, region: str) -> Member | None:
        return next((member for member in self.found if member.region == region), None)

    def writes_in(self, region: str) -> bool:
        return self.writer is not None and self.writer.region == region


def read_state(rds: Any, identifier: str) -> State:
    """Raises AwsFailure, also when the global database does not exist."""
    found = read_global_cluster(rds, identifier)
    if found is None:
        region = rds.meta.region_name
        raise AwsFailure(f"The global database {identifier} does not exist in {region}: run deploy.yml", "NotFound")
    return State(found.get("Status", ""), members(found), handover_of(found))


def fail_over(
    clients: Clients,
    topology: Topology,
    target: str,
    clock: Clock,
    say: Callable[[str], None],
    wait: Wait | None = PROMOTION,
    ours: bool = False,
    by: str = OPERATOR,
) -> Result:
    """Promotes the cluster of the region `target`; what it has not received is in the journal alone.

    Calls the target's region alone, and raises its epoch first: `by` says who did. It is over when the target's cluster
    is the writer: nobody waits for the old one. `ours` says that the one under way was begun
    by the caller. Raises AwsFailure, and Late.
    """
    succession = Succession(clients, topology, target, clock, say, by)
    return _Move(Kind.FAILOVER, clients, topology, target, clock, say, succession).run(wait, ours)


def switch_over(
    clients: Clients,
    topology: Topology,
    target: str,
    clock: Clock,
    say: Callable[[str], None],
    wait: Wait | None = PROMOTION,
) -> Result:
    """Makes the cluster of the region `target` the writer and the old writer its reader; nothing is lost.

    Begins in the region of the current writer, as AWS demands, and is watched from the target's. It is over when the
    global database is available again, and both regions' epochs name the target. Raises AwsFailure, and Late.
    """
    succession = Succession(clients, topology, target, clock, say)
    return _Move(Kind.SWITCHOVER, clients, topology, target, clock, say, succession).run(wait)


class _Move:
    """One failover or switchover."""

    def __init__(
        self,
        kind: Kind,
        clients: Clients,
        topology: Topology,
        target: str,
        clock: Clock,
        say: Callable[[str], None],
        succession: Succession,
    ) -> None:
        self.kind, self.clients, self.topology, self.target = kind, clients, topology, target
        self.clock, self.say, self.succession = clock, say, succession
        self.identifier = topology.global_cluster
        self.rds = clients("rds", target, STEADY)
        self.started = clock.monotonic()
        self.seen_under_way: set[str] = set()

    def run(self, wait: Wait | None, ours: bool = False) -> Result:
        state = self.look()
        if self.finished(state):
            self._confirm(moved=False)
            return self._result(Outcome.ALREADY, state, f"{self.target} already holds the writer")
        outcome = Outcome.JOINED if self.under_way(state) else self.begin(state)
        if outcome is Outcome.JOINED and ours:
            outcome = Outcome.DONE
        elif outcome is Outcome.JOINED:
            self.say(f"a move of the writer to {self.target} was under way already: waiting for its end")
        if wait is None:
            begun = Outcome.BEGUN if outcome is Outcome.DONE else outcome
            return self._result(begun, self.look(), f"the {self.kind} to {self.target} is under way")
        try:
            state = until(f"the {self.kind} to {self.target}", self.seen, wait, self.clock, self.say)
        except AwsFailure as failure:
            if failure.code == GIVEN_UP:
                self._give_back(failure)
            raise
        self._confirm(moved=self._lost_nothing(outcome))
        mine = "" if outcome is Outcome.DONE else ", begun by somebody else"
        return self._result(outcome, state, f"{self.target} holds the writer after a {self.kind}{mine}")

    def _confirm(self, moved: bool) -> None:
        """The target holds the writer: it may acknowledge payments, whoever moved it and however far they came."""
        why = f"the {self.kind} to {self.target} is over"
        if self.kind is Kind.FAILOVER:
            self.succession.confirm(why)
        else:
            self.succession.settle(why, moved=moved)

    def _lost_nothing(self, outcome: Outcome) -> bool:
        """Whether it was seen that a switchover moved the writer: one that joined may have joined a failover."""
        return Kind.FAILOVER not in self.seen_under_way and (outcome is Outcome.DONE or bool(self.seen_under_way))

    def _give_back(self, failure: AwsFailure) -> None:
        """The writer stays: its region must not be kept out. What fails here must not hide why."""
        if self.kind is not Kind.FAILOVER:
            return
        try:
            self.succession.give_back(failure.message)
        except AwsFailure as another:
            self.say(f"NOT DONE: {another.message}")

    def look(self) -> State:
        state = read_state(self.rds, self.identifier)
        if state.handover:
            self.seen_under_way.add(state.handover.kind)
        return state

    def finished(self, state: State) -> bool:
        """A failover is over with the promotion; a switchover when both clusters are well again."""
        if not state.writes_in(self.target):
            return False
        return self.kind is Kind.FAILOVER or state.handover is None

    def under_way(self, state: State) -> bool:
        """Whether a move to our target runs. Raises AwsFailure when one to another region does."""
        if state.handover is None:
            return False
        if state.handover.target_region != self.target:
            raise AwsFailure(
                f"A {state.handover.kind} of {self.identifier} to {state.handover.target_region} is under way "
                f"({state.handover.status}): nothing else can be done until it ends",
                "HandoverElsewhere",
            )
        return True

    def begin(self, state: State) -> Outcome:
        """Asks Aurora to move the writer. A refusal is looked into: somebody may have been quicker."""
        member = state.member(self.target)
        if member is None:
            raise AwsFailure(f"{self.identifier} has no cluster in {self.target}: run deploy.yml", "NoMember")
        if self.kind is Kind.FAILOVER:
            self.succession.claim(f"a failover to {self.target}")
        else:
            self.succession.must_be_replayed()
        self.say(f"asking Aurora for a {self.kind} to {member.cluster}")
        try:
            self._ask(state, member)
        except AwsFailure as refusal:
            now = self.look()
            if self.finished(now) or self.under_way(now):
                self.say(refusal.message)
                return Outcome.JOINED
            self._give_back(refusal)
            raise
        return Outcome.DONE

    def _ask(self, state: State, member: Member) -> None:
        names = {"GlobalClusterIdentifier": self.identifier, "TargetDbClusterIdentifier": member.cluster_arn}
        if self.kind is Kind.FAILOVER:
            with describing(f"fail over to {member.cluster}", self.target):
                self.rds.failover_global_cluster(**names, AllowDataLoss=True)
            return
        if state.writer is None:
            raise AwsFailure(f"{self.identifier} has no writer: a switchover needs one", "NoWriter")
        origin = state.writer.region
        rds = self.clients("rds", origin, STEADY)
        with describing(f"switch over to {member.cluster}", origin):
            rds.switchover_global_cluster(**names)

    def seen(self) -> Seen:
        """One look while waiting. Raises AwsFailure when Aurora has given up and nothing has changed."""
        state = self.look()
        if self.finished(state):
            return Seen(True, "", state)
        early = self.clock.monotonic() - self.started < SETTLING
        if not early and state.handover is None and state.status == "available":
            raise AwsFailure(
                f"The {self.kind} of {self.identifier} to {self.target} has ended without moving the writer: "
                f"see the RDS events of {self.target}, then run this again",
                GIVEN_UP,
            )
        writer = state.writer.region if state.writer else "nowhere"
        return Seen(False, f"{self.identifier} is {state.status or 'in no state'}, the writer is in {writer}")

    def _result(self, outcome: Outcome, state: State, sentence: str) -> Result:
        writer = state.writer.region if state.writer else ""
        return Result(outcome, round(self.clock.monotonic() - self.started, 3), writer, sentence)

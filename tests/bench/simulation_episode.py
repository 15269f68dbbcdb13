"""One episode: the failover function runs once a minute in the standby, looks, decides, promotes; the books are made.

What the function is shown goes through the product's own code: silence, lag, guards and decision. What is true comes
from the world alone, so that a promotion is false by the world's books and not by the guards'.
"""

from __future__ import annotations

import dataclasses
import random

from module_utils.payments_dr.decision import Action, Decision, decide
from module_utils.payments_dr.observation import Checkers, Handover, Observation, Probe, Target, last_known_lag
from module_utils.payments_dr.policy import Policy
from module_utils.payments_dr.standing_by import stands_by

from .simulation_world import (
    CHECK_INTERVAL,
    CHECK_THRESHOLD,
    CHECKERS,
    HORIZON,
    TTL,
    Route53,
    World,
    lag_points,
    seconds_outside,
    spell_at,
    within,
)

HOME, AWAY = "us-east-1", "us-east-2"
SCHEDULE = 60.0
#: The function's time-out, less what it needs to end in order.
LONGEST_RUN = 840.0
#: How much of the past a warm function remembers.
MEMORY = 900.0
VERSION = "17.7"
#: A call that is throttled is repeated, and then given up.
THROTTLED_SECONDS = 8.0
#: Younger, and it may be Aurora's failover within the region, whatever the policy under test says.
YOUNGEST = 60.0
#: An outage that lasts so long has to end in a promotion: a minute of the schedule, the window, the patience after it.
LONG_ENOUGH = SCHEDULE + 60 + 60 + 30


@dataclasses.dataclass
class Outcome:
    """What came of an episode. Seconds; None where nothing was promoted, or nobody was down.

    active              the region that served, and may be lost
    rto_first, rto_all  from the outage until the first client could pay again, until the last one could
    false               why the promotion should not have been
    missed              a promotion that should have been was not
    both                how long both regions accepted payments from clients that DNS led to them
    astray              how long clients were led away from an active region that served, by checkers slow to see it
    woke                how long the old region, back from the dark, would still have taken a payment from such clients
    """

    kind: str
    active: str
    promoted: bool = False
    refused: bool = False
    due: bool = False
    missed: bool = False
    false: str = ""
    lost: float | None = None
    rto_first: float | None = None
    rto_all: float | None = None
    both: float = 0.0
    astray: float = 0.0
    woke: float = 0.0
    evaluations: int = 0


class Episode:
    def __init__(self, world: World, policy: Policy) -> None:
        self.world, self.policy = world, policy
        self.dice = random.Random(f"{world.kind} {world.seed} run")
        self.route53 = Route53(world, self.dice)
        self.points = lag_points(world)
        self.here, self.peer = (AWAY, HOME) if world.home_active else (HOME, AWAY)
        self.target = Target(self.here, self._arn(self.here), "available", 1 if world.able else 0, VERSION)
        self.outcome = Outcome(world.kind, self.peer)
        self.history: tuple[Probe, ...] = ()
        # The latch of the way home, as the calm days before have left it.
        self.stands_by = self.here == HOME

    def run(self) -> Outcome:
        """The whole episode."""
        now, offset = 0.0, self.dice.uniform(0, SCHEDULE)
        while offset + now < HORIZON and not self.outcome.promoted:
            now = self._invocation(offset + now) - offset
            now = (now // SCHEDULE + 1) * SCHEDULE
            if self.dice.random() < 0.1:  # a new instance remembers nothing
                self.history = ()
        self._judge_what_was_not_done()
        if not self.outcome.promoted and self.world.operator > HORIZON:
            self.outcome.astray = seconds_outside(self.route53.down, self.world.down)
        return self.outcome

    def _invocation(self, started: float) -> float:
        """One run of the function; answers when it ended."""
        moment = started
        while True:
            looked, now, decision = self._look(moment)
            self.outcome.evaluations += 1
            self.outcome.refused |= decision.action == Action.REFUSE
            if decision.action == Action.PROMOTE:
                self._promote(looked, now)
                return now
            if decision.action == Action.STAY and looked.ok:
                moment, troubled = self._watch_calmly(moment, now, started + self.policy.calm_seconds)
                if not troubled:
                    return moment
                continue
            if decision.action != Action.PROBE or now - started > LONGEST_RUN or now > HORIZON:
                return now
            moment = max(moment + self.policy.probe_interval_seconds, now)

    def _watch_calmly(self, moment: float, now: float, ends: float) -> tuple[float, bool]:
        """Glances at the active region until `ends`: when the last one was over, and whether it failed."""
        while moment + self.policy.calm_interval_seconds <= ends:
            moment = max(moment + self.policy.calm_interval_seconds, now)
            probe = self._probe(moment)
            self._remember(probe, moment)
            now = moment + probe.seconds
            if not probe.ok:
                return now, True
        return now, False

    def _remember(self, probe: Probe, moment: float) -> None:
        self.history = (*(old for old in self.history if old.at > moment - MEMORY), probe)

    def _look(self, moment: float) -> tuple[Probe, float, Decision]:
        probe = self._probe(moment)
        self._remember(probe, moment)
        calls = THROTTLED_SECONDS if within(self.world.throttled, moment) else self.dice.uniform(0.1, 0.8)
        now = moment + max(probe.seconds, calls)
        seen = self._seen(moment, now)
        said = stands_by(seen)
        self.stands_by = self.stands_by if said is None else said
        return probe, now, decide(seen, self.policy)

    def _probe(self, moment: float) -> Probe:
        world = self.world
        unreached = within(world.down, moment) or within(world.split, moment)
        unlucky = within(world.gray, moment) and self.dice.random() < world.requests
        thought = self._checkers(moment)
        if unreached or unlucky:
            return Probe(moment, False, "no answer in time", world.hang, None, thought)
        return Probe(moment, True, "ok", self.dice.uniform(0.02, 0.2), 200, thought)

    def _checkers(self, moment: float) -> Checkers:
        return Checkers.UNKNOWN if within(self.world.isolated, moment) else self.route53.says(moment)

    def _seen(self, moment: float, now: float) -> Observation:
        world = self.world
        blind = within(world.throttled, moment)
        well = world.standby_well
        done = world.operator + world.promotion <= moment
        active = self.here if done else self.peer
        return Observation(
            now=now,
            here=self.here,
            peer=self.peer,
            active="" if blind else active,
            standby="" if blind else (self.peer if done else self.here),
            mode=world.mode,
            probes=self.history,
            checkers=self._checkers(moment),
            own_probe=Probe(
                moment, False, "standby" if well else "certificate has expired", 0.1, 503 if well else None
            ),
            target=None if blind else self.target,
            active_engine_version="" if blind else VERSION,
            lag=last_known_lag((point for visible, point in self.points if visible <= moment), self.history),
            handover=self._handover(moment) if not blind else None,
            synchronization="connected",
            switch_on=False,
            fenced=False,
        )

    def _handover(self, moment: float) -> Handover | None:
        """An operator's failover under way."""
        world = self.world
        if not world.operator <= moment < world.operator + world.promotion:
            return None
        return Handover("failover", "failing-over", self._arn(self.peer), self._arn(self.here), True)

    def _promote(self, looked: Probe, now: float) -> None:
        """Evacuates, fences what answers, promotes; and the books of it."""
        begun = now + self.dice.uniform(0.3, 3.0)
        # Aurora is the lock: whoever comes second waits for the same promotion.
        begun = min(begun, self.world.operator)
        promoted = begun + self.world.promotion
        self.outcome.promoted = True
        self.outcome.false = self._falsehood(looked)
        self.outcome.lost = self.world.lost_by(looked.end)
        spell = spell_at(self.world.down, looked.at)
        arrives = self._dns_leads_here(begun, promoted)
        if spell:
            self.outcome.rto_first = max(promoted, arrives) - spell[0]
            self.outcome.rto_all = max(promoted, arrives + TTL) - spell[0]
            self.outcome.woke = self._woke(spell[1], promoted, arrives + TTL)
        if not within(self.world.down, begun) and within(self.world.split, begun):
            # Aurora could not fence what it did not reach, and the world did.
            split = spell_at(self.world.split, begun)
            self.outcome.both = max(0.0, min(split[1] if split else begun, HORIZON) - promoted)

    def _falsehood(self, probe: Probe) -> str:
        """Why this must not have been promoted, by the world's books; "" when it may."""
        world, looked = self.world, probe.at
        spell = spell_at(world.down, looked)
        reasons = {
            "the active region served": spell is None,
            "the outage was too young": spell is not None and looked - spell[0] < YOUNGEST,
            "the mode was manual": world.mode != "automatic",
            "the standby was not able": not (world.able and world.standby_well),
            "more was lost than the RPO allows": world.lost_by(looked) > self.policy.rpo_seconds,
            "an operator was promoting": world.operator <= looked,
        }
        return "; ".join(reason for reason, holds in reasons.items() if holds)

    def _dns_leads_here(self, begun: float, promoted: float) -> float:
        """When authoritative servers begin to answer with this region, for resolvers that have nothing cached.

        As soon as the checkers or the evacuation say so. Back home, that counts while the region stands by, and the
        checkers only if they go on calling the other one down; at the latest PRIMARY is answered when its own checks
        have succeeded often enough after the promotion.
        """
        evacuated = begun + self.dice.uniform(5, 60)
        if self.here == AWAY:
            return min(self.route53.first_down_after(0.0), evacuated)
        phases = sorted(self.dice.uniform(0, CHECK_INTERVAL) for _ in range(CHECKERS))
        proven = promoted + phases[2] + CHECK_INTERVAL * (CHECK_THRESHOLD - 1)
        if not self.stands_by:
            return proven
        early = spell_at(self.route53.down, promoted)
        called_down = early[0] if early and early[1] >= proven else proven
        return min(called_down, evacuated, proven)

    def _woke(self, back: float, promoted: float, last_led: float) -> float:
        """Seconds in which the old region, back and not yet made a reader, has clients that DNS still leads there."""
        if back >= HORIZON:
            return 0.0
        fenced = back + self.world.reseed if back > promoted else min(back + 5.0, promoted + self.world.reseed)
        return max(0.0, min(fenced, last_led) - max(back, promoted))

    def _judge_what_was_not_done(self) -> None:
        """Whether a promotion was due: nothing stood in its way, and there was time enough."""
        world = self.world
        whole = [spell for spell in world.down if min(spell[1], HORIZON) - spell[0] >= LONG_ENOUGH]
        held_up = world.split or world.isolated or world.throttled or world.mode != "automatic"
        if not whole or held_up or not (world.able and world.standby_well) or world.operator < HORIZON:
            return
        begin = whole[0][0]
        # The checkers still say up for a minute: a lag from before the outage is then so much older.
        ages = [begin + 65 - point.at + point.milliseconds / 1000 for visible, point in self.points if visible <= begin]
        self.outcome.due = min(ages, default=HORIZON) <= self.policy.rpo_seconds
        self.outcome.missed = self.outcome.due and not self.outcome.promoted

    @staticmethod
    def _arn(region: str) -> str:
        return f"arn:aws:rds:{region}:222222222222:cluster:aurora-cluster-{region}"

"""Sequences that nobody thought of: whatever goes up and down in whatever order, what must not be promoted is not.

The world keeps its own books, apart from the code under test: when the active region served, what Route 53's checkers
made of it, and what the standby had. A promotion is held against those.
"""

import dataclasses

from ansible.module_utils.payments_dr.decision import Action, decide
from ansible.module_utils.payments_dr.observation import Lag, Probe, last_known_lag
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.module_utils.observed import NOW, POLICY, REGIONS, handover, standing_by

#: Route 53: 10 s x 6, from the first look to the sixth.
CHECKERS_SECONDS = 50.0
#: Within its own region Aurora replaces a dead writer in less.
YOUNGEST = 60.0
STANDBY = Probe(NOW, False, "standby", 0.1, 503)
CERTIFICATE = Probe(NOW, False, "certificate has expired")
GOOD = {
    "mode": "automatic",
    "target": "able",
    "own_probe": "standby",
    "synchronization": "connected",
    "handover": None,
    "metrics": "published",
    "behind": 0.1,
    "dns": True,
}
BAD = {
    "mode": ["manual", ""],
    "target": ["headless", "another version", "upgrading", "unknown"],
    "own_probe": ["certificate", "unknown"],
    "synchronization": ["pending-resync"],
    "handover": ["here"],
    "metrics": ["late", "missing"],
    "behind": [299.0, 400.0],
    "dns": [False],
}


class World(RuleBasedStateMachine):
    """One active region, its standby, and the function that looks from there."""

    @initialize(here=st.sampled_from(REGIONS))
    def begin(self, here):
        self.here, self.now, self.facts = here, NOW, dict(GOOD)
        self.serves, self.path = True, True
        self.changed_at = {True: NOW - 1000, False: NOW - 2000}  # when it last began to serve, and to fail
        self.checkers = "up"
        self.probes, self.lags = (), []
        self.paid_until = self.replicated_until = NOW
        self.decision, self.promoted = None, 0
        self.measured_until = NOW - 1000

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds):
        """Nobody looks meanwhile."""
        for _ in range(seconds):
            self.tick()

    @rule(seconds=st.sampled_from([30, 66, 130]), pace=st.sampled_from([2, 5, 9]))
    def looks_at_a_pace(self, seconds, pace):
        for second in range(seconds):
            self.tick()
            if second % pace == 0:
                self.look(0.2)

    @rule(took=st.floats(0, 6))
    def look(self, took):
        answered = self.serves and self.path
        began = self.now
        self.now += took
        self.follow()
        self.probes += (
            Probe(began, answered, "ok" if answered else "timed out", took, 200 if answered else None, self.beacon),
        )
        self.decision = decide(self.seen(), POLICY)
        if self.decision.action == Action.PROMOTE:
            self.hold_against_the_books()
            self.promoted += 1
            self.facts["mode"] = "manual"  # as the function puts it

    @rule(data=st.data(), before=st.integers(0, 80), after=st.integers(5, 40), took=st.sampled_from([0.2, 4.0]))
    def an_outage_with_one_thing_in_the_way(self, data, before, after, took):
        """Where every other guard holds, the one that should refuse is alone."""
        self.facts, self.path = dict(GOOD), True
        if not self.serves:
            self.the_region_fails_or_comes_back()
        self.time_passes(200)
        self.look(took)
        twist = data.draw(st.sampled_from(["path", *sorted(BAD)]))
        if twist == "path":
            self.path = False
        else:
            self.facts[twist] = data.draw(st.sampled_from(BAD[twist]))
        self.look_often(before, took)
        self.the_region_fails_or_comes_back()
        self.look_often(after, took)

    def look_often(self, times, took):
        for _ in range(times):
            self.time_passes(5)
            self.look(took)

    @rule()
    def the_region_fails_or_comes_back(self):
        self.serves = not self.serves
        self.changed_at[self.serves] = self.now

    @rule(path=st.booleans())
    def the_way_between_the_regions_changes(self, path):
        self.path = path

    @rule(data=st.data())
    def something_gets_in_the_way(self, data):
        name = data.draw(st.sampled_from(sorted(BAD)))
        self.facts[name] = data.draw(st.sampled_from(BAD[name]))

    @rule(name=st.sampled_from(sorted(GOOD)))
    def something_is_mended(self, name):
        self.facts[name] = GOOD[name]

    @precondition(lambda self: self.decision and self.decision.action != Action.PROMOTE)
    @rule()
    def a_real_outage_with_all_well_is_always_promoted(self):
        """The other half: a function that never promotes keeps every promise but the one that it is there for."""
        self.facts, self.path = dict(GOOD), True
        if not self.serves:
            self.the_region_fails_or_comes_back()
        for _ in range(300):
            self.tick()
        self.look(0.5)
        self.the_region_fails_or_comes_back()
        for second in range(140):
            self.tick()
            if second % 5 == 0:
                self.look(0.5)
                if self.decision.action == Action.PROMOTE:
                    return
        raise AssertionError(f"never promoted: {self.decision.reason}")

    @invariant()
    def every_decision_says_why(self):
        if getattr(self, "decision", None):
            assert self.decision.reason
            assert self.decision.action != Action.REFUSE or any(not guard.holds for guard in self.decision.guards)

    def tick(self):
        self.now += 1.0
        self.follow()

    @property
    def beacon(self):
        return self.checkers if self.facts["dns"] else "unknown"

    def follow(self):
        """Route 53's checkers, payments, replication, and CloudWatch's metric of it: once a minute."""
        if self.now - self.changed_at[self.serves] >= CHECKERS_SECONDS:
            self.checkers = "up" if self.serves else "down"
        if self.serves and self.checkers == "up":
            self.paid_until = self.now
        if self.serves and self.path:
            self.replicated_until = max(self.replicated_until, self.now - self.facts["behind"])
            if self.facts["metrics"] != "missing" and self.now - self.measured_until >= 60:
                self.lags.append(Lag((self.now - self.replicated_until) * 1000, self.now))
                self.measured_until = self.now

    def seen(self):
        target = standing_by(self.here).target
        targets = {
            "able": target,
            "headless": dataclasses.replace(target, available_instances=0),
            "another version": dataclasses.replace(target, engine_version="17.6"),
            "upgrading": dataclasses.replace(target, status="upgrading"),
            "unknown": None,
        }
        delay = 240 if self.facts["metrics"] == "late" else 60
        return standing_by(
            self.here,
            now=self.now,
            mode=self.facts["mode"],
            probes=self.probes,
            checkers=self.beacon,
            own_probe={"standby": STANDBY, "certificate": CERTIFICATE, "unknown": None}[self.facts["own_probe"]],
            target=targets[self.facts["target"]],
            lag=last_known_lag([point for point in self.lags if self.now - point.at >= delay], self.probes),
            handover=handover(self.here) if self.facts["handover"] else None,
            synchronization=self.facts["synchronization"],
        )

    def hold_against_the_books(self):
        wrong = [
            name
            for name in ("mode", "target", "own_probe", "synchronization", "handover", "dns")
            if self.facts[name] != GOOD[name]
        ]
        assert not wrong, f"promoted although {wrong}"
        assert self.checkers == "down", "promoted what the world reaches"
        good = [probe.end for probe in self.probes if probe.ok]
        assert self.now - max(good, default=0) >= POLICY.detection_seconds, "promoted within the window"
        if self.serves:
            # Unseen from here: the way is broken, or it came back since the last look; the checkers follow in a minute.
            assert self.now - self.changed_at[True] < CHECKERS_SECONDS
        assert self.probes[-1].at - self.paid_until > YOUNGEST - 1, "promoted during a failover within the region"
        looks = [probe for probe in self.probes if probe.end > self.now - POLICY.detection_seconds]
        assert len(looks) >= POLICY.detection_seconds / POLICY.longest_gap_seconds - 1, "promoted after too few looks"
        lost = self.paid_until - self.replicated_until
        assert lost <= POLICY.rpo_seconds, f"lost {lost} s of payments"
        assert lost <= self.decision.loss_seconds + 1, "promised to lose less"


TestWorld = World.TestCase
TestWorld.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)

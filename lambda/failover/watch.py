"""One run of the function: observe and decide until there is nothing more to see now, act once, tell people.

A standby that has found all well goes on looking at the active region for most of the minute, so that an outage is seen
within seconds and not at the schedule's next event.

What one run knows the next one may use, as long as Lambda keeps the execution environment: the probes, so that a window
need not begin anew, what people were told, so that they are not told the same every minute, and what SNS did not take.
"""

from __future__ import annotations

from collections.abc import Callable

from payments_dr import topology as deployed
from payments_dr.alerts import publish
from payments_dr.calls import BRISK, AwsFailure, Clients, describing
from payments_dr.decision import Action, Decision, decide
from payments_dr.handover import Outcome
from payments_dr.observation import Observation, Probe
from payments_dr.observe import glance, observe
from payments_dr.topology import Topology
from payments_dr.waiters import Clock

from . import messages
from .journal import Journal
from .messages import Message
from .recovery import RESERVE, Recovery, Steps
from .settings import Settings

#: Seconds for which probes are kept.
MEMORY = 900.0
#: Warnings are told when so many runs in a row had one: a minute's trouble is none.
PATIENT_RUNS = 5
STUCK = "stuck"
#: What people were told when the function refused to promote; the names of guards come to it.
OUTAGE = "outage"
REFUSED = frozenset({"refused", OUTAGE})
GOING_ON = (Action.PROBE, Action.FOLLOW)
WELL = (Action.STAY, Action.REOPEN)


class Watch:
    """Lives as long as the execution environment; `run` is one invocation."""

    def __init__(self, settings: Settings, clients: Clients, clock: Clock, journal: Journal) -> None:
        self._settings, self._clients, self._clock, self._journal = settings, clients, clock, journal
        self._topology: Topology | None = None
        self._probes: tuple[Probe, ...] = ()
        self._told: frozenset[str] = frozenset()
        self._untold: list[Message] = []
        self._warned_runs = 0

    def run(self, left: Callable[[], float]) -> Decision:
        """`left` says how many seconds this run still has. Raises AwsFailure or TopologyError, knowing nothing."""
        topology = self._read_topology()
        seen, decision = self._evaluate(topology, left)
        if decision.action is Action.PROMOTE:
            self._promote(topology, seen, decision, left)
        elif decision.action is Action.REOPEN:
            self._reopen(topology, seen, decision, left)
        elif seen.active == seen.here and not seen.handover:
            # A switchover from a console, or a run that died: whoever moved the writer left this undone.
            Recovery(self._clients, topology, seen.here, self._clock, left, Steps(self._journal)).confirm()
        self._deliver(topology)
        self._tell_what_is_new(topology, seen, decision)
        return decision

    def _evaluate(self, topology: Topology, left: Callable[[], float]) -> tuple[Observation, Decision]:
        """Looks again, in the policy's pace, for as long as there may be something new to see."""
        calm_ends = self._clock.monotonic() + self._settings.policy.calm_seconds
        while True:
            began = self._clock.monotonic()
            seen = observe(
                self._clients, topology, self._settings.here, self._settings.reach, self._clock, self._probes
            )
            self._remember(seen.probes)
            decision = decide(seen, self._settings.policy)
            self._journal.decided(seen, decision)
            if decision.action is Action.STAY:
                self._told -= REFUSED  # whatever comes now, in this run or a later one, is news
            if decision.action in GOING_ON:
                again = self._next_look(began, self._settings.policy.probe_interval_seconds, left)
            else:
                calm = decision.action is Action.STAY and seen.active == seen.peer
                again = calm and self._is_troubled(topology, began, calm_ends, left)
            if not again:
                return seen, decision

    def _is_troubled(self, topology: Topology, began: float, ends: float, left: Callable[[], float]) -> bool:
        """Whether the active region failed a look before the calm `ends`. Nothing is decided, and no AWS is asked."""
        interval, here = self._settings.policy.calm_interval_seconds, self._settings.here
        while began + interval <= ends and self._next_look(began, interval, left):
            began = self._clock.monotonic()
            looked = glance(topology, topology.peer(here).region, self._settings.reach, self._clock)
            self._remember((*self._probes, looked))
            if not looked.ok:
                return True
        return False

    def _next_look(self, began: float, interval: float, left: Callable[[], float]) -> bool:
        """Waits until an interval after the last look `began`; False, and no waiting, when the run is to end before."""
        if left() < interval + RESERVE:
            return False
        if (pause := interval - (self._clock.monotonic() - began)) > 0:
            self._clock.sleep(pause)
        return True

    def _remember(self, probes: tuple[Probe, ...]) -> None:
        """Keeps what may still matter: nothing from before the newest answer that was good."""
        young = [probe for probe in probes if self._clock.now() - probe.at <= MEMORY]
        newest_good = max((number for number, probe in enumerate(young) if probe.ok), default=0)
        self._probes = tuple(young[newest_good:])

    def _promote(self, topology: Topology, seen: Observation, decision: Decision, left: Callable[[], float]) -> None:
        steps = Steps(self._journal)
        recovery = Recovery(self._clients, topology, seen.here, self._clock, left, steps)
        try:
            put = recovery.disarm(decision.reason)
            begun = recovery.begin(put)
            if begun.outcome is Outcome.BEGUN:
                self._tell(topology, messages.promoting(topology, seen, decision, steps.done))
                recovery.disarm_peer(put)
            recovery.finish(ours=begun.outcome is Outcome.BEGUN)
        except AwsFailure as failure:
            steps.done.append(f"NOT DONE: {failure.message}")
            self._journal.failed(f"promote {seen.here}", failure.message)
            if STUCK not in self._told and self._publish(
                topology, messages.stuck(topology, seen, decision, steps.done)
            ):
                self._told |= {STUCK}
            return
        self._tell(topology, messages.promoted(topology, seen, decision, steps.done))

    def _reopen(self, topology: Topology, seen: Observation, decision: Decision, left: Callable[[], float]) -> None:
        steps = Steps(self._journal)
        if Recovery(self._clients, topology, seen.here, self._clock, left, steps).reopen():
            self._tell(topology, messages.reopened(topology, seen, decision, steps.done))

    def _tell_what_is_new(self, topology: Topology, seen: Observation, decision: Decision) -> None:
        """A refusal at once, warnings when they stay; again when something new is in the way, or after all was well."""
        self._warned_runs = self._warned_runs + 1 if decision.warnings else 0
        what: frozenset[str] = frozenset()
        if decision.action is Action.REFUSE:
            # An outage is news, though the same guard was in the way of a region that served.
            outage = REFUSED if seen.silence else REFUSED - {OUTAGE}
            what = outage | {guard.name for guard in decision.failed}
        elif self._warned_runs >= PATIENT_RUNS:
            what = frozenset({"warned", *(guard.name for guard in decision.failed)})
        if what - self._told:
            tell = messages.refused if decision.action is Action.REFUSE else messages.warned
            if not self._publish(topology, tell(topology, seen, decision)):
                return  # nobody was told: the next run tries again
        self._told = what if decision.action in WELL else self._told | what

    def _tell(self, topology: Topology, message: Message) -> None:
        """Of what happens once: now, or by a later run, in its order."""
        self._untold.append(message)
        self._deliver(topology)

    def _deliver(self, topology: Topology) -> None:
        while self._untold and self._publish(topology, self._untold[0]):
            del self._untold[0]

    def _publish(self, topology: Topology, message: Message) -> bool:
        """Whether people were told."""
        topic = topology.places[self._settings.here].alerts_topic_arn
        try:
            publish(self._clients, topic, message.subject, message.text)
        except AwsFailure as failure:
            self._journal.failed(f"tell people: {message.subject}", failure.message)
            return False
        return True

    def _read_topology(self) -> Topology:
        """The published document; while it cannot be read, the one that was read last."""
        name, here = self._settings.topology_parameter, self._settings.here
        try:
            ssm = self._clients("ssm", here, BRISK)
            with describing(f"read the topology {name}", here):
                text = ssm.get_parameter(Name=name)["Parameter"]["Value"]
            self._topology = Topology.parse(text)
        except (AwsFailure, deployed.TopologyError) as failure:
            if self._topology is None:
                raise
            self._journal.failed("read the topology", str(failure))
        return self._topology

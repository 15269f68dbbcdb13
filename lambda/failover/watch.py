"""One run of the function: observe and decide until there is nothing more to see now, act once, tell people.

What one run knows the next one may use, as long as Lambda keeps the execution environment: the probes, so that a window
need not begin anew, and what people were told, so that they are not told the same every minute.
"""

from __future__ import annotations

from collections.abc import Callable

from payments_dr import topology as deployed
from payments_dr.alerts import publish
from payments_dr.calls import BRISK, AwsFailure, Clients, describing
from payments_dr.decision import Action, Decision, decide
from payments_dr.handover import Outcome
from payments_dr.observation import Observation, Probe
from payments_dr.observe import observe
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
GOING_ON = (Action.PROBE, Action.FOLLOW)


class Watch:
    """Lives as long as the execution environment; `run` is one invocation."""

    def __init__(self, settings: Settings, clients: Clients, clock: Clock, journal: Journal) -> None:
        self._settings, self._clients, self._clock, self._journal = settings, clients, clock, journal
        self._topology: Topology | None = None
        self._probes: tuple[Probe, ...] = ()
        self._told: frozenset[str] = frozenset()
        self._warned_runs = 0

    def run(self, left: Callable[[], float]) -> Decision:
        """`left` says how many seconds this run still has. Raises AwsFailure or TopologyError, knowing nothing."""
        topology = self._read_topology()
        seen, decision = self._evaluate(topology, left)
        if decision.action is Action.PROMOTE:
            self._promote(topology, seen, decision, left)
        elif decision.action is Action.REOPEN:
            self._reopen(topology, seen, decision, left)
        self._tell_what_is_new(topology, seen, decision)
        return decision

    def _evaluate(self, topology: Topology, left: Callable[[], float]) -> tuple[Observation, Decision]:
        """Looks again, in the policy's pace, for as long as the decision is to look again."""
        interval = self._settings.policy.probe_interval_seconds
        while True:
            began = self._clock.monotonic()
            seen = observe(
                self._clients, topology, self._settings.here, self._settings.reach, self._clock, self._probes
            )
            self._probes = tuple(probe for probe in seen.probes if seen.now - probe.at <= MEMORY)
            decision = decide(seen, self._settings.policy)
            self._journal.decided(seen, decision)
            if decision.action not in GOING_ON or left() < interval + RESERVE:
                return seen, decision
            self._clock.sleep(max(0.0, interval - (self._clock.monotonic() - began)))

    def _promote(self, topology: Topology, seen: Observation, decision: Decision, left: Callable[[], float]) -> None:
        steps = Steps(self._journal)
        recovery = Recovery(self._clients, topology, seen.here, self._clock, left, steps)
        try:
            begun = recovery.begin()
            if begun.outcome is Outcome.BEGUN:
                self._publish(topology, messages.promoting(topology, seen, decision, steps.done))
                recovery.disarm(decision.reason)
            recovery.finish()
        except AwsFailure as failure:
            steps.done.append(f"NOT DONE: {failure.message}")
            self._journal.failed(f"promote {seen.here}", failure.message)
            if STUCK not in self._told:
                self._publish(topology, messages.stuck(topology, seen, decision, steps.done))
            self._told |= {STUCK}
            return
        self._publish(topology, messages.promoted(topology, seen, decision, steps.done))

    def _reopen(self, topology: Topology, seen: Observation, decision: Decision, left: Callable[[], float]) -> None:
        steps = Steps(self._journal)
        if Recovery(self._clients, topology, seen.here, self._clock, left, steps).reopen():
            self._publish(topology, messages.reopened(topology, seen, decision, steps.done))

    def _tell_what_is_new(self, topology: Topology, seen: Observation, decision: Decision) -> None:
        """A refusal at once, warnings when they stay; again when something new is in the way, or after all was well."""
        self._warned_runs = self._warned_runs + 1 if decision.warnings else 0
        what: frozenset[str] = frozenset()
        if decision.action is Action.REFUSE:
            what = frozenset({"refused", *(guard.name for guard in decision.failed)})
        elif self._warned_runs >= PATIENT_RUNS:
            what = frozenset({"warned", *(guard.name for guard in decision.failed)})
        if what - self._told:
            tell = messages.refused if "refused" in what else messages.warned
            self._publish(topology, tell(topology, seen, decision))
        self._told = what if decision.action is Action.STAY else self._told | what

    def _publish(self, topology: Topology, message: Message) -> None:
        topic = topology.places[self._settings.here].alerts_topic_arn
        try:
            publish(self._clients, topic, message.subject, message.text)
        except AwsFailure as failure:
            self._journal.failed(f"tell people: {message.subject}", failure.message)

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

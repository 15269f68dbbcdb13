"""What people are told by e-mail: what happened, what is known, what is not, and what to type next. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from payments_dr.decision import Decision
from payments_dr.observation import Observation
from payments_dr.topology import Topology


@dataclass(frozen=True)
class Message:
    subject: str
    text: str


def promoting(topology: Topology, seen: Observation, decision: Decision, steps: Iterable[str]) -> Message:
    """We have asked Aurora to promote this region."""
    return _message(
        topology,
        f"FAILING OVER to {seen.here}",
        decision,
        seen,
        steps,
        f"Nothing to do now: {seen.here} is being promoted. Watch it with:",
        "status",
    )


def promoted(topology: Topology, seen: Observation, decision: Decision, steps: Iterable[str]) -> Message:
    """It is over."""
    after = (
        f"The mode is manual. When {seen.peer} is well again, go home with failback.yml. Before that, and best now, "
        "put into the database what only the journal has:"
    )
    return _message(topology, f"FAILED OVER to {seen.here}", decision, seen, steps, after, "reconcile")


def stuck(topology: Topology, seen: Observation, decision: Decision, steps: Iterable[str]) -> Message:
    """The failover was decided, and did not come to its end."""
    after = f"{seen.here} does not hold the writer yet. If status.yml says the same, go on by hand:"
    return _message(topology, f"FAILOVER to {seen.here} NOT FINISHED", decision, seen, steps, after, "failover")


def refused(topology: Topology, seen: Observation, decision: Decision) -> Message:
    """A person has to decide."""
    after = "Nothing was done, and nothing will be done by itself. Decide; to fail over all the same:"
    return _message(
        topology, f"NO FAILOVER to {seen.here}: a person has to decide", decision, seen, (), after, "failover"
    )


def warned(topology: Topology, seen: Observation, decision: Decision) -> Message:
    """Payments are taken, but something would stand in the way of a recovery."""
    active = seen.active or "nobody known"
    return _message(topology, f"WARNING: {active} is active, see why", decision, seen, (), "Look closer:", "verify")


def reopened(topology: Topology, seen: Observation, decision: Decision, steps: Iterable[str]) -> Message:
    """The old active region is a standby now."""
    after = f"To make {seen.peer} active again: reconcile.yml, if nobody has run it yet, then failback.yml. Look now:"
    return _message(topology, f"{seen.peer} follows again", decision, seen, steps, after, "status")


def _message(
    topology: Topology,
    subject: str,
    decision: Decision,
    seen: Observation,
    steps: Iterable[str],
    after: str,
    playbook: str,
) -> Message:
    environment = f"{topology.environment}-{topology.environment_suffix}"
    unseen = [f"{subject}: {reason}" for subject, reason in seen.errors.items()]
    lines = [
        f"{decision.reason}.",
        "",
        *_listed("What was done:", steps),
        *_listed("What is odd:", decision.warnings),
        *_listed("What was looked at:", [_guard(guard) for guard in decision.guards]),
        *_listed("What is not known:", unseen),
        after,
        f"  ansible-playbook playbooks/{playbook}.yml -i inventories/{topology.environment}",
    ]
    return Message(f"[{environment}] {subject}", "\n".join(lines))


def _guard(guard) -> str:
    return f"{'ok ' if guard.holds else 'NOT'} {guard.name}: {guard.seen} (expected: {guard.expected})"


def _listed(title: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return [title, *(f"  {line}" for line in found), ""] if found else []

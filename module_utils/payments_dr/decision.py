"""Whether to promote a standby: an observation and a policy in, an action and its reason out. Pure.

The failover function asks decide(), the playbooks ask decide_by_hand(); both look at the same guards. A promotion may
lose payments and cannot be taken back, so whatever is not known counts against it, with a person as the way out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from . import guards as conditions
from .guards import Guard, loss_seconds, silent_seconds
from .observation import Checkers, Handover, Observation, Probe
from .policy import Policy

__all__ = ["Action", "Decision", "Guard", "Policy", "State", "decide", "decide_by_hand"]

#: What Aurora itself refuses, or what would promote another cluster than was asked for: no person can waive these.
NEVER_WAIVED = frozenset({"standby", "target-instance"})


class Action(StrEnum):
    """STAY: nothing to do. PROBE: look again soon. PROMOTE. FOLLOW: somebody promotes, wait for the same outcome.
    REFUSE: only a person can go on. REOPEN: the old active region follows again, clear its evacuation and fence."""

    STAY = "stay"
    PROBE = "probe"
    PROMOTE = "promote"
    FOLLOW = "follow"
    REFUSE = "refuse"
    REOPEN = "reopen"


class State(StrEnum):
    """What a person asks for: a failover may lose the replication lag, a switchover loses nothing."""

    FAILED_OVER = "failed_over"
    SWITCHED_OVER = "switched_over"


@dataclasses.dataclass(frozen=True)
class Decision:
    """What to do, and why in one sentence. `warnings` are sentences about what would stand in the way of a recovery, or
    is odd, although nothing is to be done now. `loss_seconds` is the most that a promotion would lose, None if unknown.
    """

    action: Action
    reason: str
    guards: tuple[Guard, ...] = ()
    warnings: tuple[str, ...] = ()
    loss_seconds: float | None = None

    @property
    def failed(self) -> tuple[Guard, ...]:
        """The guards that do not hold."""
        return tuple(guard for guard in self.guards if not guard.holds)

    def as_log(self) -> dict[str, Any]:
        """As JSON can have it."""
        return {**dataclasses.asdict(self), "action": str(self.action)}


def decide(seen: Observation, policy: Policy) -> Decision:
    """What the failover function that runs in `seen.here` does now."""
    if seen.active == seen.here:
        return _as_active(seen)
    if seen.handover:
        return Decision(Action.FOLLOW, _under_way(seen.handover))
    newest = _newest(seen)
    if newest is None:
        turned_away = any(probe.busy for probe in seen.probes)
        reason = f"{seen.peer} turns every probe away (429): somebody is there"
        return (
            Decision(Action.STAY, reason) if turned_away else Decision(Action.PROBE, f"{seen.peer} was not probed yet")
        )
    if newest.ok:
        return _while_served(seen, policy)
    return _while_silent(seen, policy, newest)


def decide_by_hand(seen: Observation, policy: Policy, state: str, override: Iterable[str] = ()) -> Decision:
    """What a playbook does whose operator wants `seen.here` to be the active region.

    `state` is failed_over or switched_over. `override` names the guards that the operator waives: they are still
    shown, and do not refuse. The mode is not asked, nor is the whole detection window: a person has looked.
    Raises ValueError for a guard that does not exist or may not be waived.
    """
    asked = State(state)
    found = _failover_guards(seen, policy) if asked == State.FAILED_OVER else _switchover_guards(seen, policy)
    waived = _waived(override, found)
    loss = loss_seconds(seen) if asked == State.FAILED_OVER else 0.0
    if seen.active == seen.here:
        return Decision(Action.STAY, f"{seen.here} is active already")
    if seen.handover and seen.handover.target_region == seen.here:
        return Decision(Action.FOLLOW, _under_way(seen.handover), tuple(found))
    if seen.handover:
        return Decision(Action.REFUSE, f"{_under_way(seen.handover)}: wait until it has ended", tuple(found))
    failed = [guard for guard in found if not guard.holds and guard.name not in waived]
    if failed:
        return Decision(Action.REFUSE, f"{seen.here} is not promoted: {_in_words(failed)}", tuple(found), (), loss)
    ignored = [guard for guard in found if not guard.holds]
    reason = f"{seen.here} is promoted, {_at_what_price(loss)}"
    if ignored:
        reason += f"; waived: {_in_words(ignored)}"
    return Decision(Action.PROMOTE, reason, tuple(found), (), loss)


def _as_active(seen: Observation) -> Decision:
    """This region holds the writer: nothing is promoted from here, but the peer may have come back as a standby."""
    if seen.handover:
        return Decision(Action.STAY, f"{seen.here} is active; {_under_way(seen.handover)}")
    reason = f"{seen.here} is active"
    if seen.switch_on or seen.fenced:
        found = _rejoined(seen)
        if all(guard.holds for guard in found):
            return Decision(Action.REOPEN, f"{seen.peer} follows again: its evacuation and fence are cleared", found)
        waiting = _in_words(guard for guard in found if not guard.holds)
        return Decision(Action.STAY, f"{reason}, {seen.peer} stays closed: {waiting}", found)
    newest = _newest(seen)
    if newest is None or newest.standby:
        return Decision(Action.STAY, reason)
    return Decision(Action.STAY, reason, (), (f"{seen.peer} does not answer as a well standby: {newest.detail}",))


def _rejoined(seen: Observation) -> tuple[Guard, ...]:
    """Aurora's word that the peer is a reader again, and the world's that it does not claim to accept payments."""
    down = seen.checkers == Checkers.DOWN
    newest = _newest(seen)
    claims = newest is not None and newest.ok
    return (
        conditions.connected_guard(seen, seen.peer),
        Guard("checkers", down, f"{seen.peer} is no writer to Route 53's checkers", f"they call it {seen.checkers}"),
        Guard(
            "silence",
            newest is not None and not claims,
            f"{seen.peer} does not claim to accept payments",
            newest.detail if newest else "it was not probed",
        ),
    )


def _while_served(seen: Observation, policy: Policy) -> Decision:
    """The newest probe was answered well: nobody promotes, but what would stand in the way is told beforehand."""
    able = [conditions.standby_guard(seen), *conditions.able(seen, policy), conditions.mode_guard(seen)]
    warnings = [f"{seen.here} could not take over: {_in_words([guard])}" for guard in able if not guard.holds]
    if seen.checkers == Checkers.DOWN:
        warnings.append(f"Route 53's checkers call {seen.peer} down, though it answers {seen.here}")
    if seen.switch_on:
        reason = (
            f"{seen.peer} is active and serves, but it is evacuated: finish the failover to {seen.here}, or take the "
            "evacuation back"
        )
        return Decision(Action.REFUSE, reason, tuple(able), tuple(warnings))
    return Decision(Action.STAY, f"{seen.peer} serves", tuple(able), tuple(warnings), loss_seconds(seen))


def _while_silent(seen: Observation, policy: Policy, newest: Probe) -> Decision:
    """The peer does not answer: wait for the window's end, then all of the guards have to hold."""
    lasted, loss = silent_seconds(seen, policy), loss_seconds(seen)
    window = conditions.silence_guard(seen, policy)
    if not window.holds:
        left = policy.detection_seconds - lasted
        reason = (
            f"{seen.peer} has not served for {lasted:.0f} s ({newest.detail}); nothing is done for {left:.0f} s more"
        )
        return Decision(Action.PROBE, reason, (window,), (), loss)
    found = _automatic_guards(seen, policy, window)
    failed = [guard for guard in found if not guard.holds]
    since = f"{seen.peer} has not served for {lasted:.0f} s"
    if not failed:
        reason = f"{since}, and Route 53's checkers agree: {seen.here} is promoted, {_at_what_price(loss)}"
        return Decision(Action.PROMOTE, reason, found, (), loss)
    # That the checkers settle takes seconds, however long ago our own patience ended.
    settling = [guard.name for guard in failed] == ["checkers-settled"]
    patient = settling or lasted < policy.detection_seconds + policy.agreement_seconds
    if patient and not any(guard.known for guard in failed):
        return Decision(Action.PROBE, f"{since}, but wait: {_in_words(failed)}", found, (), loss)
    return Decision(Action.REFUSE, f"{since}, but {seen.here} is not promoted: {_in_words(failed)}", found, (), loss)


def _automatic_guards(seen: Observation, policy: Policy, window: Guard) -> tuple[Guard, ...]:
    return (
        window,
        conditions.checkers_guard(seen),
        conditions.settled_guard(seen, policy),
        conditions.epoch_guard(seen, policy),
        conditions.standby_guard(seen),
        *conditions.able(seen, policy),
        conditions.mode_guard(seen),
    )


def _failover_guards(seen: Observation, policy: Policy) -> list[Guard]:
    """As the function's, but one failed probe will do."""
    return [
        _answer_guard(seen, "silence", f"{seen.peer} does not serve", ok=False),
        conditions.checkers_guard(seen),
        conditions.standby_guard(seen),
        *conditions.able(seen, policy),
    ]


def _switchover_guards(seen: Observation, policy: Policy) -> list[Guard]:
    """Both regions have to be well, and the standby really connected: Aurora waits until it has everything."""
    serves = _answer_guard(seen, "serves", f"{seen.peer} serves; a dead region needs a failover", ok=True)
    connected = conditions.connected_guard(seen, seen.here)
    others = [guard for guard in conditions.able(seen, policy) if guard.name != "synchronization"]
    return [serves, conditions.standby_guard(seen), connected, *others]


def _answer_guard(seen: Observation, name: str, expected: str, ok: bool) -> Guard:
    """What the peer's newest answer has to be."""
    newest = _newest(seen)
    told = newest.detail if newest else seen.errors.get("probes", f"{seen.peer} was not probed")
    holds = newest is not None and newest.ok == ok
    return Guard(name, holds, expected, f"its last answer: {told}", known=newest is not None)


def _waived(override: Iterable[str], found: list[Guard]) -> frozenset[str]:
    """The names of the guards that a person waives. Raises ValueError."""
    names = frozenset(override)
    known = {guard.name for guard in found} - NEVER_WAIVED
    # The rpo is not judged while the lag is unknown; it may be waived beforehand all the same.
    if unknown := sorted(names - known - {"rpo"}):
        raise ValueError(
            f"override: {', '.join(unknown)} may not be waived: expected some of {', '.join(sorted(known))}"
        )
    return names


def _newest(seen: Observation) -> Probe | None:
    """The newest probe that told something. A region that a recovery has fenced may turn everybody away for that alone:
    else nobody could take up an interrupted failover, or reopen the region."""
    told = (probe for probe in seen.probes if seen.fenced or not probe.busy)
    return max(told, key=lambda probe: probe.at, default=None)


def _under_way(handover: Handover) -> str:
    return f"a {handover.kind} to {handover.target_region} is under way ({handover.status})"


def _at_what_price(loss: float | None) -> str:
    return "losing an unknown part" if loss is None else f"losing at most {loss:.0f} s of payments"


def _in_words(failed: Iterable[Guard]) -> str:
    """What does not hold, in one sentence."""
    return "; ".join(f"{guard.name}: {guard.seen} (expected: {guard.expected})" for guard in failed)

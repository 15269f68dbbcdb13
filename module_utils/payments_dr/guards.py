"""What must hold before a standby is promoted: each condition says in words what is expected and what is seen. Pure."""

from __future__ import annotations

import dataclasses
import itertools

from .mode import AUTOMATIC
from .objectives import worst_loss_seconds
from .observation import Checkers, Observation, Probe
from .policy import Policy

AVAILABLE, CONNECTED, PENDING_RESYNC = "available", "connected", "pending-resync"


@dataclasses.dataclass(frozen=True)
class Guard:
    """One condition. `expected` and `seen` are sentences that name the resource.

    `known` is false when it could not be seen, or not yet: it does not hold, but looking again may help.
    """

    name: str
    holds: bool
    expected: str
    seen: str
    known: bool = True


def unbroken(observation: Observation, policy: Policy) -> tuple[Probe, ...]:
    """The newest probes that failed without a gap in which nobody looked, up to now; oldest first.

    A clock that jumps looks like a gap, and so begins the window anew.
    """
    found: list[Probe] = []
    later = observation.now
    for probe in reversed(observation.silence):
        if later - probe.end > policy.longest_gap_seconds or probe.at > later:
            break
        found.append(probe)
        later = probe.at
    return tuple(reversed(found))


def silent_seconds(observation: Observation, policy: Policy) -> float:
    """How long the peer has certainly not served: from the end of the first failed probe to the begin of the last.

    The first may have begun before the outage and the last may end after it, so neither's own duration counts.
    """
    failed = unbroken(observation, policy)
    return max(0.0, failed[-1].at - failed[0].end) if failed else 0.0


def loss_seconds(observation: Observation) -> float | None:
    """The most that a failover now would lose, in seconds of payments; None when the lag is not known."""
    lag = observation.lag
    return None if lag is None else worst_loss_seconds(lag.milliseconds, lag.at, observation.outage_at)


def silence_guard(seen: Observation, policy: Policy) -> Guard:
    """The whole detection window, as the standby's own probes saw it."""
    failed = unbroken(seen, policy)
    lasted = silent_seconds(seen, policy)
    expected = f"{seen.peer} answers no probe for {policy.detection_seconds:g} s"
    last = f", the last: {failed[-1].detail}" if failed else ""
    sentence = f"{len(failed)} probes in a row failed over {lasted:.0f} s{last}"
    return Guard("silence", lasted >= policy.detection_seconds, expected, sentence, known=bool(failed))


def checkers_guard(seen: Observation) -> Guard:
    """Route 53 looks from many places of the world: what it reaches, clients reach."""
    expected = f"Route 53's checkers call {seen.peer} down"
    if seen.checkers == Checkers.UNKNOWN:
        return Guard("checkers", False, expected, _unseen(seen, "checkers", "their answer is not known"), known=False)
    sentence = f"Route 53's checkers call {seen.peer} {seen.checkers}"
    # They need a minute themselves, and begin later than the outage: their "up" may still become "down".
    return Guard("checkers", seen.checkers == Checkers.DOWN, expected, sentence, known=seen.checkers == Checkers.DOWN)


def settled_guard(seen: Observation, policy: Policy) -> Guard:
    """The checkers have said so for a while, too: then the outage is a minute old, whatever our own probes saw."""
    expected = f"they have called it down for {policy.settling_seconds:g} s"
    agreed = [probe.at for probe in _since_up(seen) if probe.checkers == Checkers.DOWN]
    lasted = agreed[-1] - agreed[0] if agreed else 0.0
    holds = bool(agreed) and lasted >= policy.settling_seconds
    return Guard("checkers-settled", holds, expected, f"they have for {lasted:.0f} s", known=holds)


def epoch_guard(seen: Observation, policy: Policy) -> Guard:
    """A writer that only its epoch keeps out is alive; its own function gives it one within a minute or two."""
    since = seen.now - policy.detection_seconds
    said = any(probe.kept_out for probe in seen.silence if probe.at >= since)
    expected = f"{seen.peer} has not said within {policy.detection_seconds:g} s that only its epoch keeps it out"
    sentence = "it is alive, and has not been named to take payments" if said else "it has not"
    return Guard("epoch", not said, expected, sentence, known=not said)


def _since_up(seen: Observation) -> tuple[Probe, ...]:
    """The failed looks since the checkers last called the peer up, oldest first."""
    newest_first = reversed(seen.silence)
    return tuple(itertools.takewhile(lambda probe: probe.checkers != Checkers.UP, newest_first))[::-1]


def standby_guard(seen: Observation) -> Guard:
    expected = f"{seen.here} is the standby, {seen.peer} holds the writer"
    if not seen.active:
        sentence = _unseen(seen, "global_cluster", "nobody can say which region holds the writer")
        return Guard("standby", False, expected, sentence, known=False)
    sentence = f"{seen.standby or 'no region'} is the standby, {seen.active} holds the writer"
    return Guard("standby", (seen.active, seen.standby) == (seen.peer, seen.here), expected, sentence)


def target_guards(seen: Observation) -> list[Guard]:
    """The cluster that would be promoted: available, not headless, of the writer's engine version."""
    target = seen.target
    expected = [
        f"the cluster of {seen.here} is {AVAILABLE}",
        f"the cluster of {seen.here} has an available instance",
        f"the cluster of {seen.here} runs the writer's engine version",
    ]
    names = ["target-available", "target-instance", "engine-version"]
    if target is None or target.region != seen.here:
        sentence = _unseen(seen, "target", f"the cluster of {seen.here} is not known")
        return [Guard(name, False, text, sentence, known=False) for name, text in zip(names, expected, strict=True)]
    versions = (target.engine_version, seen.active_engine_version)
    known = all(versions)
    shown = f"it runs {versions[0] or 'an unknown version'}, the writer {versions[1] or 'an unknown version'}"
    return [
        Guard(names[0], target.status == AVAILABLE, expected[0], f"it is {target.status or 'in an unknown state'}"),
        Guard(names[1], target.available_instances > 0, expected[1], f"it has {target.available_instances}"),
        Guard(names[2], known and versions[0] == versions[1], expected[2], shown, known=known),
    ]


def synchronization_guard(seen: Observation) -> Guard:
    """Only pending-resync forbids: a cluster that is being copied anew has a part of the data.

    connected is not demanded: nobody documents what Aurora says of a standby whose writer is dark.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_GlobalClusterMember.html
    """
    expected = f"the cluster of {seen.here} is not being copied anew ({PENDING_RESYNC})"
    sentence = f"Aurora calls it {seen.synchronization}" if seen.synchronization else "Aurora says nothing of it"
    return Guard("synchronization", seen.synchronization != PENDING_RESYNC, expected, sentence)


def connected_guard(seen: Observation, region: str) -> Guard:
    """The region's cluster follows, and has nothing to catch up with: the standby's, whichever region that is."""
    expected = f"the cluster of {region} is {CONNECTED}"
    state = seen.synchronization or seen.errors.get("synchronization", "in an unknown state")
    return Guard("synchronization", seen.synchronization == CONNECTED, expected, f"it is {state}")


def loss_guards(seen: Observation, policy: Policy) -> list[Guard]:
    """The lag before the outage is known, and with it the most that could be lost."""
    known_for = f"the replication lag was measured at most {policy.lag_age_seconds:g} s before the outage"
    within = f"a failover loses at most {policy.rpo_seconds:g} s of payments"
    loss = loss_seconds(seen)
    if seen.lag is None or loss is None:
        sentence = _unseen(seen, "lag", "CloudWatch has no AuroraGlobalDBRPOLag from before the outage")
        return [Guard("lag-known", False, known_for, sentence, known=False)]
    age = max(0.0, seen.outage_at - seen.lag.at)
    measured = f"a lag of {seen.lag.milliseconds / 1000:.1f} s was measured {age:.0f} s before"
    return [
        Guard("lag-known", age <= policy.lag_age_seconds, known_for, measured),
        Guard("rpo", loss <= policy.rpo_seconds, within, f"up to {loss:.0f} s could be lost: {measured}"),
    ]


def own_api_guard(seen: Observation) -> Guard:
    """Promoting helps nobody if the API there cannot serve: its certificate, its secret, its function are asked too."""
    expected = f"the API of {seen.here} answers that it is a well standby"
    probe = seen.own_probe
    if probe is None:
        sentence = _unseen(seen, "own_probe", f"the API of {seen.here} was not asked")
        return Guard("own-api", False, expected, sentence, known=False)
    # Turned away by the gateway's limit: the traffic that DNS has brought already stands at the door.
    well = probe.standby or probe.busy
    return Guard("own-api", well, expected, f"it says: {probe.detail}", known=well)


def mode_guard(seen: Observation) -> Guard:
    expected = f"the mode in {seen.here} is {AUTOMATIC}"
    sentence = f"the mode is {seen.mode}" if seen.mode else _unseen(seen, "mode", "the mode is not known")
    return Guard("mode", seen.mode == AUTOMATIC, expected, sentence, known=bool(seen.mode))


def able(seen: Observation, policy: Policy) -> list[Guard]:
    """What must hold of the standby, whether or not there is an outage."""
    return [*target_guards(seen), synchronization_guard(seen), *loss_guards(seen, policy), own_api_guard(seen)]


def _unseen(seen: Observation, subject: str, otherwise: str) -> str:
    """Why something could not be seen, as whoever looked wrote it down."""
    return seen.errors.get(subject, otherwise)

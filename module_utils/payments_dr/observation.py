"""What was seen of both regions at one moment, as plain values: all that a decision may know. Pure.

Every time is in seconds since the epoch (UTC), every duration in seconds unless its name says otherwise. What could not
be seen is None or "", never a guess, and no decision counts it as good; `Observation.errors` says why.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import operator
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from .epoch import Epoch

#: HTTP 429: the gateway limits the pace. It says nothing about what stands behind it, neither good nor bad.
BUSY = 429
#: What /health says, with 503, of a region whose database is well and takes no writes.
STANDBY = "standby"
#: What it says, with 503, of a region whose database is well and takes writes, while its epoch is the other region's.
FENCED = "fenced"


class Checkers(StrEnum):
    """What Route 53's checkers think of the peer, as its beacon says. UNKNOWN when no server answered, or they
    differ."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True)
class Probe:
    """One look at a region's own address, GET /health.

    `at` is when it began and `seconds` how long it took; `ok` is that this region said 200, so that a payment could be
    accepted there. `status` is None when there was no answer; `detail` is what was seen, in words: the problem's code
    for an answer ("standby"), the reason for none. `checkers` is what Route 53's checkers thought at the same time.
    """

    at: float
    ok: bool
    detail: str
    seconds: float = 0.0
    status: int | None = None
    checkers: str = Checkers.UNKNOWN

    @property
    def busy(self) -> bool:
        """Whether the look told nothing, since the gateway turned it away."""
        return self.status == BUSY

    @property
    def standby(self) -> bool:
        """Whether the region said that it is well, and a standby."""
        return self.detail == STANDBY and self.status is not None

    @property
    def kept_out(self) -> bool:
        """Whether the region said that it is well, and that the other one was named to take the payments."""
        return self.detail == FENCED and self.status is not None

    @property
    def end(self) -> float:
        return self.at + self.seconds


@dataclasses.dataclass(frozen=True)
class Target:
    """The cluster that would be promoted, as its own region describes it."""

    region: str
    cluster_arn: str
    status: str
    available_instances: int
    engine_version: str


@dataclasses.dataclass(frozen=True)
class Handover:
    """A failover or switchover under way: FailoverState of the global cluster.

    `kind` is failover or switchover; `status` is pending, failing-over, switching-over or cancelling.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_FailoverState.html
    """

    kind: str
    status: str
    origin_arn: str
    target_arn: str
    data_loss_allowed: bool

    @property
    def target_region(self) -> str:
        return region_of(self.target_arn)


@dataclasses.dataclass(frozen=True)
class Lag:
    """One data point of AuroraGlobalDBRPOLag of the standby's cluster."""

    milliseconds: float
    at: float


@dataclasses.dataclass(frozen=True)
class Observation:
    """Both regions as seen from `here`, the region that would be promoted or already is active; `peer` is the other.

    active, standby    who holds the writer and who follows, as `here` describes the global cluster; "" when nobody can
                       say, or when the region's cluster is no member
    mode               automatic or manual, of the parameter in `here`
    probes             of the peer's own address, oldest first: one run's, or more when memory kept them
    checkers           what the peer's beacon says, read just now
    own_checkers       what the beacon of `here` says
    own_probe          one look at the own address of `here`: a standby that is well answers 503 "standby"
    target             the cluster of `here`
    active_engine_version  of the global cluster, since the active region cannot be asked when it is dark
    lag                the last known before the outage: last_known_lag()
    handover           a failover or switchover under way
    synchronization    SynchronizationStatus of the standby's member: connected, pending-resync or ""
    switch_on          whether the switch in `here` sends the traffic away from the peer
    fenced             whether a record in `here` says that the peer's function was fenced by a recovery
    epoch              of the table in `here`: who may acknowledge payments, and whether the journal was replayed
    errors             what could not be seen, and why: the field's name (or global_cluster) to a sentence
    """

    now: float
    here: str
    peer: str
    active: str = ""
    standby: str = ""
    mode: str = ""
    probes: tuple[Probe, ...] = ()
    checkers: str = Checkers.UNKNOWN
    own_checkers: str = Checkers.UNKNOWN
    own_probe: Probe | None = None
    target: Target | None = None
    active_engine_version: str = ""
    lag: Lag | None = None
    handover: Handover | None = None
    synchronization: str = ""
    switch_on: bool | None = None
    fenced: bool | None = None
    epoch: Epoch | None = None
    errors: dict[str, str] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def silence(self) -> tuple[Probe, ...]:
        """The newest probes that all failed: silence()."""
        return silence(self.probes, bool(self.fenced))

    @functools.cached_property
    def outage_at(self) -> float:
        """When the peer stopped to serve, at the latest; now while it serves."""
        return _stopped(self.silence, self.now)

    def as_log(self) -> dict[str, Any]:
        """As JSON can have it: every field by its name, times as ISO 8601."""
        seen = dataclasses.asdict(self)
        seen["now"] = iso(self.now)
        seen["probes"] = [_timed(probe) for probe in seen["probes"]]
        seen["own_probe"] = seen["own_probe"] and _timed(seen["own_probe"])
        seen["lag"] = seen["lag"] and _timed(seen["lag"])
        return seen


def silence(probes: Iterable[Probe], fenced: bool = False) -> tuple[Probe, ...]:
    """The newest probes that all failed, oldest first; none when the newest found the region well.

    Those that told nothing are left out: a crowd before a dead region must not hide it, nor make a live one dead. A
    region that a recovery has fenced has failed if it turns everybody away.
    """
    failed: list[Probe] = []
    for probe in sorted(probes, key=operator.attrgetter("at"), reverse=True):
        if probe.ok:
            break
        if fenced or not probe.busy:
            failed.append(probe)
    return tuple(reversed(failed))


def last_known_lag(points: Iterable[Lag], probes: Iterable[Probe]) -> Lag | None:
    """The newest data point that is not younger than the outage, or simply the newest while there is none.

    A lag that is measured while the active region is dark says nothing, or grows with the outage itself.
    """
    stopped = _stopped(silence(probes), float("inf"))
    return max((point for point in points if point.at <= stopped), key=lambda point: point.at, default=None)


def _stopped(failed: tuple[Probe, ...], otherwise: float) -> float:
    """When a region whose newest probes failed stopped to serve, at the latest.

    Probes that fail are no proof: behind a broken way between the regions it may have served the world, and taken
    payments that were not replicated. So it is the last look at which the checkers did not call it down yet.
    """
    served = (probe.at for probe in reversed(failed) if probe.checkers != Checkers.DOWN)
    return next(served, failed[0].at if failed else otherwise)


def region_of(arn: str) -> str:
    """The region in an ARN; "" when it has none."""
    return next(iter(arn.split(":")[3:4]), "")


def iso(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds")


def _timed(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "at": iso(entry["at"])}

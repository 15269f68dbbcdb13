"""What to do next for one cluster, from what the API wants and what is on the disk. Pure: no clock, no file, no server.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping

Key = tuple[str, str]  # region, cluster identifier


class Step(enum.Enum):
    """One thing that brings a cluster nearer to what is wanted; each can be repeated after an interruption."""

    CREATE = "create an empty database"
    SEED = "copy the writer's volume and follow it"
    START = "start"
    STOP = "stop after the clients' last transactions are flushed and sent"
    FENCE = "stop at once"
    PROMOTE = "promote to writer"
    REJOIN = "follow the new writer on the same volume"
    FOLLOW = "follow the writer where it is"
    CUT = "follow nobody: what is written does not get here"
    REMOVE = "remove"
    COMPLETE = "make the target the writer in the API"
    CANCEL = "give the switchover up"


@dataclasses.dataclass(frozen=True)
class Wanted:
    """One cluster as the API describes it."""

    key: Key
    identity: str  # DbClusterResourceId: another one is another cluster, even under the same name
    user: str
    database: str | None
    source: Key | None = None  # the writer to follow; None for a writer
    instances: int = 0
    endpoint: str = ""
    hosts: tuple[str, ...] = ()  # every name that leads to the cluster
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Found:
    """One server as it is on the disk."""

    identity: str
    port: int
    complete: bool  # False while it is being made, and after that was interrupted
    running: bool
    standby: bool
    source: str | None = None  # identity of the cluster whose volume was copied
    follows: int | None = None  # port of the writer that it is told to follow
    handed_to: str | None = None  # identity of the cluster that took over everything, in a switchover

    @property
    def is_writer(self) -> bool:
        """Whether a standby can be made from it, and follow it."""
        return self.complete and self.running and not self.standby


@dataclasses.dataclass(frozen=True)
class Handover:
    """A switchover (planned) or failover under way; the API's roles change when it is complete."""

    origin: Key
    target: Key
    lossy: bool  # FailoverGlobalCluster with AllowDataLoss
    due: bool  # the time that AWS needs for a promotion has passed
    caught_up: bool = False  # the target has everything that the stopped origin had
    overdue: bool = False  # it took longer than anybody waits
    fenceable: bool = True  # the target's region reaches the origin's storage


@dataclasses.dataclass(frozen=True)
class Reach:
    """What an outage leaves of a cluster."""

    alive: bool = True  # its server may run
    managed: bool = True  # RDS gets at it: to fence, to promote, to copy a volume
    linked: bool = True  # what its source writes gets to it


UNHINDERED = Reach()


def next_step(
    wanted: Wanted | None,
    found: Found | None,
    source: Found | None = None,
    handover: Handover | None = None,
    reach: Reach = UNHINDERED,
) -> Step | None:
    """Return the next step of a cluster, or None where all is well or there is something to wait for.

    `source` is the server of the cluster that `wanted.source` names; `handover` one that this cluster takes part in.
    """
    if found and (wanted is None or found.identity != wanted.identity or not found.complete):
        return Step.REMOVE
    if wanted is None:
        return None
    if not reach.alive:
        return Step.FENCE if found and found.running else None
    if not reach.managed:
        return _leave_alone(wanted, found, handover, reach)
    if found is None:
        return _make(wanted, source if reach.linked else None)
    if handover and wanted.key == handover.origin:
        return _leave(found, handover)
    if handover and wanted.key == handover.target:
        return _take_over(found, handover)
    return _write(wanted, found) if wanted.source is None else _follow(found, source, reach)


def _leave_alone(wanted: Wanted, found: Found | None, handover: Handover | None, reach: Reach) -> Step | None:
    """Where RDS cannot get at a cluster its server lives on as it is, a writer too that is one no more."""
    if handover and handover.overdue and wanted.key == handover.target and not (found and found.is_writer):
        return Step.CANCEL  # but never after its promotion: what writes has to be called the writer
    if found is None or handover:
        return None
    if not found.running:
        return Step.START if found.standby or wanted.source is None and wanted.instances else None
    return Step.CUT if found.standby and found.follows and not reach.linked else None


def _make(wanted: Wanted, source: Found | None) -> Step | None:
    """A cluster gets its server with its first instance."""
    if not wanted.instances:
        return None
    if wanted.source is None:
        return Step.CREATE
    return Step.SEED if source and source.is_writer else None


def _leave(found: Found, handover: Handover) -> Step | None:
    """The old writer goes before the new one comes: cleanly in a switchover, at once in a failover."""
    if not found.running or (handover.lossy and not handover.fenceable):
        return None
    return Step.FENCE if handover.lossy else Step.STOP


def _take_over(found: Found, handover: Handover) -> Step | None:
    if not found.running:
        return Step.START
    if not found.standby:
        return Step.COMPLETE
    if handover.due and (handover.lossy or handover.caught_up):
        return Step.PROMOTE
    return Step.CANCEL if handover.overdue and not handover.lossy else None


def _write(wanted: Wanted, found: Found) -> Step | None:
    """A writer, or a cluster on its own. Without an instance the volume stays, and nobody reaches it."""
    if not wanted.instances:
        return Step.STOP if found.running else None
    if not found.running:
        return Step.START
    return Step.PROMOTE if found.standby else None


def _follow(found: Found, source: Found | None, reach: Reach) -> Step | None:
    """A secondary, headless or not: its volume is kept in step with the writer's."""
    if source is None:
        return None
    if found.standby and found.source == source.identity:
        if not found.running:
            return Step.START
        if not reach.linked:
            return Step.CUT if found.follows else None
        return Step.FOLLOW if found.follows != source.port else None
    if found.running:
        return Step.FENCE  # it was a writer, and is one no more: it must not take another write
    if not source.is_writer or not reach.linked:
        return None
    return Step.REJOIN if found.handed_to == source.identity else Step.SEED

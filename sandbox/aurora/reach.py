"""What outages leave of a cluster: whether its server may run, and whether RDS and replication get at it. Pure."""

from __future__ import annotations

from sandbox.aurora.plan import Found, Key, Reach, Wanted
from sandbox.aurora.wanted import Transfer
from sandbox.clock import Clock
from sandbox.outages import Kind, Outages

# How long RDS takes to notice that a region is there again, and to take an old writer's volume away from it. AWS gives
# no figure; long enough here for a writer that is one no more to be caught taking a payment.
REJOIN_SECONDS = 30
SHORTEST_REJOIN_SECONDS = 2


def out_of_reach(region: str, outages: Outages) -> bool:
    """Whether RDS can do nothing to the servers of a region."""
    return outages.has(region, Kind.DARK, Kind.HANG, Kind.DATABASE_FROZEN)


def fenceable(transfer: Transfer, outages: Outages) -> bool:
    """Whether a failover can block the origin's writes: not where the region, or the server, does not answer."""
    origin, target = transfer.origin[0], transfer.target[0]
    return not out_of_reach(origin, outages) and outages.between(target, origin) is None


class Reaches:
    """Remembers since when each old writer is in reach again."""

    def __init__(self, clock: Clock) -> None:
        """Measure on `clock`."""
        self.moment = max(clock.interval(REJOIN_SECONDS), SHORTEST_REJOIN_SECONDS)
        self._away: dict[Key, float] = {}  # when it was last out of reach

    def of(self, want: Wanted, found: Found | None, outages: Outages, now: float, rises: bool = False) -> Reach:
        """Return what is left of a cluster at `now` (seconds of any clock); `rises`: it is being made the writer.

        A writer that is one no more, after a failover that could not fence it, is left alone a moment longer.
        """
        region = want.key[0]
        writer = want.source[0] if want.source else None
        deposed = bool(found and found.running and not found.standby and writer) and not rises
        unheard = deposed and outages.between(writer, region) is not None  # of the new writer
        away = out_of_reach(region, outages) or unheard
        if away:
            self._away[want.key] = now
        lingers = deposed and now - self._away.get(want.key, now - self.moment) < self.moment
        return Reach(
            alive=not outages.has(region, Kind.DATABASE_KILLED),
            managed=not (away or lingers),
            linked=writer is None or outages.replicates(writer, region),
        )

"""A world for the simulation: when the active region serves and whom it reaches, as the clock of one episode has it.

Seconds count from the beginning of the episode. A spell is a half-open interval, and a condition is a tuple of them.
Who is really down, which no decision can know, stands here alone.
"""

from __future__ import annotations

import bisect
import dataclasses
import random

from module_utils.payments_dr.observation import Checkers, Lag

Spells = tuple[tuple[float, float], ...]

#: Route 53: 16 checkers stand for those of its regions, each on its own phase of 10 s; 6 results in a row change its
#: mind, and an endpoint is healthy while more than 18 % say so:
#: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
CHECKERS, CHECK_INTERVAL, CHECK_THRESHOLD, HEALTHY_SHARE = 16, 10.0, 6, 0.18
TTL = 60.0
#: An episode's seconds.
HORIZON = 900.0
#: CloudWatch's metric of the lag: one point a minute, stamped with the minute's beginning.
METRIC_PERIOD = 60.0


def spell_at(spells: Spells, moment: float) -> tuple[float, float] | None:
    for begin, end in spells:
        if begin <= moment < end:
            return begin, end
    return None


def within(spells: Spells, moment: float) -> bool:
    return spell_at(spells, moment) is not None


def seconds_outside(spells: Spells, others: Spells) -> float:
    """How much of `spells` is in none of `others`, which do not overlap, up to the end of the episode."""
    found = 0.0
    for begin, end in spells:
        end = min(end, HORIZON)
        inside = sum(max(0.0, min(end, stop) - max(begin, start)) for start, stop in others)
        found += max(0.0, end - begin - inside)
    return found


@dataclasses.dataclass(frozen=True)
class World:
    """What happens in one episode.

    down        the active region accepts no payment from anybody
    gray        it fails for a share of the places (`places`) and for a share of the requests (`requests`)
    split       the standby does not reach it, and nothing is replicated
    isolated    the standby does not reach the DNS servers
    throttled   the standby's own APIs throttle the function
    behind      seconds of replication lag while it works; `broken_since` is when it stopped to, if it did
    delay       seconds until a data point of the lag can be read; none is published in `unmeasured`
    promotion   seconds that Aurora takes; `reseed` how long the old region, back from the dark, is still a writer
    operator    when a person promotes by hand, if one does
    """

    kind: str
    home_active: bool
    down: Spells = ()
    gray: Spells = ()
    places: float = 0.0
    requests: float = 0.0
    split: Spells = ()
    isolated: Spells = ()
    throttled: Spells = ()
    behind: float = 0.3
    broken_since: float = float("inf")
    delay: float = 60.0
    unmeasured: Spells = ()
    promotion: float = 60.0
    reseed: float = 10.0
    hang: float = 0.2
    mode: str = "automatic"
    able: bool = True
    standby_well: bool = True
    operator: float = float("inf")
    seed: int = 0

    def replicated_until(self, moment: float) -> float:
        """Up to when the standby has the payments."""
        stopped = min([self.broken_since, *(begin for begin, _ in (*self.down, *self.split))])
        return min(moment, stopped) - self.behind

    def lost_by(self, moment: float) -> float:
        """Seconds of payments that a promotion at this moment loses: those since the last replicated one."""
        spell = spell_at(self.down, moment)
        served_until = spell[0] if spell else moment
        return served_until - self.replicated_until(served_until)


def lag_points(world: World) -> list[tuple[float, Lag]]:
    """(when it can be read, the data point): the minute's highest lag."""
    points = []
    for number in range(-10, int(HORIZON / METRIC_PERIOD)):
        begin = number * METRIC_PERIOD + world.seed % METRIC_PERIOD
        end = begin + METRIC_PERIOD
        if not within(world.unmeasured, end):
            lag = end - world.replicated_until(end)
            points.append((end + world.delay, Lag(lag * 1000, begin)))
    return points


class Route53:
    """What the checkers make of the active region, for the whole episode."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self._times: list[float] = []
        self._down: list[bool] = []
        flips = sorted(flip for _ in range(CHECKERS) for flip in _one_checker(world, dice))
        well = CHECKERS
        for moment, change in flips:
            well += change
            down = well <= HEALTHY_SHARE * CHECKERS
            if down != (self._down[-1] if self._down else False):
                self._times.append(moment)
                self._down.append(down)

    def says(self, moment: float) -> Checkers:
        """What they call it."""
        index = bisect.bisect_right(self._times, moment) - 1
        return Checkers.DOWN if index >= 0 and self._down[index] else Checkers.UP

    @property
    def down(self) -> Spells:
        """The spells in which they call it down."""
        flips = zip(self._times, self._down, [*self._times, float("inf")][1:], strict=True)
        return tuple((begin, end) for begin, down, end in flips if down)

    def first_down_after(self, moment: float) -> float:
        """When DNS begins to lead elsewhere; infinity if never."""
        if self.says(moment) == Checkers.DOWN:
            return moment
        later = (at for at, down in zip(self._times, self._down, strict=True) if down and at > moment)
        return next(later, float("inf"))


def _one_checker(world: World, dice: random.Random) -> list[tuple[float, int]]:
    """The times at which this checker changes its mind: -1 for the worse, 1 for the better."""
    troubles = (*world.down, *world.gray)
    if not troubles:
        return []
    place, moment = dice.random(), dice.uniform(0, CHECK_INTERVAL)
    # Before the first trouble nothing changes.
    moment += max(0.0, (min(begin for begin, _ in troubles) // CHECK_INTERVAL - 1) * CHECK_INTERVAL)
    flips, well, against = [], True, 0
    while moment < HORIZON:
        fails = within(world.down, moment) or (
            within(world.gray, moment) and (place < world.places or dice.random() < world.requests)
        )
        against = against + 1 if fails == well else 0
        if against == CHECK_THRESHOLD:
            well, against = not well, 0
            flips.append((moment, 1 if well else -1))
        moment += CHECK_INTERVAL
    return flips

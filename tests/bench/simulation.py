"""`python -m tests.bench simulation`: outages and non-outages by the thousand over the code that decides.

Every episode is a seed and a kind: `--kind "flapping, 40 s" --seed 17` plays one again and tells what came of it.
Exits with 1 when something was promoted that must not be, when a promotion was missed, or when both regions accepted
payments.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from module_utils.payments_dr.policy import Policy

from .figures import table
from .simulation_episode import Episode, Outcome
from .simulation_kinds import KINDS, PLAIN, SLOW, roll

EPISODES = 10_000
CHUNK = 100
#: How many faults are told.
SHOWN = 20
REGIONS = ("us-east-1", "us-east-2")


#: A run that ends with its first look: the calm ends before there could be a second.
ONE_LOOK_A_MINUTE = Policy(calm_seconds=1)


class Unsafe(Exception):  # noqa: N818 - says what was found
    """What must not have happened did; a sentence for each."""


def play(number: int, first_seed: int = 0) -> Outcome:
    """The episode of this number: the kinds take turns."""
    kinds = list(KINDS)
    return Episode(roll(kinds[number % len(kinds)], first_seed + number // len(kinds)), Policy()).run()


def simulated(episodes: int, first_seed: int = 0) -> list[Outcome]:
    """All of them, on every processor; the same outcomes whatever the machine."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(functools.partial(play, first_seed=first_seed), range(episodes), chunksize=CHUNK))


def faults(outcomes: Iterable[Outcome], first_seed: int = 0) -> list[str]:
    """What must not have happened, in sentences that say how to play it again."""
    found = []
    for number, one in enumerate(outcomes):
        what = [
            one.false and f"false promotion ({one.false})",
            one.missed and "missed promotion",
            one.both and f"both regions accepted payments for {one.both:.0f} s",
        ]
        found += [f"{text}: --kind '{one.kind}' --seed {first_seed + number // len(KINDS)}" for text in what if text]
    return found


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def spread(values: list[float]) -> list[str]:
    if not values:
        return ["", "", "", ""]
    return [f"{percentile(values, share):.0f}" for share in (0.5, 0.9, 0.99, 1.0)]


def kinds_table(outcomes: list[Outcome]) -> str:
    """What came of each kind."""
    rows = []
    for kind in KINDS:
        mine = [one for one in outcomes if one.kind == kind]
        figures = [
            len(mine),
            sum(one.promoted for one in mine),
            sum(one.refused and not one.promoted for one in mine),
            sum(bool(one.false) for one in mine),
            sum(one.missed for one in mine),
        ]
        rows.append([kind, *map(str, figures), *spread([one.rto_all for one in mine if one.rto_all is not None])])
    head = [
        "kind",
        "episodes",
        "promoted",
        "person called",
        "false",
        "missed",
        "RTO of the last client p50, s",
        "p90",
        "p99",
        "max",
    ]
    return table(head, rows)


def rto_table(outcomes: list[Outcome]) -> str:
    """The distribution over all promotions, by who was lost and for whom it counts."""
    rows = []
    for active in REGIONS:
        for name, slow in (("Aurora as usual", False), ("slow promotions", True)):
            mine = [one for one in outcomes if one.active == active and (one.kind == SLOW) == slow]
            for field, whom in (("rto_first", "first client"), ("rto_all", "last client")):
                values = [value for one in mine if (value := getattr(one, field)) is not None]
                rows.append([f"{active} lost, {name}: {whom}", str(len(values)), *spread(values)])
    losses = [one.lost for one in outcomes if one.lost is not None]
    rows.append(["payments lost, in seconds of them", str(len(losses)), *spread(losses)])
    return table(["", "promotions", "p50, s", "p90", "p99", "max"], rows)


def calm_table(outcomes: list[Outcome], first_seed: int = 0) -> str:
    """What it brings that the standby goes on looking while all is well: the same outages, with and without."""
    calm = [one for one in outcomes if one.kind == PLAIN]
    once = [Episode(roll(PLAIN, first_seed + number), ONE_LOOK_A_MINUTE).run() for number in range(len(calm))]
    interval = f"every {Policy().calm_interval_seconds:g} s"
    rows = []
    for looks, played in (("once a minute", once), (interval, calm)):
        for field, whom in (("rto_first", "first client"), ("rto_all", "last client")):
            values = [value for one in played if (value := getattr(one, field)) is not None]
            rows.append([f"{looks}: {whom}", str(len(values)), *spread(values)])
    return table([f"{PLAIN}, looked at", "promotions", "p50, s", "p90", "p99", "max"], rows)


def markdown(outcomes: list[Outcome], seconds: float, first_seed: int = 0) -> str:
    """The part of docs/performance.md: what `make bench` puts between its markers."""
    evaluations = sum(one.evaluations for one in outcomes)
    false, missed = sum(bool(one.false) for one in outcomes), sum(one.missed for one in outcomes)
    both, due = sum(one.both for one in outcomes), sum(one.due for one in outcomes)
    return "\n\n".join(
        [
            f"`python -m tests.bench simulation`: {len(outcomes):,} episodes of {len(KINDS)} kinds, {evaluations:,} "
            f"decisions, in {seconds:.0f} s.",
            f"False promotions: **{false}**. Missed promotions: **{missed}** of {due:,} that were due. Both regions "
            f"accepted payments: **{both:.0f} s**.",
            rto_table(outcomes),
            calm_table(outcomes, first_seed),
            kinds_table(outcomes),
            _about_straying([one.astray for one in outcomes if one.astray]),
            _about_waking([one.woke for one in outcomes if one.woke]),
        ]
    )


def _about_straying(astray: list[float]) -> str:
    """The price of DNS that follows the checkers before anything is promoted."""
    if not astray:
        return "No client was led away from a region that served."
    return (
        f"In {len(astray)} episodes nothing was promoted, and the checkers were slow to see that the active region "
        f"served again: for {percentile(astray, 0.5):.0f} s (p50), {max(astray):.0f} s at most, DNS led to a standby."
    )


def _about_waking(woke: list[float]) -> str:
    """What the epoch is for, with its size."""
    if not woke:
        return "No old region that came back had a client left."
    return (
        f"In {len(woke)} episodes the old region came back after the promotion and before its clients' DNS answers had "
        "expired, and Aurora had not yet made it a reader: its database would have taken payments for "
        f"{percentile(woke, 0.5):.0f} s (p50), {max(woke):.0f} s at most. It acknowledges none of them: the promotion "
        "began an epoch before it asked Aurora, and the journal of the new region refuses the old one's payments since "
        "then ([0016](decisions/0016-a-copy-in-the-other-region-before-the-acknowledgement.md)). The simulation has no "
        "payments; `python -m tests.bench losses` counts them."
    )


def measure(episodes: int = EPISODES, first_seed: int = 0) -> str:
    """The part of docs/performance.md. Raises Unsafe."""
    started = time.monotonic()
    outcomes = simulated(episodes, first_seed)
    figures = markdown(outcomes, time.monotonic() - started, first_seed)
    if wrong := faults(outcomes, first_seed):
        raise Unsafe("\n".join([figures, *wrong[:SHOWN]]))
    return figures


def replayed(kind: str, seed: int) -> str:
    """One episode in words: its world, then its outcome."""
    world = roll(kind, seed)
    return f"{world}\n{Episode(world, Policy()).run()}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.simulation", description=__doc__)
    parser.add_argument("--episodes", type=int, default=EPISODES)
    parser.add_argument("--kind", choices=list(KINDS), help="play one episode of this kind again")
    parser.add_argument("--seed", type=int, default=0, help="the first seed, or the one of --kind")
    options = parser.parse_args(arguments)
    try:
        print(replayed(options.kind, options.seed) if options.kind else measure(options.episodes, options.seed))
    except Unsafe as found:
        print(found, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

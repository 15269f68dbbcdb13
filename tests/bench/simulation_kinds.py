"""The outages and non-outages that are simulated: each kind rolls its dice for one episode."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from .simulation_world import HORIZON, Spells, World

Roll = Callable[[random.Random], dict[str, Any]]
#: Episodes that have no end in sight.
FOR_GOOD = HORIZON * 10
PLAIN, SLOW = "dark", "dark, slow promotion"


def begin(dice: random.Random) -> float:
    return dice.uniform(60, 180)


def lasting(dice: random.Random, least: float, most: float) -> Spells:
    start = begin(dice)
    return ((start, start + dice.uniform(least, most)),)


def dark(dice: random.Random) -> dict[str, Any]:
    """Refused, hanging, answering with errors or too late: to whoever looks it differs in how long a look takes."""
    return {"down": lasting(dice, 240, FOR_GOOD), "hang": dice.choice([0.05, 0.3, 2.0, 6.0])}


def comes_back(dice: random.Random) -> dict[str, Any]:
    return dark(dice) | {"down": lasting(dice, 60, 400)}


def flapping(dice: random.Random) -> dict[str, Any]:
    """Down for 20 to 55 s, up for 5 to 60 s, and so on."""
    moment, spells = begin(dice), []
    while moment < HORIZON:
        end = moment + dice.uniform(20, 55)
        spells.append((moment, end))
        moment = end + dice.uniform(5, 60)
    return {"down": tuple(spells)}


def every_40_s(dice: random.Random) -> dict[str, Any]:
    start = begin(dice)
    return {"down": tuple((start + 80 * turn, start + 80 * turn + 40) for turn in range(10))}


def gray_places(dice: random.Random) -> dict[str, Any]:
    """It fails for some of the world, the standby among them or not; the others pay."""
    spells = lasting(dice, 60, 600)
    return {"gray": spells, "places": dice.uniform(0.05, 0.5), "split": spells if dice.random() < 0.5 else ()}


def split_then_dark(dice: random.Random) -> dict[str, Any]:
    """For minutes only the standby cannot reach it, and payments are not replicated; then it dies."""
    start = begin(dice)
    dies = start + dice.uniform(10, 500)
    return {"split": ((start, FOR_GOOD),), "down": ((dies, FOR_GOOD),)}


def broken_then_dark(dice: random.Random) -> dict[str, Any]:
    """Replication stops without a word from the metric, or with one; then the region dies."""
    found = dark(dice)
    dies = found["down"][0][0]
    broken = dies - dice.uniform(10, 600)
    silent = ((broken, FOR_GOOD),) if dice.random() < 0.5 else ()
    return found | {"broken_since": broken, "unmeasured": silent}


def throttled(dice: random.Random) -> dict[str, Any]:
    found = dark(dice)
    dies = found["down"][0][0]
    start = dies + dice.uniform(-30, 60)
    return found | {"throttled": ((start, start + dice.uniform(20, 240)),)}


KINDS: dict[str, Roll] = {
    "all is well": lambda dice: {},
    "blip": lambda dice: {"down": lasting(dice, 1, 30)},
    "failover within the region": lambda dice: {"down": lasting(dice, 20, 59)},
    "flapping, 40 s": every_40_s,
    "flapping at random": flapping,
    "split: only the standby cannot reach it": lambda dice: {"split": lasting(dice, 30, 600)},
    "standby cut off from the world": lambda dice: dict.fromkeys(("split", "isolated"), lasting(dice, 30, 600)),
    "gray: some places fail": gray_places,
    "gray: some requests fail": lambda dice: {"gray": lasting(dice, 60, 600), "requests": dice.uniform(0.1, 0.5)},
    "dark, mode manual": lambda dice: dark(dice) | {"mode": "manual"},
    "dark, standby not able": lambda dice: dark(dice) | {"able": False},
    "dark, standby's API ill": lambda dice: dark(dice) | {"standby_well": False},
    "dark, lag over the RPO": lambda dice: dark(dice) | {"behind": dice.uniform(301, 2000)},
    "dark, replication broken before": broken_then_dark,
    "split, then dark": split_then_dark,
    PLAIN: dark,
    "dark, comes back as it was": comes_back,
    "dark, metrics late": lambda dice: dark(dice) | {"delay": dice.uniform(60, 400)},
    "dark, metrics missing": lambda dice: dark(dice) | {"unmeasured": ((-FOR_GOOD, FOR_GOOD),)},
    "dark, standby throttled": throttled,
    SLOW: lambda dice: dark(dice) | {"promotion": dice.uniform(120, 420)},
    "dark, an operator at the same time": lambda dice: (
        (found := dark(dice)) | {"operator": found["down"][0][0] + dice.uniform(20, 200)}
    ),
}


def roll(kind: str, seed: int) -> World:
    """The world of one episode; the same for the same kind and seed, whatever else is simulated."""
    dice = random.Random(f"{kind} {seed}")
    usual: dict[str, Any] = {
        "home_active": dice.random() < 0.5,
        "behind": min(20.0, dice.lognormvariate(-1, 1)),
        "delay": dice.uniform(60, 120),
        "promotion": dice.lognormvariate(4.1, 0.25),
        "reseed": dice.uniform(2, 30),
        "seed": seed,
    }
    return World(kind=kind, **usual | KINDS[kind](dice))

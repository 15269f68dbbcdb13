"""Every outage that must end well, in both directions: who serves, what is lost and doubled, what people are told.

One walk over the shared deployment, in a hurry: after a failover the next row goes the other way. A row that finds
another region active than it needs switches over first, so that each can be run alone.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from module_utils.payments_dr.mode import AUTOMATIC

from .hurried import hurried
from .looking import DR, PRIMARY
from .outage_stage import Stage
from .outages_calm import CALM
from .outages_refused import refused
from .outages_served import KINDS, by_hand, taken_over
from .recovering import REPORTS, as_it_was
from .two_regions import Site


@dataclasses.dataclass(frozen=True)
class Row:
    """One outage of `origin`, the active region; `run` has the rest of its arguments."""

    name: str
    origin: str
    run: Callable[..., None]
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.origin} active, {self.name}"


@pytest.fixture(scope="module")
def stage(deployment, sandbox, playbook):
    made = Stage(Site(sandbox), playbook)
    # Certificates, instances and parameters are other ones in the end: the tests that follow want what was deployed.
    with as_it_was(sandbox), hurried(sandbox):
        made.site.begin_in(PRIMARY)
        yield made
        REPORTS.mkdir(parents=True, exist_ok=True)
        (REPORTS / "outages.json").write_text(json.dumps(made.measured, indent=2) + "\n")


def calm(origin: str) -> list[Row]:
    return [Row(run.__name__.replace("_", " "), origin, run) for run in CALM]


def there_and_back(kind: str) -> list[Row]:
    return [Row(kind, origin, taken_over, (kind,)) for origin in (PRIMARY, DR)]


# A dark and a hanging us-east-1 in mode manual are in test_recovery.py.
BY_HAND = [kind for kind in KINDS if kind not in ("dark", "hang")]
WALK = [
    *calm(PRIMARY),
    Row("dark", PRIMARY, taken_over, ("dark",)),
    *calm(DR),
    Row("dark", DR, taken_over, ("dark",)),
    *(row for kind in KINDS if kind != "dark" for row in there_and_back(kind)),
    *(
        Row(f"{kind}, by hand", origin, by_hand, (kind,))
        for kind, origin in zip(BY_HAND, [PRIMARY, DR] * len(BY_HAND), strict=False)
    ),
    Row("refused, then by hand", DR, refused),
    Row("refused, then by hand", PRIMARY, refused),
]


@pytest.mark.parametrize("row", WALK, ids=str)
def test_an_outage_ends_well(stage, row):
    stage.site.begin_in(row.origin)
    stage.site.set_mode(AUTOMATIC)
    row.run(stage, row.origin, *row.arguments)

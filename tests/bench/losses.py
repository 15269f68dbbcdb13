"""`python -m tests.bench losses`: outages at random moments, again and again, and what became of every payment."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.scenarios.conftest import Sandbox, exported, sandbox_command
from tests.scenarios.hurried import HURRY, hurried
from tests.scenarios.looking import PRIMARY
from tests.scenarios.recovering import as_it_was
from tests.scenarios.two_regions import Site

from . import losses_run
from .losses_figures import KINDS, Plan, Run, by_luck, figures, wrong
from .sides import BUILT, ROOT, Side, fresh
from .stopwatch import CommandFailed

FOLDER = BUILT / "losses"
REPORT = ROOT / "build/reports/losses.json"
#: Seconds: the outage begins as long after payments flow, at most; and replication stops as long before the outage.
PAUSE, LAG = 2.0, 5.0
#: Runs after which the local AWS begins anew: what it keeps in memory grows with each payment.
LEG = 10
#: Attempts at that, one after the other: on a machine that is busy with something else it may not be well in time.
BEGINNINGS = 3
#: A local AWS for some runs.
Begin = Callable[[], contextlib.AbstractContextManager[Callable[[Plan], Run]]]


class Lost(Exception):  # noqa: N818 - says what was seen
    """A payment was lost or doubled, or acknowledged where it must not be; or a run did not end, or proves nothing."""


def plans(kinds: Iterable[str], times: int, lagged: int, seed: int) -> list[Plan]:
    """For each kind `times` outages at random moments, and `lagged` whose data was not replicated for a while; in
    turns, so that whoever stops early has seen all kinds as often."""
    chance = random.Random(seed)
    return [
        Plan(kind, number, round(chance.uniform(0, PAUSE), 3), lag)
        for number in range(1, max(times, lagged) + 1)
        for lag, count in ((0.0, times), (LAG, lagged))
        if number <= count
        for kind in kinds
    ]


def measure(times: int, lagged: int, kinds: list[str], seed: int, deployed: Path | None, resume: bool = False) -> str:
    """Deploy, unless a local AWS has a deployment already, lose regions, prove. `resume`: the runs that the last report
    has and that ended are not repeated. Raises CommandFailed, Lost."""
    wanted = plans(kinds or list(KINDS), times, lagged, seed)
    before = {(one.row, one.number): one for one in reported() if resume and not one.problem}
    todo = [plan for plan in wanted if (plan.row, plan.number) not in before]
    print(f"{len(todo)} outages, about {len(todo) * 40 / 60:.0f} minutes, seed {seed}; logs in {FOLDER}", flush=True)
    others = [one for one in reported() if one.kind not in {plan.kind for plan in wanted}]
    kept = [before[plan.row, plan.number] for plan in wanted if plan not in todo]
    with _side(deployed) as (side, sandbox):
        done = walk(todo, functools.partial(leg, side, sandbox), [*others, *kept])
    shown = figures(done)
    print(shown, flush=True)
    if found := [*wrong(done), *(f"{row}: nothing was lost by replication, either" for row in by_luck(done, wanted))]:
        raise Lost("\n".join(found))
    return f"Hurried by {HURRY}, seed {seed}.\n\n{shown}"


@contextlib.contextmanager
def _side(deployed: Path | None) -> Iterator[tuple[Side, Sandbox]]:
    """Where the outages play: in `deployed`, or in a deployment from nothing."""
    if deployed:
        side = Side(FOLDER, exported(sandbox_command(deployed, "env", "--account", "management")))
        yield side, Sandbox(deployed, side.deployer, exported(sandbox_command(deployed, "env")))
        return
    with fresh(FOLDER) as side:
        side.playbook("deploy.yml for losses", "deploy")
        own = FOLDER / "sandbox"
        yield side, Sandbox(own, side.deployer, exported(sandbox_command(own, "env")))


def walk(todo: list[Plan], begin: Begin, before: Iterable[Run] = ()) -> list[Run]:
    """Every plan once, in legs: after a run that failed the local AWS begins anew, too. Answers these runs after those
    of `before`. Raises AssertionError when no local AWS begins, again and again."""
    left, done, begun = deque(todo), list(before), 0
    while left:
        size = len(left)
        try:
            with begin() as run:
                _leg(run, left, done)
        except AssertionError as failed:
            begun = 0 if len(left) < size else begun + 1
            if begun == BEGINNINGS:
                raise
            print(f"The local AWS begins anew: {failed}", flush=True)
    return done


def _leg(run: Callable[[Plan], Run], left: deque[Plan], done: list[Run]) -> None:
    for _ in range(min(LEG, len(left))):
        done.append(_tried(run, left.popleft()))
        print(done[-1].line, flush=True)
        _keep(done)
        if done[-1].problem:
            return


def _tried(run: Callable[[Plan], Run], plan: Plan) -> Run:
    """A run that did not end is counted as one, and the next ones go on."""
    began = time.monotonic()
    try:
        return run(plan)
    except (AssertionError, CommandFailed) as failed:
        return Run(plan.row, plan.number, "", plan.pause, seconds=time.monotonic() - began, problem=str(failed))


def reported() -> list[Run]:
    """The runs of the last report: a kind that is not measured again keeps its figures."""
    if not REPORT.is_file():
        return []
    return [Run(**{**one, "named": tuple(one["named"])}) for one in json.loads(REPORT.read_text())]


def _keep(done: list[Run]) -> None:
    """After each run, for whoever cannot wait for the last."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps([dataclasses.asdict(run) for run in done], indent=2) + "\n")


@contextlib.contextmanager
def leg(side: Side, sandbox: Sandbox) -> Iterator[Callable[[Plan], Run]]:
    """A local AWS in a hurry, as it was deployed, for the outages that follow one another; gone at the end."""
    reports = {name: str(FOLDER / "reports") for name in ("recovery_reports", "reconciliation_reports")}

    def playbook(label: str, name: str, *arguments: str) -> float:
        return side.playbook(label, name, "-e", json.dumps(reports), *arguments)

    with as_it_was(sandbox), hurried(sandbox):
        site = Site(sandbox)
        site.begin_in(PRIMARY)
        yield lambda plan: losses_run.run(site, playbook, plan)

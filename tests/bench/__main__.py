"""`make bench`: what the playbooks add to bare Terraform, measured in one run, into docs/performance.md."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from . import document, simulation
from .figures import (
    AIM_FROM_NOTHING,
    AIM_NOTHING_CHANGED,
    Bare,
    Comparison,
    figures_table,
    slowest_resources,
    slowest_tasks,
    table,
)
from .sides import ROOT, Side, fresh
from .stopwatch import CommandFailed

FOLDER = ROOT / "build/bench"
DOCUMENT = ROOT / "docs/performance.md"
BUSY = 0.5


@dataclass(frozen=True)
class Round:
    bare_from_nothing: Bare
    bare_unchanged: Bare
    deploy_from_nothing: float
    deploy_unchanged: float
    verify: list[float]


def measured(number: int, verify_runs: int) -> Round:
    """One round: each side from nothing, then again with nothing to change."""
    with fresh(FOLDER / f"{number}-bare") as bare:
        # Makes the bucket of the state and renders the files, which Terraform by itself cannot.
        bare.playbook("prepare", "deploy", "--tags", "plan")
        bare_from_nothing = bare.terraform("terraform from nothing,")
        bare_unchanged = bare.terraform("terraform again,")
    with fresh(FOLDER / f"{number}-deploy") as side:
        return Round(
            bare_from_nothing,
            bare_unchanged,
            side.playbook("deploy.yml from nothing", "deploy"),
            side.playbook("deploy.yml again", "deploy"),
            [side.playbook(f"verify.yml {run}", "verify") for run in range(1, verify_runs + 1)],
        )


def report(rounds: list[Round], load: float) -> str:
    comparisons = [
        Comparison(
            "`deploy.yml` from nothing",
            [one.bare_from_nothing for one in rounds],
            [one.deploy_from_nothing for one in rounds],
            AIM_FROM_NOTHING,
        ),
        Comparison(
            "`deploy.yml`, nothing changed",
            [one.bare_unchanged for one in rounds],
            [one.deploy_unchanged for one in rounds],
            AIM_NOTHING_CHANGED,
        ),
    ]
    verify = [seconds for one in rounds for seconds in one.verify]
    last = len(rounds)
    command = "make bench" if last == 1 else f"make bench ARGS='--rounds {last}'"
    shown = "one round" if last == 1 else f"{last} rounds: the median of each, with the least and the most"
    parts = [
        f"`{command}` on {document.machine()}; load before it {load:.1f}; {shown}.",
        figures_table(comparisons, verify),
        "What Terraform by itself waited for longest, from nothing:",
        two_columns("resource", slowest_resources(log_of(last, "bare", "terraform from nothing, apply"))),
        "The tasks of `deploy.yml` that took longest, from nothing:",
        two_columns("task", slowest_tasks(log_of(last, "deploy", "deploy.yml from nothing"))),
        "… and with nothing changed:",
        two_columns("task", slowest_tasks(log_of(last, "deploy", "deploy.yml again"))),
    ]
    return "\n\n".join(parts)


def log_of(number: int, side: str, label: str) -> str:
    return Side(FOLDER / f"{number}-{side}", {}).log(label).read_text(errors="replace")


def two_columns(head: str, rows: list[tuple[str, float]]) -> str:
    return table([head, "seconds"], [[name, f"{seconds:g}"] for name, seconds in rows])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=1, help="how often everything is measured (about ten minutes each)"
    )
    parser.add_argument("--verify-runs", type=int, default=5, help="how often verify.yml is measured in a round")
    parser.add_argument("--output", type=Path, default=DOCUMENT, help="the document with the two markers")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"The machine is busy (load {load:.1f}): the figures will be too high.", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    rounds = []
    try:
        for number in range(1, options.rounds + 1):
            print(f"round {number} of {options.rounds}, about ten minutes; logs in {FOLDER}", flush=True)
            rounds.append(measured(number, options.verify_runs))
    except CommandFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    figures = report(rounds, load)
    print(f"\n{figures}\n")
    document.write(options.output, figures)
    print(f"Written to {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(simulation.main(sys.argv[2:]) if sys.argv[1:2] == ["simulation"] else main())

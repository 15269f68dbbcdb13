"""What the playbooks add to bare Terraform, and how long a verification takes."""

from __future__ import annotations

from dataclasses import dataclass

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
from .sides import BUILT, Side, fresh

FOLDER = BUILT / "deployment"


@dataclass(frozen=True)
class Round:
    bare_from_nothing: Bare
    bare_unchanged: Bare
    deploy_from_nothing: float
    deploy_unchanged: float
    verify: list[float]


def one_round(number: int, verify_runs: int) -> Round:
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


def measure(rounds: int, verify_runs: int) -> str:
    """Measure that often, about ten minutes each, and say what was seen; raises CommandFailed."""
    measured = []
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}, about ten minutes; logs in {FOLDER}", flush=True)
        measured.append(one_round(number, verify_runs))
    return report(measured)


def report(rounds: list[Round]) -> str:
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
    shown = "One round." if last == 1 else f"{last} rounds: the median of each, with the least and the most."
    parts = [
        shown,
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

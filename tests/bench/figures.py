"""What was measured, the arithmetic on it, and how it is shown. Pure; every time is in seconds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

AIM_FROM_NOTHING = 20
AIM_NOTHING_CHANGED = 10
AIM_VERIFY = 10
# Terraform's own words: https://developer.hashicorp.com/terraform/cli/commands/apply
CREATED = re.compile(r"^(?P<address>\S.*?): Creation complete after (?:(?P<minutes>\d+)m)?(?P<seconds>\d+)s")
# The recap of the callback ansible.posix.profile_tasks.
TASK_TIME = re.compile(r"^(?P<task>\S.*?) -{2,} (?P<seconds>\d+\.\d+)s$")


@dataclass(frozen=True)
class Bare:
    """Terraform by itself."""

    init: float
    plan: float
    apply: float

    @property
    def total(self) -> float:
        return self.init + self.plan + self.apply


@dataclass(frozen=True)
class Comparison:
    """What deploy.yml took against what Terraform by itself took, in a round each."""

    name: str
    bare: list[Bare]
    deploy: list[float]
    aim: float

    @property
    def bare_seconds(self) -> float:
        return median(one.total for one in self.bare)

    @property
    def deploy_seconds(self) -> float:
        return median(self.deploy)

    @property
    def added(self) -> list[float]:
        """What deploy.yml added, round by round: what disturbs the machine disturbs both halves of a round."""
        return [deploy - bare.total for deploy, bare in zip(self.deploy, self.bare, strict=True)]

    @property
    def met(self) -> bool:
        return median(self.added) < self.aim

    @property
    def ratio(self) -> float:
        return self.deploy_seconds / self.bare_seconds


def spread(values: list[float]) -> str:
    """The median, and where there are several also the least and the most."""
    if len(values) == 1:
        return f"{values[0]:.1f} s"
    return f"{median(values):.1f} s ({min(values):.1f} to {max(values):.1f})"


def verdict(met: bool, aim: float) -> str:
    return f"under {aim:.0f} s: {'met' if met else 'MISSED'}"


def comparison_row(one: Comparison) -> list[str]:
    steps = " + ".join(f"{median(getattr(bare, step) for bare in one.bare):.1f}" for step in ("init", "plan", "apply"))
    return [
        one.name,
        f"{steps} = {one.bare_seconds:.1f} s",
        spread(one.deploy),
        spread(one.added),
        verdict(one.met, one.aim),
        f"{one.ratio:.2f}",
    ]


def verify_row(seconds: list[float]) -> list[str]:
    met = median(seconds) < AIM_VERIFY
    return [f"`verify.yml` alone, {len(seconds)} runs", "", spread(seconds), "", verdict(met, AIM_VERIFY), ""]


def figures_table(comparisons: Iterable[Comparison], verify: list[float]) -> str:
    head = ["", "bare `init` + `plan` + `apply`", "playbook", "what it adds", "aim", "ratio"]
    return table(head, [*map(comparison_row, comparisons), verify_row(verify)])


def slowest_resources(log: str, count: int = 6) -> list[tuple[str, int]]:
    """The resources that took longest to create, from what `terraform apply` printed: (address, seconds)."""
    found = [
        (match["address"], int(match["minutes"] or 0) * 60 + int(match["seconds"]))
        for match in map(CREATED.match, log.splitlines())
        if match
    ]
    return sorted(found, key=lambda one: (-one[1], one[0]))[:count]


def slowest_tasks(log: str, count: int = 8) -> list[tuple[str, float]]:
    """The tasks that took longest, from a playbook's recap of its tasks: (name, seconds)."""
    found = [(match["task"], float(match["seconds"])) for match in map(TASK_TIME.match, log.splitlines()) if match]
    return sorted(found, key=lambda one: -one[1])[:count]


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose columns line up in a terminal, too; all but the first are set to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    first, *others = widths
    rule = "|".join(["-" * (first + 2), *("-" * (width + 1) + ":" for width in others)])

    def line(cells: list[str]) -> str:
        aligned = [cells[0].ljust(first), *(cell.rjust(width) for cell, width in zip(cells[1:], others, strict=True))]
        return f"| {' | '.join(aligned)} |"

    return "\n".join([line(head), f"|{rule}|", *map(line, rows)])

"""`make drill`: outages of the local AWS one after the other, each by playbooks/drill.yml, and their figures.

The local AWS has to be up, deployed and READY; `make drill ARGS='dark dark-by-hand'` runs some of them only. The table
has the newest report of each; `ARGS=--only-write` runs none, and writes it again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from module_utils.payments_dr.names import resource_name

from . import document
from .figures import table
from .sides import ROOT

DOCUMENT = ROOT / "docs/performance.md"
REPORTS = ROOT / "build/reports"
INVENTORY = "inventories/sandbox"
PART = "drills"
HOME, AWAY = "us-east-1", "us-east-2"


@dataclass(frozen=True)
class Drill:
    """What is out, the region that is lost, and who recovers: the function (automatic) or failover.yml (manual), with
    the guards that its operator waives."""

    kind: str
    origin: str = HOME
    mode: str = "automatic"
    override: tuple[str, ...] = ()

    @property
    def report(self) -> str:
        """The file that roles/drill keeps it in."""
        return f"drill-{self.kind}-{self.origin}-{self.mode}.json"


DRILLS = {
    "dark": Drill("dark"),
    "dark-by-hand": Drill("dark", mode="manual"),
    "dark-away": Drill("dark", origin=AWAY),
    "hang": Drill("hang"),
    "api-errors": Drill("api-errors"),
    "lambda": Drill("lambda"),
    "database-killed": Drill("database-killed"),
    "database-frozen": Drill("database-frozen"),
    # The world reaches both regions, so that the function refuses, and calls a person who knows that they are apart.
    "partition": Drill("partition", mode="manual", override=("silence", "checkers")),
}


class DrillFailed(Exception):  # noqa: N818 - says what happened
    """A drill did not end well, or its objectives were not met; what it printed says why."""


def run(name: str, drill: Drill, variables: Mapping[str, str]) -> None:
    """Writes the report of one drill; its output goes on to the terminal. Raises DrillFailed."""
    outage = {"drill_kind": drill.kind, "drill_from": drill.origin, "drill_mode": drill.mode}
    told = dict(variables) | outage | {"drill_override": drill.override}
    print(f"== {name}: {drill.kind} in {drill.origin}, {drill.mode}", flush=True)
    command = ["ansible-playbook", "playbooks/drill.yml", "-i", INVENTORY, "-e", json.dumps(told)]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        raise DrillFailed(f"{name}: playbooks/drill.yml ended with {done.returncode}")


def reports(folder: Path) -> list[dict[str, Any]]:
    """The newest report of every drill that has one, in the order of DRILLS."""
    found = [folder / drill.report for drill in DRILLS.values()]
    return [json.loads(path.read_text()) for path in found if path.is_file()]


def after_seconds(report: Mapping[str, Any], words: str) -> str:
    """How long after the outage began the first event with these words was; "" where there is none."""
    found = (event["at"] - report["began"] for event in report["timeline"] if words in event["what"])
    seconds = next((at for at in found if at >= 0), None)
    return "" if seconds is None else f"{seconds:.1f}"


def row(report: Mapping[str, Any]) -> list[str]:
    target = report["direction"].rpartition(" ")[2]
    decided = "promote: " if report["mode"] == "automatic" else " confirms the failover"
    return [
        f"{report['kind']}, {report['direction']}, {report['mode']}",
        report["generated_at"][:16].replace("T", " "),
        after_seconds(report, decided),
        after_seconds(report, f"payments are acknowledged by {target}"),
        "none" if report["rto_seconds"] is None else f"{report['rto_seconds']:.1f}",
        f"{report['rpo_seconds']:.1f}",
        f"{report['acknowledged']:,}",
        f"{report['lost']:,}",
        f"{report['duplicated']:,}",
        # Reports from before there was a journal do not say it: they counted it as lost.
        f"{report.get('lost_by_replication', report['lost']):,}",
    ]


def markdown(told: list[dict[str, Any]]) -> str:
    """The part of docs/performance.md."""
    head = [
        "outage",
        "when (UTC)",
        "decided, s",
        "first payment",
        "RTO, s",
        "RPO, s",
        "acknowledged",
        "lost",
        "doubled",
        "replication alone: lost",
    ]
    timings = ", ".join(sorted({report["timings"] for report in told}))
    return f"Timings: {timings}.\n\n{table(head, [row(report) for report in told])}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.drills", description=__doc__)
    parser.add_argument("drills", nargs="*", metavar="DRILL", help=f"which: {', '.join(DRILLS)} (default: all)")
    parser.add_argument("--suffix", help="the environment's suffix (default: the inventory's)")
    parser.add_argument("--only-write", action="store_true", help="write the table of the reports that there are")
    parser.add_argument("--reports", type=Path, default=REPORTS, help="folder of the reports")
    parser.add_argument("--output", type=Path, default=DOCUMENT, help="the document with the markers")
    options = parser.parse_args(arguments)
    if unknown := set(options.drills) - set(DRILLS):
        parser.error(f"DRILL: there is no {', '.join(sorted(unknown))}; there are {', '.join(DRILLS)}")
    inventory = yaml.safe_load((ROOT / INVENTORY / "group_vars/all/main.yml").read_text())
    suffix = options.suffix or inventory["environment_suffix"]
    confirmed = resource_name("aurora-global", inventory["environment_name"], suffix)
    chosen = [] if options.only_write else options.drills or DRILLS
    try:
        for name, drill in DRILLS.items():
            if name in chosen:
                run(name, drill, {"confirm": confirmed, "environment_suffix": suffix})
    except DrillFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    figures = markdown(reports(options.reports))
    print(f"\n{figures}\n")
    document.write(options.output, PART, f"`make drill` on {document.machine()}.\n\n{figures}")
    print(f"Written to {options.output}; a page with a picture of each is in {options.reports}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

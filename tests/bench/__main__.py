"""`make bench`: measures payments and deployments against their bare equivalents, and the decision to fail over."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from pathlib import Path

from . import deployment, document, journal_cost, losses, payments, reconciliation, simulation
from .sides import BUILT, ROOT
from .stopwatch import CommandFailed

DOCUMENT = ROOT / "docs/performance.md"
PARTS = ("simulation", "reconciliation", "payments", "journal", "deployment")
#: Measured only where it is named.
LONG = ("losses",)
BUSY = 0.5


def main() -> int:
    options = arguments()
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"The machine is busy (load {load:.1f}): the figures will be too high.", flush=True)
    command = f"make bench ARGS={shlex.quote(shlex.join(sys.argv[1:]))}" if sys.argv[1:] else "make bench"
    origin = f"`{command}` on {document.machine()}; load before it {load:.1f}."
    for part in (*PARTS, *LONG):
        if part not in (options.parts or PARTS):
            continue
        shutil.rmtree(BUILT / part, ignore_errors=True)
        try:
            figures = measured(part, options)
        except (
            CommandFailed,
            payments.Disagreement,
            reconciliation.Unexplained,
            simulation.Unsafe,
            losses.Lost,
            journal_cost.Unexpected,
        ) as failed:
            print(failed, file=sys.stderr)
            return 1
        print(f"\n{figures}\n")
        document.write(options.output, part, f"{origin}\n\n{figures}")
        print(f"Written to {options.output}", flush=True)
    return 0


def measured(part: str, options: argparse.Namespace) -> str:
    """The figures of a part; raises CommandFailed, Disagreement, Unexplained, Unsafe, Lost, Unexpected."""
    if part == "simulation":
        return simulation.measure(options.outages, options.seed)
    if part == "reconciliation":
        return reconciliation.measure(options.reconciled)
    if part == "payments":
        return payments.measure(options.payments, options.seed)
    if part == "journal":
        return journal_cost.measure(options.turns, options.rounds, options.deployed)
    if part == "losses":
        wanted = (options.times, options.lagged, options.kinds, options.seed)
        return losses.measure(*wanted, options.deployed, options.resume)
    return deployment.measure(options.rounds, options.verify_runs)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    by_name = f"what to measure: {', '.join(PARTS)} (default: all of these), {', '.join(LONG)}"
    parser.add_argument("parts", nargs="*", metavar="PART", help=by_name)
    parser.add_argument("--outages", type=int, default=10_000, help="how many outages and non-outages are simulated")
    parser.add_argument("--payments", type=int, default=10_000, help="how many payments the proof makes")
    parser.add_argument(
        "--turns", type=int, default=400, help="how many payments of each kind the journal's cost is of"
    )
    parser.add_argument("--reconciled", type=int, default=1_000_000, help="how many payments are reconciled")
    parser.add_argument(
        "--seed", type=int, default=1, help="of what the proof's clients do, and of when regions are lost"
    )
    parser.add_argument(
        "--rounds", type=int, default=1, help="how often the deployment is measured (about ten minutes each)"
    )
    parser.add_argument("--verify-runs", type=int, default=5, help="how often verify.yml is measured in a round")
    parser.add_argument("--times", type=int, default=20, help="how often each kind of loss happens")
    parser.add_argument("--lagged", type=int, default=3, help="how often again, with replication stopped before")
    parser.add_argument("--kinds", nargs="+", choices=losses.KINDS, default=[], help="which losses (default: all)")
    parser.add_argument(
        "--deployed", type=Path, help="folder of a local AWS for journal or losses, with suffix t1 deployed"
    )
    parser.add_argument("--resume", action="store_true", help="do not repeat the losses that the last report has")
    parser.add_argument("--output", type=Path, default=DOCUMENT, help="the document with the markers")
    options = parser.parse_args()
    if unknown := set(options.parts) - {*PARTS, *LONG}:
        parser.error(f"PART: there is no {', '.join(sorted(unknown))}; there are {', '.join((*PARTS, *LONG))}")
    return options


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.bench reconciliation`: a million payments in bounded memory, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from .figures import table
from .many_payments import LOST
from .sides import BUILT, ROOT

#: Nobody waits longer for a million.
SECONDS = 3600


class Unexplained(Exception):  # noqa: N818 - says what was found
    """What was made up was not all found, replayed and explained."""


def measured(count: int) -> dict[str, Any]:
    """What many_payments prints for so many. Raises Unexplained."""
    folder = BUILT / "reconciliation"
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.bench.many_payments", str(count), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise Unexplained(done.stderr)
    found = json.loads(done.stdout)
    lost = -(-count // LOST)
    if (found["payments"], found["replayed"], found["explained"]) != (count, lost, True):
        raise Unexplained(f"expected {count} payments, {lost} of them replayed, all explained: {found}")
    return found


def measure(count: int) -> str:
    """The figures, as a table."""
    found = measured(count)
    rows = [
        ["reconciled", f"{found['payments']:,} payments from five sources, made up while they are read"],
        ["missing in the database, and replayed", f"{found['replayed']:,}"],
        ["took", f"{found['seconds']:.0f} s, {found['processor_seconds']:.0f} s of processors"],
        ["most memory ever", f"{found['megabytes']} MB, {found['grown_megabytes']} of it more than before the first"],
        ["file of the join, removed at the end", f"{found['file_megabytes']} MB"],
    ]
    return table(["", ""], rows)

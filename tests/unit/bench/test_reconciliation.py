"""A hundred thousand payments and more are reconciled in the memory that the pages which SQLite keeps need."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import many_payments, reconciliation
from tests.bench.sides import ROOT

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a process's own memory is Linux's word")

#: Beyond Python and its imports: 32 MiB of SQLite's pages, and the pages of the sources that are under way.
MEGABYTES = 90
#: What would be the bug: the pages of all sources are kept.
HOARD = """
import json, pathlib, sys
from tests.bench import many_payments
from tests.bench.many_payments import Table

kept, add = [], Table.add
Table.add = lambda table, source, page: (kept.append(page), add(table, source, page))
print(json.dumps(many_payments.run(50_000, pathlib.Path(sys.argv[1]))))
"""


def test_memory_is_bounded_and_what_is_missing_is_found():
    found = reconciliation.measured(120_000)
    assert found["grown_megabytes"] < MEGABYTES


def test_payments_that_are_kept_in_memory_are_noticed(tmp_path):
    done = subprocess.run([sys.executable, "-c", HOARD, tmp_path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["grown_megabytes"] > MEGABYTES


def test_what_the_parent_process_needs_is_not_counted():
    """A child begins as a copy of its parent, and the kernel remembers how large that was."""
    ballast = b"x" * 200_000_000
    found = reconciliation.measured(2000)
    assert found["megabytes"] < len(ballast) / 1e6 / 2


def test_what_is_not_found_is_no_figure(monkeypatch):
    monkeypatch.setattr(reconciliation, "LOST", many_payments.LOST * 2)
    with pytest.raises(reconciliation.Unexplained, match="expected 2000 payments, 2 of them replayed"):
        reconciliation.measured(2000)

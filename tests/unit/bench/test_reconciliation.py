"""Two hundred thousand payments are reconciled in the memory that twenty thousand need."""

import pytest

from tests.bench import many_payments, reconciliation

#: Python, boto's parts and the pages of SQLite's that are kept; rows of so many payments would need twice as much.
MEGABYTES = 120


def test_memory_is_bounded_and_what_is_missing_is_found():
    found = reconciliation.measured(200_000)
    assert found["megabytes"] < MEGABYTES


def test_what_is_not_found_is_no_figure(monkeypatch):
    monkeypatch.setattr(reconciliation, "LOST", many_payments.LOST * 2)
    with pytest.raises(reconciliation.Unexplained, match="expected 2000 payments, 2 of them replayed"):
        reconciliation.measured(2000)

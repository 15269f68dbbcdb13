"""Cursors say where a page ended, and nothing else is taken for one."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def cursors(package):
    return package("cursors")


@given(moment=st.datetimes(min_value=datetime(1970, 1, 1)), identifier=st.uuids())
def test_a_cursor_comes_back_as_it_was(cursors, moment, identifier):
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    cursor = cursors.Cursor(moment, identifier)
    word = cursor.encode()
    assert cursors.decode(word) == cursor
    assert word.replace("-", "").replace("_", "").isalnum()


@given(st.text())
def test_any_other_word_is_refused(cursors, word):
    with contextlib.suppress(ValueError):
        assert cursors.decode(word).encode() == word


def test_a_moment_that_no_payment_reaches_is_refused(cursors):
    with pytest.raises(ValueError, match="not a cursor"):
        cursors.decode("_" * 32)

"""Cursors say where a page ended, and nothing else is taken for one."""

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


@pytest.mark.parametrize(
    "word", ["", "A", "A" * 29, "A" * 31, "A" * 29 + "B", "A" * 29 + "=", "+" * 29 + "A", "é" * 30]
)
def test_a_word_of_another_form_is_refused(cursors, word):
    with pytest.raises(ValueError, match="not a cursor"):
        cursors.decode(word)


@given(st.from_regex(r"[A-Za-z0-9_-]{29}[AQgw]", fullmatch=True))
def test_any_word_of_the_form_is_a_place(cursors, word):
    assert cursors.decode(cursors.decode(word).encode()) == cursors.decode(word)

import pytest

from tests.bench.document import BEGIN, END, replaced

PROSE = "# Performance\n\nBefore.\n\n{}\n{}\n\nAfter.\n"


def test_only_what_is_between_the_markers_is_replaced():
    document = PROSE.format(BEGIN, f"old figures\n{END}")
    assert (
        replaced(document, "new figures\n")
        == f"# Performance\n\nBefore.\n\n{BEGIN}\n\nnew figures\n\n{END}\n\nAfter.\n"
    )


def test_replacing_twice_is_replacing_once():
    once = replaced(PROSE.format(BEGIN, END), "figures")
    assert replaced(once, "figures") == once


@pytest.mark.parametrize("markers", [("", ""), (BEGIN, ""), ("", END), (BEGIN + BEGIN, END)])
def test_a_document_without_the_markers_is_refused_rather_than_lost(markers):
    with pytest.raises(ValueError, match="each once"):
        replaced(PROSE.format(*markers), "figures")

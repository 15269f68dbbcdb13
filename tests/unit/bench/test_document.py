import pytest

from tests.bench.document import markers, replaced

BEGIN, END = markers("payments")
OTHER = "{}\nothers\n{}\n".format(*markers("deployment"))
PROSE = f"# Performance\n\n{OTHER}\nBefore.\n\n{{}}\n{{}}\n\nAfter.\n"


def test_only_what_is_between_the_markers_is_replaced():
    document = PROSE.format(BEGIN, f"old figures\n{END}")
    assert (
        replaced(document, "payments", "new figures\n")
        == f"# Performance\n\n{OTHER}\nBefore.\n\n{BEGIN}\n\nnew figures\n\n{END}\n\nAfter.\n"
    )


def test_replacing_twice_is_replacing_once():
    once = replaced(PROSE.format(BEGIN, END), "payments", "figures")
    assert replaced(once, "payments", "figures") == once


@pytest.mark.parametrize("two", [("", ""), (BEGIN, ""), ("", END), (BEGIN + BEGIN, END)])
def test_a_document_without_the_markers_is_refused_rather_than_lost(two):
    with pytest.raises(ValueError, match="each once"):
        replaced(PROSE.format(*two), "payments", "figures")

"""What is out, as the board and the command line keep it. No server."""

import pytest

from sandbox import outages
from sandbox.errors import SandboxError
from sandbox.outages import Board, Kind, Outages

ONE, TWO = "us-east-1", "us-east-2"


def out(*pairs):
    return Outages({(region, Kind(kind)): 1.0 for region, kind in pairs})


def test_what_was_saved_is_loaded(tmp_path):
    known = Outages({(ONE, Kind.DARK): 5.5, (TWO, Kind.REPLICATION): 6.0})
    outages.save(tmp_path, known)
    assert outages.load(tmp_path) == known
    assert outages.load(tmp_path / "never") == Outages()


@pytest.mark.parametrize("text", ["{", "[]", '{"us-east-1": {"flood": 1}}', '{"us-east-1": 1}'])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / outages.FILE).write_text(text)
    with pytest.raises(SandboxError, match=r"outages\.json is damaged"):
        outages.load(tmp_path)


def test_an_outage_that_goes_on_began_when_it_began():
    assert out((ONE, "dark")).begin(ONE, Kind.DARK, 9.0).since == {(ONE, Kind.DARK): 1.0}


def test_one_kind_or_everything_of_a_region_ends():
    both = out((ONE, "lambda"), (ONE, "api-slow"), (TWO, "dark"))
    assert both.end(ONE, Kind.LAMBDA) == out((ONE, "api-slow"), (TWO, "dark"))
    assert both.end(ONE, None) == out((TWO, "dark"))


@pytest.mark.parametrize(
    ("kind", "origin", "target", "fails"),
    [
        ("dark", None, ONE, Kind.DARK),
        ("dark", ONE, TWO, Kind.DARK),
        ("dark", None, TWO, None),
        ("hang", TWO, ONE, Kind.HANG),
        ("partition", TWO, ONE, Kind.HANG),
        ("partition", ONE, TWO, Kind.HANG),
        ("partition", ONE, ONE, None),
        ("partition", None, ONE, None),
        ("replication", TWO, ONE, None),
        ("database-killed", None, ONE, None),
    ],
)
def test_connections_fail_by_where_they_come_from(kind, origin, target, fails):
    assert out((ONE, kind)).between(origin, target) == fails


@pytest.mark.parametrize(
    ("kind", "goes_on"),
    [("dark", False), ("hang", False), ("partition", False), ("replication", False), ("lambda", True)],
)
def test_replication_stands_still_in_both_directions(kind, goes_on):
    assert out((ONE, kind)).replicates(ONE, TWO) is goes_on
    assert out((ONE, kind)).replicates(TWO, ONE) is goes_on


def test_watchers_hear_of_changes_alone():
    board, heard = Board(), []
    board.watch(lambda: heard.append(board.outages))
    board.put(out((ONE, "dark")))
    board.put(out((ONE, "dark")))
    assert heard == [out((ONE, "dark"))]


def test_it_is_settled_when_the_data_plane_has_followed(tmp_path):
    board = Board()
    outages.save(tmp_path, out((ONE, "database-killed")))
    assert board.read(tmp_path) == {"settled": False}
    board.databases = board.outages
    assert board.read(tmp_path) == {"settled": True}


def test_every_kind_is_explained():
    assert set(outages.MEANING) == set(Kind)
    assert out((ONE, "hang")).lines() == [
        f"OUTAGE     us-east-1 hang since 1970-01-01T00:00:01Z: {outages.MEANING[Kind.HANG]}"
    ]

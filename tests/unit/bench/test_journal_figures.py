import pytest

from tests.bench.journal_figures import (
    BARE,
    BARE_BOTH,
    Distance,
    First,
    Out,
    Pair,
    distances_table,
    figures,
    first_table,
    out_table,
    pairs_table,
)
from tests.bench.journal_variant import STRICT, WITH, WITHOUT
from tests.bench.payment_figures import Throughput


def cells(shown):
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in shown.splitlines()[2:]]


def distance(journaled, bare=0.018):
    took = {WITHOUT: [0.010] * 100, WITH: [journaled] * 100, BARE: [0.005] * 100, BARE_BOTH: [0.005 + bare] * 100}
    return Distance(0.012, took)


def run(clients, paid, seconds=2.0, refused=0):
    return Throughput(clients, seconds, [seconds / paid * clients] * paid, refused)


def test_the_cost_is_taken_turn_by_turn():
    """A turn that the machine disturbed is slow on both sides."""
    took = {WITHOUT: [0.010, 0.100, 0.010], WITH: [0.025, 0.115, 0.026]}
    assert Distance(0.012, took).cost == pytest.approx(0.015)


def test_each_distance_shows_both_their_ratio_and_the_scripts():
    assert cells(distances_table([distance(0.025)])) == [
        ["12.0 ms", "10.0 ms", "10.0 ms", "25.0 ms", "25.0 ms", "2.50", "2.50", "15.0 ms", "18.0 ms", "met"]
    ]


@pytest.mark.parametrize(("journaled", "said"), [(0.0299, "met"), (0.0301, "MISSED")])
def test_two_milliseconds_more_than_the_script_are_allowed(journaled, said):
    assert cells(distances_table([distance(journaled)]))[0][-1] == said


def test_rounds_with_as_many_clients_are_one_row():
    pairs = [Pair(run(4, 300), run(4, 120, refused=1)), Pair(run(1, 50), run(1, 25)), Pair(run(4, 100), run(4, 80))]
    rows = cells(pairs_table(pairs))
    assert [row[0] for row in rows] == ["1", "4"]
    assert [(row[1], row[4], *row[-2:]) for row in rows] == [("25", "12", "0.50", "0"), ("100", "50", "0.50", "1")]


def test_who_waited_for_a_silent_peer_is_counted():
    took = {WITHOUT: [0.01] * 3, WITH: [0.01, 1.02, 0.01], STRICT: [0.005] * 3}
    rows = cells(out_table([Out("partition", took)]))
    assert [(row[0], row[-1]) for row in rows] == [
        ("partition", "0 of 3"),
        ("partition", "1 of 3"),
        ("partition", "0 of 3"),
    ]
    assert rows[1][2:5] == ["10.0 ms", "1020.0 ms", "1020.0 ms"]


def test_first_payments_are_shown_with_their_spread():
    rows = cells(first_table(First([0.05, 0.04, 0.09], [0.08, 0.07, 0.2])))
    assert [row[1:] for row in rows] == [["50.0 ms", "40.0 ms", "90.0 ms"], ["80.0 ms", "70.0 ms", "200.0 ms"]]


def test_all_of_it_is_four_tables():
    out = [Out("dark", {WITHOUT: [0.01]})]
    shown = figures([distance(0.02)], out, [Pair(run(1, 5), run(1, 5))], First([0.1], [0.1]))
    assert len(shown.split("\n\n")) == 4

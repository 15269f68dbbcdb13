from collections import Counter

import pytest

from tests.bench.payment_figures import (
    ColdStart,
    Latencies,
    Proof,
    Throughput,
    aims_table,
    latency_table,
    percentile,
    proof_text,
    throughput_table,
)


def cells(shown):
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in shown.splitlines()[2:]]


def latencies(payment):
    return Latencies(bare=[0.010] * 100, payment=[payment] * 100, nothing=[0.002] * 100)


@pytest.mark.parametrize(
    ("values", "percent", "found"),
    [([5, 1, 3], 50, 3), ([1], 99, 1), (range(1, 101), 99, 99), (range(1, 201), 99, 198), ([4, 3, 2, 1], 50, 2)],
)
def test_a_percentile_is_a_value_that_was_measured(values, percent, found):
    assert percentile(list(values), percent) == found


def test_latencies_are_shown_beside_the_bare_scripts():
    assert cells(latency_table(latencies(0.016))) == [
        ["the bare script: INSERT and PUT", "10.0 ms", "10.0 ms", "1.00"],
        ["a payment through the API", "16.0 ms", "16.0 ms", "1.60"],
        ["an answer of the function that needs neither", "2.0 ms", "2.0 ms", "0.20"],
    ]


@pytest.mark.parametrize(
    ("payment", "function", "size", "verdicts"),
    [
        (0.0189, [0.39, 9.0, 0.38], 2_999_999, ["met", "met", "met"]),
        (0.0191, [0.40, 9.0, 0.41], 3_000_000, ["MISSED", "MISSED", "MISSED"]),
    ],
)
def test_the_aims_are_held_against_the_same_run(payment, function, size, verdicts):
    shown = cells(aims_table(latencies(payment), ColdStart(function, [0.3, 7.0, 0.3]), size))
    assert [row[-1] for row in shown] == verdicts


def test_the_cold_start_is_compared_pair_by_pair():
    """A pair that the machine disturbed is slow on both sides."""
    assert ColdStart(function=[1.2, 12.0, 1.3], libraries=[1.0, 10.0, 1.0]).ratio == pytest.approx(1.2)


def test_throughput_is_what_was_acknowledged():
    run = Throughput(clients=4, seconds=2.0, took=[0.02] * 100, refused=3)
    assert cells(throughput_table([run])) == [["4", "50", "20.0 ms", "20.0 ms", "3"]]


def test_the_proof_says_what_happened_on_the_way():
    text = proof_text(Proof(10_000, 8, Counter({"went away": 1200, "answered 409": 5}), 90.4))
    assert text.startswith("10,000 payments by 8 clients in 90 s (answered 409 5, went away 1,200): ")

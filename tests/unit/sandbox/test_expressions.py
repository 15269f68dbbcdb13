"""Metric math, as Terraform's alarms use it."""

import pytest

from sandbox import expressions

SERIES = {
    "a": [1.0, None, 3.0],
    "b": [2.0, 4.0, None],
    "zero": [0.0, 0.0, 0.0],
    "none": [None, None, None],
    "whole": [10.0, 10.0, 0.0],
}


def value(expression, metrics=("a", "b")):
    return expressions.evaluate(expression, SERIES, metrics, 3)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a", [1, None, 3]),
        ("5", [5, 5, 5]),
        ("a + b", [3, None, None]),
        ("b - 1", [1, 3, None]),
        ("-a * 2", [-2, None, -6]),
        ("b ^ 2 / 2", [2, 8, None]),
        ("whole / zero", [None, None, None]),
        ("100 * (FILL(a, 0) - FILL(zero, 0)) / (FILL(whole, 0) - FILL(none, 0))", [10, 0, None]),
        ("MAX(METRICS())", [2, 4, 3]),
        ('MIN(METRICS("b"))', [2, 4, None]),
        ("SUM([a, b, none])", [3, 4, 3]),
        ("AVG([a, b])", [1.5, 4, 3]),
        ("MAX(a)", [3, 3, 3]),
        ("SUM(none)", [None, None, None]),
        ("SUM(none) + 1", [None, None, None]),
        ("FILL(a, REPEAT)", [1, 1, 3]),
        ("SUM(FILL(METRICS(), 0))", [3, 4, 3]),
        ("IF(a > 2, a, 0)", [0, None, 3]),
        ("IF(b >= 2, b)", [2, 4, None]),
        ("IF(FILL(a, 0) < 1, 7)", [None, 7, None]),
        ("a > 0 AND b > 0", [1, None, None]),
        ("a > 5 || a == 3", [0, None, 1]),
        ("CEIL(a / 2)", [1, None, 2]),
    ],
)
def test_values(expression, expected):
    assert value(expression) == expected


@pytest.mark.parametrize(
    "expression",
    ["METRICS()", "a +", "unknown + 1", "RATE(a)", "MAX(1)", "__import__('os')", "a.real", "FILL(a)", "a % b"],
)
def test_what_is_not_understood_is_said(expression):
    with pytest.raises(expressions.ExpressionError):
        value(expression)

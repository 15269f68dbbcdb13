"""Metric math: the value of a CloudWatch expression in each period of an alarm.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html

A series is a list with one value for each period, the oldest first, and None where there is no data. Modelled: numbers,
+ - * / ^, comparisons, AND, OR, and the functions at the end of this file. Anything else is an ExpressionError.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence

Series = Sequence[float | None]


class Many(tuple):
    """An array of series: METRICS(), or [m1, m2]."""


# None is a number that there is no data for.
Value = float | None | str | Series | Many

OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.And: lambda left, right: bool(left) and bool(right),
    ast.Or: lambda left, right: bool(left) or bool(right),
}
SPELLINGS = ((r"\bAND\b|&&", " and "), (r"\bOR\b|\|\|", " or "), (r"\^", "**"))


class ExpressionError(Exception):
    """The expression cannot be evaluated here; the message says what is not understood."""


def evaluate(expression: str, series: Mapping[str, Series], metrics: Sequence[str], periods: int) -> list[float | None]:
    """Return the value of `expression` in each of `periods` periods.

    series: what the expression may name, by id; metrics: the ids among them that METRICS() stands for.
    """
    value = _Evaluation(series, metrics).value(_parse(expression))
    if isinstance(value, Many | str):
        raise ExpressionError(f"{expression!r} gives no single time series")
    return _spread(value, periods)


def names(expression: str) -> set[str]:
    """Return every name in an expression: ids of series, and functions."""
    return {node.id for node in ast.walk(_parse(expression)) if isinstance(node, ast.Name)}


def _parse(expression: str) -> ast.expr:
    text = expression
    for pattern, python in SPELLINGS:
        text = re.sub(pattern, python, text)
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"{expression!r} is not an expression") from error


class _Evaluation:
    """Values of the nodes of one expression."""

    def __init__(self, series: Mapping[str, Series], metrics: Sequence[str]) -> None:
        self.series = series
        self.metrics = metrics

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Constant(value=str() as text):
                return text
            case ast.Name(id="REPEAT"):
                return "REPEAT"
            case ast.Name(id=name) if name in self.series:
                return list(self.series[name])
            case ast.List(elts=elements):
                return Many(self.value(element) for element in elements)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _combine(operator.sub, 0.0, self.value(operand))
            case ast.BinOp(left=left, op=kind, right=right) | ast.Compare(left=left, ops=[kind], comparators=[right]):
                return _combine(_operator(kind), self.value(left), self.value(right))
            case ast.BoolOp(op=kind, values=values):
                total, *others = (self.value(each) for each in values)
                for each in others:
                    total = _combine(_operator(kind), total, each)
                return total
            case ast.Call(func=ast.Name(id="METRICS"), args=arguments):
                return self._metrics(*(self.value(argument) for argument in arguments))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
                try:
                    return FUNCTIONS[name](*(self.value(argument) for argument in arguments))
                except TypeError as error:
                    raise ExpressionError(f"{ast.unparse(node)}: {error}") from error
        raise ExpressionError(f"{ast.unparse(node)!r} is not understood")

    def _metrics(self, part: str = "") -> Many:
        return Many(list(self.series[name]) for name in self.metrics if part in name)


def _operator(kind: ast.AST) -> Callable[[float, float], float]:
    if type(kind) not in OPERATORS:
        raise ExpressionError(f"the operator {type(kind).__name__} is not understood")
    return OPERATORS[type(kind)]


def _combine(how: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """Combine period by period; where one side has no data, or a division is by zero, there is none."""
    if isinstance(left, Many):
        return Many(_combine(how, each, right) for each in left)
    if isinstance(right, Many):
        return Many(_combine(how, left, each) for each in right)
    if isinstance(left, str) or isinstance(right, str):
        raise ExpressionError("text is no operand")
    periods = max((len(side) for side in (left, right) if isinstance(side, Sequence)), default=0)
    if not periods:
        return _result(how, left, right)
    return [_result(how, *pair) for pair in zip(_spread(left, periods), _spread(right, periods), strict=True)]


def _result(how: Callable[[float, float], float], left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    try:
        return float(how(left, right))
    except (ZeroDivisionError, OverflowError):
        return None


def _spread(value: float | None | Series, periods: int) -> list[float | None]:
    """Repeat a number for every period; leave a series as it is."""
    return list(value) if isinstance(value, Sequence) else [value] * periods


def _each(function: Callable[[float], float]) -> Callable[[Value], Value]:
    return lambda value: _combine(lambda number, _: function(number), value, 0.0)


def _over(reduce: Callable[[list[float]], float]) -> Callable[[Value], Value]:
    """Reduce an array of series to one series, period by period, and one series to a number."""

    def known(values: Series) -> float | None:
        numbers = [number for number in values if number is not None]
        return float(reduce(numbers)) if numbers else None

    def reduced(value: Value) -> Value:
        if isinstance(value, Many):
            return [known(column) for column in zip(*value, strict=True)]
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise ExpressionError("a time series is wanted here")
        return known(value)

    return reduced


def _fill(value: Value, filler: Value) -> Value:
    """FILL(series, number | REPEAT): periods without data get the number, or the value before them."""
    if isinstance(value, Many):
        return Many(_fill(each, filler) for each in value)
    filled: list[float | None] = []
    for number in value:
        missing = filled[-1] if filler == "REPEAT" and filled else (None if filler == "REPEAT" else filler)
        filled.append(missing if number is None else number)
    return filled


def _if(condition: Value, then: Value, otherwise: Value | None = None) -> Value:
    """IF(condition, then, otherwise): without `otherwise` there is no data where the condition does not hold."""
    sides = (condition, then, otherwise)
    periods = max((len(side) for side in sides if isinstance(side, Sequence)), default=1)
    rows = zip(*(_spread(side, periods) for side in sides), strict=True)
    return [None if test is None else first if test else second for test, first, second in rows]


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "ABS": _each(abs),
    "CEIL": _each(math.ceil),
    "FLOOR": _each(math.floor),
    "AVG": _over(lambda numbers: sum(numbers) / len(numbers)),
    "MAX": _over(max),
    "MIN": _over(min),
    "SUM": _over(sum),
    "FILL": _fill,
    "IF": _if,
}

"""What state a metric alarm is in, from the values of its periods. Pure: no clock, no emulator.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# CloudWatch looks further back than the evaluation periods, for data that fills gaps. AWS does not say how far; its
# examples have five periods for an alarm of three.
EXTRA_PERIODS = 2

COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Rule:
    """The settings of an alarm that decide its state."""

    comparison: str
    threshold: float
    periods: int
    datapoints: int
    missing: str

    @classmethod
    def of(cls, alarm: Mapping[str, Any]) -> Rule:
        """Take them from a MetricAlarm of the CloudWatch API."""
        periods = alarm["EvaluationPeriods"]
        return cls(
            alarm["ComparisonOperator"],
            alarm["Threshold"],
            periods,
            alarm.get("DatapointsToAlarm") or periods,
            alarm.get("TreatMissingData") or "missing",
        )

    @property
    def looked_at(self) -> int:
        """How many periods are looked at: AWS's evaluation range."""
        return self.periods + EXTRA_PERIODS

    def is_breaching(self, value: float) -> bool:
        """Whether a value is on the wrong side of the threshold."""
        return COMPARISONS[self.comparison][0](value, self.threshold)


def judge(rule: Rule, values: Sequence[float | None]) -> str | None:
    """Return OK, ALARM or INSUFFICIENT_DATA, or None where the alarm keeps the state that it has.

    values: of `rule.looked_at` periods, the oldest first, None where there is no data.
    """
    real = [rule.is_breaching(value) for value in values if value is not None]
    if len(real) >= rule.periods:
        return _counted(sum(real[-rule.periods :]), rule)
    if rule.missing == "breaching":
        return _counted(sum(real) + rule.periods - len(real), rule)
    if rule.missing == "notBreaching":
        return _counted(sum(real), rule)
    if not real:
        return None if rule.missing == "ignore" else "INSUFFICIENT_DATA"
    if sum(real) >= rule.datapoints:
        return "ALARM"
    if all(real) and rule.missing == "ignore":
        return None
    # Breaching data and silence after it, for as long as it takes: AWS waits no longer for better news.
    return "ALARM" if all(real) and _age_of_oldest(values) >= rule.datapoints else "OK"


def _age_of_oldest(values: Sequence[float | None]) -> int:
    """How many periods ago the oldest value is from; 1 is the newest period."""
    return max(age for age, value in enumerate(reversed(values), 1) if value is not None)


def _counted(breaching: int, rule: Rule) -> str:
    return "ALARM" if breaching >= rule.datapoints else "OK"


def reason(rule: Rule, values: Sequence[float | None], ends: Sequence[float], old: str, new: str) -> str:
    """Say why in CloudWatch's words; `ends` are the epoch seconds at which the periods ended."""
    shown = [f"{value} ({_stamp(end)})" for value, end in zip(values, ends, strict=True) if value is not None]
    newest = shown[-rule.periods :][::-1]
    if new == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_datapoints(rule.periods)} {_were(rule.periods)} unknown."
    if not newest:
        missing = "Breaching" if new == "ALARM" else "NonBreaching"
        return (
            f"Threshold Crossed: no datapoints were received for {rule.periods} period{_s(rule.periods)} and "
            f"{rule.periods} missing datapoint{_s(rule.periods)} {_were(rule.periods)} treated as [{missing}]."
        )
    words = COMPARISONS[rule.comparison][1]
    crossed = [
        text
        for text, value in zip(shown, (v for v in values if v is not None), strict=True)
        if rule.is_breaching(value)
    ][-rule.periods :][::-1]
    if new == "ALARM":
        count = max(len(crossed), 1)
        return (
            f"Threshold Crossed: {count} out of the last {rule.periods} datapoints [{', '.join(crossed)}] "
            f"{_were(count)} {words} the threshold ({rule.threshold}) (minimum {_datapoints(rule.datapoints)} for "
            f"{old} -> {new} transition)."
        )
    return (
        f"Threshold Crossed: {_datapoints(len(newest))} [{', '.join(newest)}] {_were(len(newest))} not {words} "
        f"the threshold ({rule.threshold})."
    )


def _stamp(end: float) -> str:
    return datetime.datetime.fromtimestamp(end, datetime.UTC).strftime("%d/%m/%y %H:%M:%S")


def _datapoints(count: int) -> str:
    return f"{count} datapoint{_s(count)}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"

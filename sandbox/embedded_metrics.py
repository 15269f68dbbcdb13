"""Metrics that a function writes into its log: CloudWatch's embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
A line that breaks the specification is a line of the log and nothing more, as on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

MARK = '"_aws"'


class Measured(NamedTuple):
    """One value of one metric."""

    namespace: str
    name: str
    value: float
    unit: str
    dimensions: dict[str, str]


def find(line: str) -> list[Measured]:
    """Return the metrics in a line of a log."""
    if MARK not in line:
        return []
    try:
        fields = json.loads(line)
        return [each for directive in fields["_aws"]["CloudWatchMetrics"] for each in _measured(directive, fields)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _measured(directive: dict[str, Any], fields: dict[str, Any]) -> Iterator[Measured]:
    for names in directive["Dimensions"]:
        dimensions = {name: str(fields[name]) for name in names}
        for metric in directive["Metrics"]:
            values = fields[metric["Name"]]
            for value in values if isinstance(values, list) else [values]:
                yield Measured(
                    directive["Namespace"], metric["Name"], float(value), metric.get("Unit", "None"), dimensions
                )

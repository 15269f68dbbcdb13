"""CloudWatch's embedded metric format."""

import json

import pytest

from sandbox.embedded_metrics import Measured, find

LINE = {
    "_aws": {
        "Timestamp": 1,
        "CloudWatchMetrics": [
            {
                "Namespace": "Payments",
                "Dimensions": [["Region"], []],
                "Metrics": [{"Name": "Accepted", "Unit": "Count"}, {"Name": "Waited"}],
            }
        ],
    },
    "Region": "us-east-1",
    "Accepted": 1,
    "Waited": [2.5, 3],
}


def test_each_metric_for_each_set_of_dimensions():
    here = {"Region": "us-east-1"}
    assert find(json.dumps(LINE)) == [
        Measured("Payments", "Accepted", 1, "Count", here),
        Measured("Payments", "Waited", 2.5, "None", here),
        Measured("Payments", "Waited", 3, "None", here),
        Measured("Payments", "Accepted", 1, "Count", {}),
        Measured("Payments", "Waited", 2.5, "None", {}),
        Measured("Payments", "Waited", 3, "None", {}),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "plain",
        '{"_aws"',
        '{"_aws": 1}',
        '["_aws"]',
        '"_aws"',
        json.dumps(LINE | {"Accepted": "many"}),
        json.dumps({key: value for key, value in LINE.items() if key != "Region"}),
    ],
)
def test_what_breaks_the_specification_measures_nothing(line):
    assert find(line) == []

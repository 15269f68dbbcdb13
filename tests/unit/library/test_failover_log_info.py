"""A function's log becomes a timeline: decisions when they change, deeds always, other lines never."""

import json
from unittest import mock

import failover_log_info
from botocore.client import BaseClient

from tests.unit.library.running import run, undocumented

OPTIONS = {"region": "us-east-2", "log_group": "/aws/lambda/lambda-failover", "since": 10.0, "until": 99.5}


def event(at, **line):
    return {"timestamp": at * 1000, "message": json.dumps(line)}


def decided(at, action, reason):
    return event(at, event="decision", decision={"action": action, "reason": reason})


LOG = [
    decided(60, "promote", "us-east-1 is gone"),
    {"timestamp": 11_000, "message": "START RequestId: 1"},
    {"timestamp": 11_500, "message": "[1, 2]"},
    decided(12, "stay", "us-east-1 serves"),
    decided(20, "probe", "no answer for 0 s"),
    decided(25, "probe", "no answer for 5 s"),
    event(61, event="promoting", message="Aurora was asked"),
    event(62, event="failed", step="fence us-east-1", message="no answer"),
    event(70, event="progress", message="us-east-2 is the writer"),
]


def read(pages):
    asked = []

    def answer(_client, operation, parameters):
        asked.append((operation, parameters))
        return pages[len(asked) - 1]

    with mock.patch.object(BaseClient, "_make_api_call", answer):
        return run(failover_log_info, OPTIONS), asked


def test_decisions_that_change_and_every_deed_in_their_order_from_all_pages():
    result, asked = read([{"events": LOG[:5], "nextToken": "more"}, {"events": LOG[5:]}])
    assert [(one["at"], one["what"]) for one in result["timeline"]] == [
        (12, "stay: us-east-1 serves"),
        (20, "probe: no answer for 0 s"),
        (60, "promote: us-east-1 is gone"),
        (61, "Aurora was asked"),
        (62, "no answer"),
        (70, "us-east-2 is the writer"),
    ]
    operation, parameters = asked[0]
    assert operation == "FilterLogEvents"
    assert (parameters["startTime"], parameters["endTime"]) == (10_000, 99_500)
    assert not undocumented(failover_log_info, result)


def test_lines_that_arrive_together_stand_where_they_were_written_and_what_is_said_again_is_left_out():
    batch = [
        event(90, event="progress", message="it is failing over", timestamp="1970-01-01T00:01:01.500+00:00"),
        event(90, event="progress", message="it is failing over", timestamp="1970-01-01T00:01:02.500+00:00"),
        event(90, event="progress", message="asked", timestamp="1970-01-01T00:01:00.500+00:00"),
    ]
    result, _ = read([{"events": batch}])
    assert [(one["at"], one["what"]) for one in result["timeline"]] == [(60.5, "asked"), (61.5, "it is failing over")]


def test_an_empty_log_is_an_empty_timeline():
    assert read([{"events": []}])[0]["timeline"] == []

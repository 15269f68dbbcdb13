"""How far back a function's log is read, and that nothing of it is read twice."""

import datetime
import json
import math
import types

import pytest
from ansible.module_utils.payments_dr import decision_log
from ansible.module_utils.payments_dr.waiters import Clock

NOW = 1_790_000_000.0
CLOCK = Clock(now=lambda: NOW)


class Log:
    """CloudWatch Logs with a decision every five minutes; `read` lists how old the lines were that it gave away."""

    def __init__(self, served_seconds_ago):
        self.read = []
        self._events = [self._event(ago, ok=ago >= served_seconds_ago) for ago in range(1, 20_000, 300)]
        self.meta = types.SimpleNamespace(region_name="us-east-2")

    def _event(self, ago, ok):
        at = datetime.datetime.fromtimestamp(NOW - ago, datetime.UTC).isoformat()
        line = {"event": "decision", "observation": {"probes": [{"at": at, "ok": ok, "detail": "x"}]}}
        return {"timestamp": int((NOW - ago) * 1000), "message": json.dumps(line)}

    def get_paginator(self, _operation):
        return types.SimpleNamespace(paginate=self._paginate)

    def _paginate(self, logGroupName, startTime, endTime=math.inf, filterPattern=""):  # noqa: N803 - as AWS has it
        found = [event for event in self._events if startTime <= event["timestamp"] <= endTime]
        self.read += [round(NOW - event["timestamp"] / 1000) for event in found]
        return types.SimpleNamespace(build_full_result=lambda: {"events": found})


def remembered(log):
    return decision_log.remembered_probes(lambda *_: log, "us-east-2", "/aws/lambda/x", CLOCK)


@pytest.mark.parametrize(("served_seconds_ago", "far"), [(1, 900), (1000, 3600), (5000, 10_800), (15_000, 10_800)])
def test_the_log_is_read_until_a_look_that_was_good_and_no_line_of_it_twice(served_seconds_ago, far):
    log = Log(served_seconds_ago)
    probes = remembered(log)
    assert sorted(log.read) == list(range(1, far, 300))
    assert [round(NOW - probe.at) for probe in probes] == sorted(log.read, reverse=True)
    assert any(probe.ok for probe in probes) == (served_seconds_ago < far)

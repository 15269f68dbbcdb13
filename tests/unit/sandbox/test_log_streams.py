"""Streams are made when they are needed, and do not grow for ever."""

import pytest
from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs

from sandbox import log_streams


@pytest.fixture(autouse=True)
def scope():
    with request_scope("222222222222", "us-east-1"):
        cloudwatch_logs._create_log_group({"logGroupName": "group"})
        yield
        cloudwatch_logs.reset()


def messages():
    return [event["message"] for event in cloudwatch_logs._log_groups["group"]["streams"]["stream"]["events"]]


def test_lines_come_in_order():
    log_streams.append("group", "stream", ["one", "two"])
    log_streams.append("group", "stream", ["three"])
    assert messages() == ["one", "two", "three"]


def test_a_stream_keeps_its_newest_lines(monkeypatch):
    monkeypatch.setattr(log_streams, "LONGEST", 3)
    for number in range(5):
        log_streams.append("group", "stream", [str(number)])
    assert messages() == ["2", "3", "4"]


def test_a_group_that_is_gone_is_an_error():
    with pytest.raises(KeyError):
        log_streams.append("gone", "stream", ["one"])

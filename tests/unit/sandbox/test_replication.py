"""What waits to be replicated: in order, route by route, held back while nothing may go, and measured."""

import pytest

from sandbox.clock import Clock

MINUTE = 60


@pytest.fixture
def queue(monkeypatch):
    """A queue at AWS's pace, what it measured, and the means to add to it."""
    from sandbox import replication

    made, copied = replication.Queue(), []
    measured = []

    def record(namespace, name, value, unit, dimensions):
        measured.append((name, value))

    monkeypatch.setattr(replication.meters, "record", record)
    monkeypatch.setattr(replication, "region_of", lambda bucket: bucket)
    monkeypatch.setattr(replication.time, "monotonic", lambda: made.now)
    made.now = made._published = 0.0

    def add(key, source="us-east-1", destination="us-east-2", status="COMPLETED", is_measured=True):
        def copy(job):
            copied.append(job.key)
            return status

        route = replication.Route("222222222222", source, destination, "logs", is_measured)
        made.add(replication.Job(route, key, {"size": 10}, copy, since=made.now))

    def pass_time(seconds):
        made.now += seconds
        for job in made.due(made.now):
            made.finish(job)
        made.publish(made.now)

    made.put, made.pass_time, made.copied, made.measured = add, pass_time, copied, measured
    return made


def test_nothing_is_copied_before_its_time_and_then_in_order(queue):
    for key in ("one", "two", "three"):
        queue.put(key)
    queue.pass_time(0.9)
    assert queue.copied == []
    queue.pass_time(0.1)
    assert queue.copied == ["one", "two", "three"]


def test_in_a_hurry_it_comes_sooner_and_latency_is_told_in_aws_time(queue):
    queue.clock = Clock(60)
    queue.put("one")
    queue.pass_time(1 / 60)
    assert queue.copied == ["one"]
    assert ("ReplicationLatency", 1.0) in queue.measured


def test_what_is_held_back_waits_and_falls_behind_and_the_other_way_goes_on(queue):
    queue.held = lambda source, destination: source == "us-east-1"
    queue.put("held")
    queue.put("held too")
    queue.put("free", source="us-east-2", destination="us-east-1")
    queue.pass_time(1)
    assert queue.copied == ["free"]
    queue.measured.clear()
    queue.pass_time(MINUTE)
    assert queue.measured == [
        ("ReplicationLatency", 61.0),
        ("BytesPendingReplication", 20),
        ("OperationsPendingReplication", 2),
    ]
    queue.pass_time(MINUTE)
    assert ("ReplicationLatency", 121.0) in queue.measured
    queue.held = lambda source, destination: False
    queue.pass_time(0)
    assert queue.copied == ["free", "held", "held too"]
    assert queue.measured[-3:] == [
        ("ReplicationLatency", 121.0),
        ("BytesPendingReplication", 0),
        ("OperationsPendingReplication", 0),
    ]


def test_a_failure_is_counted_and_has_no_latency(queue):
    queue.put("one", status="FAILED")
    queue.pass_time(1)
    assert queue.measured == [("OperationsFailedReplication", 1)]


def test_a_rule_without_metrics_and_a_version_that_is_gone_are_not_measured(queue):
    queue.put("unmeasured", is_measured=False)
    queue.put("gone", status="")
    queue.pass_time(1)
    assert queue.measured == []

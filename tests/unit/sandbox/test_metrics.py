"""The lag of a global database is reported for a secondary that replicates, and for no other."""

import time

import pytest

ENGINE = {"Engine": "aurora-postgresql", "EngineVersion": "16.8"}


def lag(sandbox, cluster, region):
    now = time.time()
    points = sandbox.client("cloudwatch", region).get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName="AuroraGlobalDBRPOLag",
        Dimensions=[{"Name": "DBClusterIdentifier", "Value": cluster}],
        StartTime=now - 600,
        EndTime=now + 60,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    return [point["Maximum"] for point in points]


def eventually(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        if time.monotonic() > deadline:
            pytest.fail(f"nothing after {seconds} s")
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def secondary(sandbox):
    """A global database whose secondary is headless yet."""
    first, second = sandbox.client("rds"), sandbox.client("rds", "us-east-2")
    first.create_global_cluster(GlobalClusterIdentifier="measured", **ENGINE)
    first.create_db_cluster(
        DBClusterIdentifier="measured-1",
        GlobalClusterIdentifier="measured",
        MasterUsername="payments",
        MasterUserPassword="not-a-secret",
        **ENGINE,
    )
    first.create_db_instance(
        DBInstanceIdentifier="measured-1-1", DBClusterIdentifier="measured-1", DBInstanceClass="db.serverless", **ENGINE
    )
    second.create_db_cluster(DBClusterIdentifier="measured-2", GlobalClusterIdentifier="measured", **ENGINE)
    return second


def test_a_headless_secondary_is_silent_until_it_has_an_instance(sandbox, secondary):
    assert lag(sandbox, "measured-2", "us-east-2") == []
    secondary.create_db_instance(
        DBInstanceIdentifier="measured-2-1", DBClusterIdentifier="measured-2", DBInstanceClass="db.serverless", **ENGINE
    )
    assert eventually(lambda: lag(sandbox, "measured-2", "us-east-2")) == [0]


def test_without_metrics_nothing_was_ever_reported_until_they_are_back(sandbox, secondary):
    eventually(lambda: lag(sandbox, "measured-2", "us-east-2"))
    sandbox.out("us-east-2", "metrics")
    try:
        eventually(lambda: not lag(sandbox, "measured-2", "us-east-2"))
    finally:
        sandbox.restore("us-east-2")
    assert eventually(lambda: lag(sandbox, "measured-2", "us-east-2"))


def test_the_primary_has_no_lag_to_report(sandbox, secondary):
    assert lag(sandbox, "measured-1", "us-east-1") == []


def test_it_is_reported_once_a_minute_and_no_more_when_detached():
    from sandbox.metrics import Publisher

    class Attached(Publisher):
        names = ["second"]

        def _replicating(self, region):
            return self.names if region == "us-east-2" else []

    lags = {"second": 5.0}
    publisher = Attached("222222222222", lags=lags)
    assert publisher.publish(0) == ["second"]
    assert publisher.publish(59) == []
    assert publisher.publish(60) == ["second"]
    publisher.names = []
    assert publisher.publish(120) == []
    publisher.names = ["second"]
    assert publisher.publish(121) == ["second"], "attached again, it is reported at once"
    lags.clear()
    assert publisher.publish(300) == [], "what does not answer is not reported"

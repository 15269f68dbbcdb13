"""Outages of a real global database: who writes, what is lost, what RDS says, who comes back as what."""

import itertools
import time

import pg8000.exceptions
import pytest
from botocore.exceptions import ClientError

from tests.unit.sandbox.aurora.conftest import eventually
from tests.unit.sandbox.aurora.test_handover import ids, put, volume, writer

ONE, TWO = "us-east-1", "us-east-2"
NUMBERS = itertools.count(10_000)
UNWRITABLE = (OSError, pg8000.exceptions.Error)


@pytest.fixture
def restored(ledger):
    """The global database with its writer in us-east-1, both in step; all outages end with the test."""
    yield ledger
    ledger.sandbox.restore(ONE, TWO)
    eventually(lambda: ledger.group()["Status"] == "available", seconds=40)
    in_step(ledger)
    if writer(ledger) == "two":
        ledger.rds("two").switchover_global_cluster(
            GlobalClusterIdentifier="ledger", TargetDbClusterIdentifier=ledger.arn("one")
        )
        eventually(lambda: writer(ledger) == "one", seconds=40)
        in_step(ledger)


def in_step(ledger):
    """Wait until both clusters hold the same, and the reader takes what is written now."""
    eventually(lambda: set(synchronization(ledger).values()) == {"connected"}, seconds=40)
    number = next(NUMBERS)
    eventually(lambda: put(ledger, writer(ledger), number), seconds=40)
    eventually(lambda: number in ids(ledger, "one") and number in ids(ledger, "two"), seconds=40)


def fail_over(ledger, target="two"):
    """Begin a failover through the target's region."""
    region = ledger.regions[target]
    arn = f"arn:aws:rds:{region}:222222222222:cluster:{target}"
    return ledger.rds(target).failover_global_cluster(
        GlobalClusterIdentifier="ledger", TargetDbClusterIdentifier=arn, AllowDataLoss=True
    )


def told(ledger, cluster):
    """Every event of a cluster's region, of clusters and instances."""
    return [event["Message"] for event in ledger.rds(cluster).describe_events()["Events"]]


def group(ledger, region="two"):
    """The global cluster as the API of one region tells it."""
    return ledger.rds(region).describe_global_clusters(GlobalClusterIdentifier="ledger")["GlobalClusters"][0]


def leads(ledger, region="two"):
    return next(
        m["DBClusterArn"].rsplit(":", 1)[1] for m in group(ledger, region)["GlobalClusterMembers"] if m["IsWriter"]
    )


def test_a_dark_writer_is_not_fenced_lives_on_and_rejoins_on_a_new_volume(restored):
    ledger = restored
    in_step(ledger)
    hosts = {cluster: ledger.described(cluster)["Endpoint"] for cluster in ("one", "two")}
    before = volume(ledger, "one")
    lost, alive, twice, late, refused = (next(NUMBERS) for _ in range(5))
    ledger.sandbox.out(ONE, "dark")
    assert put_at(ledger, hosts["one"], lost), "its server lives on, where nobody reaches it"
    with pytest.raises(pg8000.exceptions.DatabaseError, match="25006"):
        put_at(ledger, hosts["two"], alive)
    fail_over(ledger)
    eventually(lambda: leads(ledger) == "two")
    assert any(text.endswith("one in Region us-east-1 timed out.") for text in told(ledger, "two"))
    assert lost not in ids_at(ledger, hosts["two"]), "what was not replicated is lost"
    assert put_at(ledger, hosts["two"], alive)
    assert put_at(ledger, hosts["one"], twice), "two writers: this is what a fence that failed means"
    ledger.sandbox.restore(ONE)
    assert put_at(ledger, hosts["one"], late), "back as it was, for a moment"
    assert synchronization(ledger) == {"one": "pending-resync", "two": "connected"}
    with pytest.raises(ClientError, match="is being resynchronized"):
        ledger.rds("two").switchover_global_cluster(
            GlobalClusterIdentifier="ledger", TargetDbClusterIdentifier=ledger.arn("one")
        )
    eventually(lambda: alive in ids(ledger, "one"), seconds=40)
    assert not {lost, twice, late} & set(ids(ledger, "one"))
    with pytest.raises(pg8000.exceptions.DatabaseError, match="25006"):
        put(ledger, "one", refused)
    assert volume(ledger, "one") != before
    kept = ledger.rds("one").describe_db_cluster_snapshots(DBClusterIdentifier="one")["DBClusterSnapshots"]
    assert [each["SnapshotType"] for each in kept] == ["automated"]
    assert kept[0]["DBClusterSnapshotIdentifier"].startswith("rds:unplanned-global-failover-one-20")
    keep(ledger.rds("one"), kept[0]["DBClusterSnapshotIdentifier"])
    eventually(lambda: any(text.startswith("Finished resynchronizing") for text in told(ledger, "one")))
    assert synchronization(ledger) == {"one": "connected", "two": "connected"}


def keep(rds, automated):
    """Copy the failure snapshot, which is RDS's own, to one that is ours."""
    names = {"SourceDBClusterSnapshotIdentifier": automated, "TargetDBClusterSnapshotIdentifier": "kept"}
    copied = rds.copy_db_cluster_snapshot(**names, Tags=[{"Key": "Why", "Value": "failover"}])["DBClusterSnapshot"]
    assert (copied["SnapshotType"], copied["TagList"]) == ("manual", [{"Key": "Why", "Value": "failover"}])
    with pytest.raises(rds.exceptions.DBClusterSnapshotAlreadyExistsFault):
        rds.copy_db_cluster_snapshot(**names)
    with pytest.raises(rds.exceptions.InvalidDBClusterSnapshotStateFault):
        rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=automated)
    rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="kept")


def synchronization(ledger):
    return {
        member["DBClusterArn"].rsplit(":", 1)[1]: member["SynchronizationStatus"]
        for member in group(ledger)["GlobalClusterMembers"]
    }


def put_at(ledger, host, number):
    return ledger.run("one", f"INSERT INTO payments VALUES ({number}) RETURNING id", host=host) == [[number]]


def ids_at(ledger, host):
    return [row[0] for row in ledger.run("one", "SELECT id FROM payments ORDER BY id", host=host)]


def test_a_killed_writer_stays_dead_until_it_is_restored_and_can_be_fenced(restored):
    ledger = restored
    in_step(ledger)
    ledger.sandbox.out(ONE, "database-killed")
    time.sleep(1)  # a crashed server would be running again by now
    with pytest.raises(UNWRITABLE):
        put(ledger, "one", next(NUMBERS))
    fail_over(ledger)
    eventually(lambda: leads(ledger) == "two")
    assert any(text.endswith("one in Region us-east-1 succeeded.") for text in told(ledger, "two"))
    with pytest.raises(UNWRITABLE):
        put(ledger, "one", next(NUMBERS))


def test_a_frozen_writer_thaws_as_it_was_when_nobody_failed_over(restored):
    ledger = restored
    in_step(ledger)
    number = next(NUMBERS)
    ledger.sandbox.out(ONE, "database-frozen")
    with pytest.raises(UNWRITABLE):
        put(ledger, "one", number)
    with pytest.raises(ClientError, match="InvalidDBClusterStateFault"):
        ledger.rds("one").switchover_global_cluster(
            GlobalClusterIdentifier="ledger", TargetDbClusterIdentifier=ledger.arn("two")
        )
    ledger.sandbox.restore(ONE)
    eventually(lambda: put(ledger, "one", next(NUMBERS)))
    assert writer(ledger) == "one"


def test_a_frozen_writer_that_wakes_up_after_a_failover_writes_for_a_moment(restored):
    ledger = restored
    in_step(ledger)
    host, kept, late = ledger.described("one")["Endpoint"], next(NUMBERS), next(NUMBERS)
    ledger.sandbox.out(ONE, "database-frozen")
    fail_over(ledger)
    eventually(lambda: leads(ledger) == "two")
    assert any(text.endswith("one in Region us-east-1 timed out.") for text in told(ledger, "two"))
    assert put(ledger, "two", kept)
    ledger.sandbox.restore(ONE)
    assert put_at(ledger, host, late)
    eventually(lambda: kept in ids(ledger, "one"), seconds=40)
    assert late not in ids(ledger, "one")


def test_replication_that_broke_shows_as_lag_and_catches_up(restored):
    ledger = restored
    in_step(ledger)
    number = next(NUMBERS)
    ledger.sandbox.out(ONE, "replication")
    put(ledger, "one", number)
    eventually(lambda: lag(ledger) > 1000)
    assert number not in ids(ledger, "two")
    ledger.sandbox.restore(ONE)
    eventually(lambda: number in ids(ledger, "two"))
    eventually(lambda: lag(ledger) < 1000)


def lag(ledger):
    """The newest lag that was published, in milliseconds."""
    now = time.time()
    points = ledger.sandbox.client("cloudwatch", TWO).get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName="AuroraGlobalDBRPOLag",
        Dimensions=[{"Name": "DBClusterIdentifier", "Value": "two"}],
        StartTime=now - 60,
        EndTime=now + 1,
        Period=1,
        Statistics=["Maximum"],
    )["Datapoints"]
    return max(points, key=lambda point: point["Timestamp"])["Maximum"] if points else 0


def test_across_a_partition_the_target_is_promoted_and_the_old_writer_does_not_hear_of_it(restored):
    ledger = restored
    in_step(ledger)
    number = next(NUMBERS)
    ledger.sandbox.out(TWO, "partition")
    assert put(ledger, "one", number)
    fail_over(ledger)
    eventually(lambda: leads(ledger) == "two")
    assert any(text.endswith("one in Region us-east-1 timed out.") for text in told(ledger, "two"))
    assert put(ledger, "two", next(NUMBERS))
    assert put(ledger, "one", next(NUMBERS))


@pytest.mark.parametrize("kind", ["dark", "database-killed"])
def test_what_is_out_cannot_be_promoted(restored, kind):
    ledger = restored
    target = ledger.arn("two")
    ledger.sandbox.out(TWO, kind)
    with pytest.raises(ClientError, match="InvalidDBClusterStateFault"):
        ledger.rds("one").failover_global_cluster(
            GlobalClusterIdentifier="ledger", TargetDbClusterIdentifier=target, AllowDataLoss=True
        )
    assert writer(ledger) == "one"

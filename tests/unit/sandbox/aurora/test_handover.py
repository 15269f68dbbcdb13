"""Switchover and failover of a real global database: states, errors, events, who writes, what is lost."""

import signal

import pg8000.exceptions
import pytest
from botocore.exceptions import ClientError

from tests.unit.sandbox.aurora.conftest import eventually


def put(ledger, cluster, number):
    return ledger.run(cluster, f"INSERT INTO payments VALUES ({number}) RETURNING id") == [[number]]


def ids(ledger, cluster):
    return [row[0] for row in ledger.run(cluster, "SELECT id FROM payments ORDER BY id")]


def writer(ledger):
    return next(
        member["DBClusterArn"].rsplit(":", 1)[1]
        for member in ledger.group()["GlobalClusterMembers"]
        if member["IsWriter"]
    )


def volume(ledger, cluster):
    """What tells one volume from another: a file that is written once. Its inode alone may be given again."""
    made = (ledger.data(cluster) / "PG_VERSION").stat()
    return made.st_ino, made.st_ctime_ns


def events(ledger, cluster):
    found = ledger.rds(cluster).describe_events(SourceType="db-cluster", SourceIdentifier=cluster)["Events"]
    return [event["Message"] for event in found]


def refused(call, code, **arguments):
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    assert refusal.value.response["Error"]["Code"] == code


def test_what_cannot_be_promoted_is_refused(ledger):
    one, two = ledger.rds("one"), ledger.rds("two")
    target = {"GlobalClusterIdentifier": "ledger", "TargetDbClusterIdentifier": ledger.arn("two")}
    refused(
        one.switchover_global_cluster,
        "InvalidGlobalClusterStateFault",
        GlobalClusterIdentifier="ledger",
        TargetDbClusterIdentifier=ledger.arn("one"),
    )
    refused(two.failover_global_cluster, "InvalidParameterCombination", **target, AllowDataLoss=True, Switchover=True)
    refused(one.switchover_global_cluster, "GlobalClusterNotFoundFault", **target | {"GlobalClusterIdentifier": "no"})
    two.delete_db_instance(DBInstanceIdentifier="two-1", SkipFinalSnapshot=True)
    refused(one.switchover_global_cluster, "InvalidDBClusterStateFault", **target)
    refused(two.failover_global_cluster, "InvalidDBClusterStateFault", **target, AllowDataLoss=True)
    put(ledger, "one", 1)
    ledger.add_instance("two")
    eventually(lambda: ids(ledger, "two") == [1])
    assert writer(ledger) == "one"


def test_a_switchover_loses_nothing_and_the_old_writer_follows_on_its_volume(ledger):
    before, target = volume(ledger, "one"), ledger.arn("two")
    for number in range(2, 50):
        put(ledger, "one", number)
    answer = ledger.rds("one").switchover_global_cluster(
        GlobalClusterIdentifier="ledger", TargetDbClusterIdentifier=target
    )["GlobalCluster"]
    assert (answer["Status"], answer["FailoverState"]["Status"]) == ("switching-over", "pending")
    assert answer["FailoverState"]["IsDataLossAllowed"] is False
    assert ledger.group()["FailoverState"]["ToDbClusterArn"] == target
    assert writer(ledger) == "one", "until the other is promoted"
    refused(
        ledger.rds("two").failover_global_cluster,
        "InvalidGlobalClusterStateFault",
        GlobalClusterIdentifier="ledger",
        TargetDbClusterIdentifier=target,
        AllowDataLoss=True,
    )
    refused(
        ledger.rds("one").remove_from_global_cluster,
        "InvalidGlobalClusterStateFault",
        GlobalClusterIdentifier="ledger",
        DbClusterIdentifier=target,
    )
    eventually(lambda: ledger.group()["Status"] == "available")
    assert "FailoverState" not in ledger.group()
    assert writer(ledger) == "two"
    assert ids(ledger, "two") == list(range(1, 50))
    assert put(ledger, "two", 50)
    assert ledger.run("two", "SELECT pg_is_in_recovery()", host=ledger.group()["Endpoint"]) == [[False]]
    eventually(lambda: ids(ledger, "one") == list(range(1, 51)))
    with pytest.raises(pg8000.exceptions.DatabaseError, match="25006"):
        put(ledger, "one", 51)
    assert volume(ledger, "one") == before
    assert [text.rsplit(" ", 1)[1] for text in events(ledger, "two")] == ["started.", "finished."]


def test_a_failover_leaves_a_frozen_writer_behind_which_rejoins_on_a_new_volume(ledger):
    before, target = volume(ledger, "two"), ledger.arn("one")
    ledger.signal("two", signal.SIGSTOP)
    answer = ledger.rds("one").failover_global_cluster(
        GlobalClusterIdentifier="ledger", TargetDbClusterIdentifier=target, AllowDataLoss=True
    )["GlobalCluster"]
    assert (answer["Status"], answer["FailoverState"]["IsDataLossAllowed"]) == ("failing-over", True)
    eventually(lambda: put(ledger, "one", 51))
    eventually(lambda: writer(ledger) == "one")
    eventually(lambda: ids(ledger, "two") == list(range(1, 52)))
    with pytest.raises(pg8000.exceptions.DatabaseError, match="25006"):
        put(ledger, "two", 52)
    assert volume(ledger, "two") != before
    assert [text.rsplit(" ", 1)[1] for text in events(ledger, "one")] == ["started.", "completed."]


def test_a_switchover_from_a_frozen_writer_is_given_up_and_the_writer_goes_on(ledger):
    ledger.signal("one", signal.SIGSTOP)
    ledger.rds("one").switchover_global_cluster(
        GlobalClusterIdentifier="ledger", TargetDbClusterIdentifier=ledger.arn("two")
    )
    eventually(lambda: ledger.group()["Status"] == "available", seconds=40)
    assert writer(ledger) == "one"
    assert any("is cancelled" in text for text in events(ledger, "two"))
    ledger.thaw("one")
    eventually(lambda: put(ledger, "one", 52))
    eventually(lambda: ids(ledger, "two") == list(range(1, 53)))

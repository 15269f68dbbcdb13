"""Cluster snapshots: copied, kept, and gone with their cluster. The failover's own are in aurora/test_outages.py."""

import pytest
from botocore.exceptions import ClientError

ENGINE = {"Engine": "aurora-postgresql", "EngineVersion": "16.8"}


@pytest.fixture(scope="module")
def rds(sandbox):
    client = sandbox.client("rds")
    client.create_db_cluster(
        DBClusterIdentifier="kept", MasterUsername="payments", MasterUserPassword="not-a-secret", **ENGINE
    )
    client.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="by-hand", DBClusterIdentifier="kept")
    return client


def copied(rds, target, source="by-hand", **options):
    return rds.copy_db_cluster_snapshot(
        SourceDBClusterSnapshotIdentifier=source, TargetDBClusterSnapshotIdentifier=target, **options
    )["DBClusterSnapshot"]


def test_a_copy_is_another_snapshot_of_the_same_cluster(rds):
    made = copied(rds, "copy-of-it", Tags=[{"Key": "Why", "Value": "test"}])
    assert (made["DBClusterIdentifier"], made["SnapshotType"], made["Status"]) == ("kept", "manual", "available")
    assert made["DBClusterSnapshotArn"].endswith(":cluster-snapshot:copy-of-it")
    found = rds.describe_db_cluster_snapshots(DBClusterIdentifier="kept")["DBClusterSnapshots"]
    assert {each["DBClusterSnapshotIdentifier"] for each in found} == {"by-hand", "copy-of-it"}


@pytest.mark.parametrize("name", ["rds:mine", "9-lives", "ends-", "a--b", "x" * 64])
def test_names_follow_the_rules(rds, name):
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        copied(rds, name)


def test_what_is_not_there_cannot_be_copied(rds):
    with pytest.raises(rds.exceptions.DBClusterSnapshotNotFoundFault):
        copied(rds, "any", source="never")


def test_manual_ones_outlive_their_cluster(rds):
    rds.delete_db_cluster(DBClusterIdentifier="kept", SkipFinalSnapshot=True)
    found = rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
    assert {"by-hand", "copy-of-it"} <= {each["DBClusterSnapshotIdentifier"] for each in found}

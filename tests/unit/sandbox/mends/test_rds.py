"""A global database of two clusters, as Aurora describes it."""

import pytest
from botocore.exceptions import ClientError

ENGINE = {"Engine": "aurora-postgresql", "EngineVersion": "16.8"}


@pytest.fixture(scope="module")
def primary(sandbox):
    return sandbox.client("rds")


@pytest.fixture(scope="module")
def secondary(sandbox):
    return sandbox.client("rds", "us-east-2")


@pytest.fixture(scope="module")
def clusters(primary, secondary):
    """The two clusters' ARNs: the primary's, the secondary's."""
    primary.create_global_cluster(GlobalClusterIdentifier="global", **ENGINE)
    common = {
        "GlobalClusterIdentifier": "global",
        "EnableCloudwatchLogsExports": ["postgresql"],
        "StorageEncrypted": True,
        **ENGINE,
    }
    first = primary.create_db_cluster(
        DBClusterIdentifier="first",
        MasterUsername="payments",
        MasterUserPassword="not-a-secret",
        KmsKeyId="arn:aws:kms:us-east-1:222222222222:key/1",
        **common,
    )["DBCluster"]
    second = secondary.create_db_cluster(DBClusterIdentifier="second", **common)["DBCluster"]
    for client, cluster in ((primary, "first"), (secondary, "second")):
        for number in (1, 2, 3):
            client.create_db_instance(
                DBInstanceIdentifier=f"{cluster}-{number}",
                DBClusterIdentifier=cluster,
                DBInstanceClass="db.serverless",
                Engine=ENGINE["Engine"],
                EnablePerformanceInsights=True,
                PerformanceInsightsKMSKeyId="arn:key",
            )
    return first["DBClusterArn"], second["DBClusterArn"]


def describe(client, name):
    return client.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]


def test_a_cluster_keeps_its_endpoints_when_instances_come(primary, clusters):
    cluster = describe(primary, "first")
    assert cluster["Endpoint"].startswith("first.cluster-")
    assert cluster["ReaderEndpoint"].startswith("first.cluster-ro-")
    assert cluster["Endpoint"].endswith(".us-east-1.rds.amazonaws.com")


def test_a_cluster_exports_its_logs(primary, clusters):
    assert describe(primary, "first")["EnabledCloudwatchLogsExports"] == ["postgresql"]
    change = {"EnableLogTypes": ["instance"], "DisableLogTypes": ["postgresql"]}
    changed = primary.modify_db_cluster(DBClusterIdentifier="first", CloudwatchLogsExportConfiguration=change)
    assert changed["DBCluster"]["EnabledCloudwatchLogsExports"] == ["instance"]


def test_instances_spread_over_the_zones_with_endpoints_of_their_own(primary, clusters):
    instances = primary.describe_db_instances()["DBInstances"]
    assert {i["AvailabilityZone"] for i in instances} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert {i["Endpoint"]["Address"].split(".")[0] for i in instances} == {"first-1", "first-2", "first-3"}
    assert all(i["StorageEncrypted"] and i["KmsKeyId"].endswith("key/1") for i in instances)
    assert all(i["PerformanceInsightsKMSKeyId"] == "arn:key" for i in instances)


def test_a_secondary_names_its_source_and_has_only_readers(primary, secondary, clusters):
    first, second = describe(primary, "first"), describe(secondary, "second")
    assert second["ReplicationSourceIdentifier"] == clusters[0]
    assert first["ReadReplicaIdentifiers"] == [clusters[1]]
    assert "ReplicationSourceIdentifier" not in first
    assert [member["IsClusterWriter"] for member in second["DBClusterMembers"]] == [False] * 3
    assert sum(member["IsClusterWriter"] for member in first["DBClusterMembers"]) == 1


def test_a_global_cluster_has_an_endpoint_in_both_regions(primary, secondary, clusters):
    (here,), (there,) = (client.describe_global_clusters()["GlobalClusters"] for client in (primary, secondary))
    assert here == there
    assert here["Endpoint"].startswith("global.global-")
    assert here["Endpoint"].endswith(".global.rds.amazonaws.com")


def test_removing_what_is_no_member_says_so_as_aws_does(primary, clusters):
    gone = "arn:aws:rds:us-east-2:222222222222:cluster:gone"
    with pytest.raises(ClientError, match="is not found in global cluster") as error:
        primary.remove_from_global_cluster(GlobalClusterIdentifier="global", DbClusterIdentifier=gone)
    assert error.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_a_removed_secondary_stands_alone(primary, secondary, clusters):
    secondary.remove_from_global_cluster(GlobalClusterIdentifier="global", DbClusterIdentifier=clusters[1])
    members = primary.describe_global_clusters()["GlobalClusters"][0]["GlobalClusterMembers"]
    assert [member["DBClusterArn"] for member in members] == [clusters[0]]
    alone = describe(secondary, "second")
    assert "ReplicationSourceIdentifier" not in alone
    assert sum(member["IsClusterWriter"] for member in alone["DBClusterMembers"]) == 1

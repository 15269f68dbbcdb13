"""The global database as a region sees it, against moto where moto tells the truth."""

import datetime
import json

import aurora_global_cluster_info
import boto3
import pytest
from moto import mock_aws

from tests.unit.library.running import calls, run, undocumented, writes
from tests.unit.module_utils.deployed import OHIO

GLOBAL, CLUSTER = "aurora-global-test-a1", "aurora-cluster-us-east-2-test-a1"
PARAMS = {"global_cluster": GLOBAL, "cluster": CLUSTER, "region": OHIO}
LOGIN = {"MasterUsername": "payments", "MasterUserPassword": "not-a-secret"}
ENGINE = {"Engine": "aurora-postgresql", "EngineVersion": "16.8"}


@pytest.fixture(autouse=True)
def aws():
    with mock_aws():
        yield


@pytest.fixture
def rds():
    """A global database with one cluster and one instance in us-east-2."""
    client = boto3.client("rds", OHIO)
    client.create_global_cluster(GlobalClusterIdentifier=GLOBAL, StorageEncrypted=True, **ENGINE)
    client.create_db_cluster(
        DBClusterIdentifier=CLUSTER,
        GlobalClusterIdentifier=GLOBAL,
        StorageEncrypted=True,
        KmsKeyId="k",
        **ENGINE,
        **LOGIN,
    )
    instance = {"DBInstanceIdentifier": "one", "DBInstanceClass": "db.r6g.large", "Engine": "aurora-postgresql"}
    client.create_db_instance(DBClusterIdentifier=CLUSTER, **instance)
    return client


def put_lag(milliseconds, minutes_ago):
    boto3.client("cloudwatch", OHIO).put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[
            {
                "MetricName": "AuroraGlobalDBRPOLag",
                "Dimensions": [{"Name": "DBClusterIdentifier", "Value": CLUSTER}],
                "Timestamp": datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=minutes_ago),
                "Value": milliseconds,
            }
        ],
    )


def test_everything_that_is_documented_comes_back(rds):
    put_lag(84.2, 1)
    result = run(aurora_global_cluster_info, PARAMS)
    assert undocumented(aurora_global_cluster_info, result) == []
    assert result["members"][0]["role"] == "writer"
    assert result["cluster"]["id"] == CLUSTER
    assert [instance["id"] for instance in result["cluster"]["instances"]] == ["one"]
    assert json.dumps(result)


def test_the_newest_lag_counts(rds):
    put_lag(9000.0, 4)
    put_lag(84.2, 2)
    lag = run(aurora_global_cluster_info, PARAMS)["rpo_lag"]
    assert lag["milliseconds"] == 84.2
    assert 60 <= lag["age_seconds"] <= 240


def test_an_old_lag_is_no_lag(rds):
    put_lag(84.2, 40)
    assert run(aurora_global_cluster_info, PARAMS)["rpo_lag"] is None


def test_nothing_there_is_null_and_no_failure():
    result = run(aurora_global_cluster_info, PARAMS)
    assert (result["global_cluster"], result["members"], result["cluster"]) == (None, [], None)
    assert "failed" not in result


def test_the_cluster_of_another_region_is_not_described(rds):
    result = run(aurora_global_cluster_info, {"global_cluster": GLOBAL, "region": "us-east-1"})
    assert result["cluster"] is None


def test_a_running_failover_is_told():
    found = {"GlobalClusterIdentifier": GLOBAL, "Status": "failing-over", "FailoverState": {"Status": "failing-over"}}
    assert aurora_global_cluster_info.global_cluster_facts(found)["failover_state"] == "failing-over"


def test_only_reading_calls_are_made(rds):
    with calls() as made:
        run(aurora_global_cluster_info, PARAMS, check_mode=True)
    assert writes(made) == []

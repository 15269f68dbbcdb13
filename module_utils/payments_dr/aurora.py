"""Asks one region for its Aurora cluster. Every function takes a boto3 client and raises AwsFailure."""

from __future__ import annotations

import datetime
from typing import Any

from .calls import describing


def describe_cluster(rds: Any, identifier: str) -> dict[str, Any] | None:
    """The cluster's entry of DescribeDBClusters, or None when it does not exist."""
    with describing(f"describe the cluster {identifier}", rds.meta.region_name):
        try:
            return rds.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"][0]
        except rds.exceptions.DBClusterNotFoundFault:
            return None


def list_instances(rds: Any, identifier: str) -> list[dict[str, Any]]:
    """The entries of DescribeDBInstances of the cluster's instances."""
    with describing(f"list the instances of {identifier}", rds.meta.region_name):
        found = rds.get_paginator("describe_db_instances").paginate(
            Filters=[{"Name": "db-cluster-id", "Values": [identifier]}]
        )
        return found.build_full_result()["DBInstances"]


def rpo_lags(cloudwatch: Any, identifier: str, minutes: int, now: datetime.datetime) -> list[tuple[float, Any]]:
    """(milliseconds, datetime) of each minute of the last `minutes`, oldest first: the largest AuroraGlobalDBRPOLag.

    The metric exists where the cluster is a secondary:
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
    """
    with describing(f"read the replication lag of {identifier}", cloudwatch.meta.region_name):
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/RDS",
            MetricName="AuroraGlobalDBRPOLag",
            Dimensions=[{"Name": "DBClusterIdentifier", "Value": identifier}],
            StartTime=now - datetime.timedelta(minutes=minutes),
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
    ordered = sorted(points, key=lambda point: point["Timestamp"])
    return [(float(point["Maximum"]), point["Timestamp"]) for point in ordered]

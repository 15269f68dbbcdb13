"""RDS: Aurora clusters keep their names, zones and log exports; a global cluster has an endpoint and AWS's errors."""

from __future__ import annotations

import functools
import hashlib
from xml.etree.ElementTree import Element, tostring

from ministack.core.responses import get_account_id, get_region
from ministack.services import rds

from sandbox import wire

NOT_A_MEMBER = "DBClusterNotFoundFault"


def apply() -> None:
    """Wrap creation, modification and rendering of clusters, instances and global clusters."""
    rds._sync_cluster_endpoints = keep_endpoints
    rds._attach_instance_to_shared_cluster = keep_endpoints
    rds._create_db_cluster_impl = functools.partial(create_cluster, rds._create_db_cluster_impl)
    rds._modify_db_cluster_impl = functools.partial(modify_cluster, rds._modify_db_cluster_impl)
    rds._create_db_instance_impl = functools.partial(create_instance, rds._create_db_instance_impl)
    rds._cluster_xml = functools.partial(cluster_xml, rds._cluster_xml)
    rds._instance_xml = functools.partial(instance_xml, rds._instance_xml)
    rds._global_cluster_xml = functools.partial(global_cluster_xml, rds._global_cluster_xml)
    remove = rds._ACTION_MAP["RemoveFromGlobalCluster"]
    rds._ACTION_MAP["RemoveFromGlobalCluster"] = functools.partial(remove_from_global_cluster, remove)


def keep_endpoints(*_records: dict) -> None:
    """Endpoints never change: the emulator made a cluster's and its instances' 127.0.0.1, for lack of containers.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.Endpoints.html
    """


def create_cluster(inner, params: dict) -> tuple:
    """CreateDBCluster keeps `EnableCloudwatchLogsExports`.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
    """
    answer = inner(params)
    cluster = rds._clusters.get(rds._p(params, "DBClusterIdentifier"))
    if answer[0] != 200 or cluster is None:
        return answer
    cluster["EnabledCloudwatchLogsExports"] = rds._parse_member_list(params, "EnableCloudwatchLogsExports")
    return _cluster_answer("CreateDBCluster", cluster)


def modify_cluster(inner, params: dict) -> tuple:
    """ModifyDBCluster applies `CloudwatchLogsExportConfiguration`.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html
    """
    answer = inner(params)
    cluster = rds._clusters.get(rds._p(params, "DBClusterIdentifier"))
    if answer[0] != 200 or cluster is None:
        return answer
    disabled = rds._parse_member_list(params, "CloudwatchLogsExportConfiguration.DisableLogTypes")
    enabled = rds._parse_member_list(params, "CloudwatchLogsExportConfiguration.EnableLogTypes")
    kept = [kind for kind in cluster["EnabledCloudwatchLogsExports"] if kind not in disabled + enabled]
    cluster["EnabledCloudwatchLogsExports"] = kept + enabled
    return _cluster_answer("ModifyDBCluster", cluster)


def create_instance(inner, params: dict) -> tuple:
    """CreateDBInstance in an Aurora cluster: an endpoint of its own, a zone of its own, the cluster's encryption.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
    """
    answer = inner(params)
    instance = rds._instances.get(rds._p(params, "DBInstanceIdentifier"))
    cluster = rds._clusters.get(rds._p(params, "DBClusterIdentifier"))
    if answer[0] != 200 or instance is None or cluster is None:
        return answer
    if not rds._p(params, "AvailabilityZone"):
        instance["AvailabilityZone"] = _least_used_zone(cluster, instance)
    if authority := rds._p(params, "CACertificateIdentifier"):
        instance["CACertificateIdentifier"] = authority
        instance["CertificateDetails"]["CAIdentifier"] = authority
    group = rds._subnet_groups.get(cluster["DBSubnetGroup"])
    instance |= {
        "Endpoint": instance["Endpoint"] | {"Address": _host(instance["DBInstanceIdentifier"])},
        "DBSubnetGroup": group or instance["DBSubnetGroup"],
        "VpcSecurityGroups": cluster["VpcSecurityGroups"],
        "StorageType": "aurora",
        "StorageEncrypted": cluster["StorageEncrypted"],
        "KmsKeyId": cluster["KmsKeyId"],
        "PerformanceInsightsKMSKeyId": rds._p(params, "PerformanceInsightsKMSKeyId"),
        "BackupRetentionPeriod": cluster["BackupRetentionPeriod"],
        "PreferredBackupWindow": cluster["PreferredBackupWindow"],
    }
    rds._instances[instance["DBInstanceIdentifier"]] = instance
    return rds._single_instance_response("CreateDBInstanceResponse", "CreateDBInstanceResult", instance)


def _least_used_zone(cluster: dict, instance: dict) -> str:
    """Return the zone of the cluster's subnets that has the fewest of its instances, as Aurora spreads them."""
    members = [member["DBInstanceIdentifier"] for member in cluster["DBClusterMembers"]]
    used = [
        rds._instances[name]["AvailabilityZone"]
        for name in members
        if name in rds._instances and name != instance["DBInstanceIdentifier"]
    ]
    return min(sorted(cluster["AvailabilityZones"]), key=used.count)


def cluster_xml(inner, cluster: dict) -> str:
    """A DBCluster with its log exports; a secondary names the primary that it replicates from, and has only readers.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBCluster.html
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html
    """
    writer, readers = _global_roles(cluster)
    itself = cluster["DBClusterArn"]
    if itself in readers:
        members = [member | {"IsClusterWriter": False} for member in cluster["DBClusterMembers"]]
        cluster = cluster | {"DBClusterMembers": members}
    extra = {
        "EnabledCloudwatchLogsExports": cluster.get("EnabledCloudwatchLogsExports") or None,
        "ReplicationSourceIdentifier": writer if writer != itself else None,
        "ReadReplicaIdentifiers": readers if writer == itself else None,
    }
    return inner(cluster) + _rendered(extra, "DBCluster")


def instance_xml(inner, instance: dict) -> str:
    """A DBInstance with the key of its performance insights, and without a retention where they are off.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
    """
    key = instance.get("PerformanceInsightsKMSKeyId") or None
    text = inner(instance)
    if not instance.get("PerformanceInsightsEnabled"):
        text = text.replace("<PerformanceInsightsRetentionPeriod>7</PerformanceInsightsRetentionPeriod>", "")
        key = None
    return text + _rendered({"PerformanceInsightsKMSKeyId": key}, "DBInstance")


def global_cluster_xml(inner, cluster: dict) -> str:
    """A GlobalCluster with the endpoint that always leads to the current primary.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_GlobalCluster.html
    """
    return inner(cluster) + _rendered(
        {"Endpoint": global_endpoint(cluster["GlobalClusterIdentifier"])}, "GlobalCluster"
    )


def global_endpoint(name: str) -> str:
    """Return the writer endpoint of a global cluster of the account in scope."""
    return f"{name}.global-{_suffix(name)}.global.rds.amazonaws.com"


def remove_from_global_cluster(inner, params: dict) -> tuple:
    """RemoveFromGlobalCluster says `is not found in global cluster` of a cluster that is no member (any more).

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RemoveFromGlobalCluster.html
    """
    answer = inner(params)
    if NOT_A_MEMBER.encode() not in answer[2]:
        return answer
    cluster, name = rds._p(params, "DbClusterIdentifier"), rds._p(params, "GlobalClusterIdentifier")
    return rds._error("InvalidParameterValue", f"Cluster {cluster} is not found in global cluster {name}", 400)


def _global_roles(cluster: dict) -> tuple[str | None, list[str]]:
    """Return the ARN of the writer and of the readers of the global cluster that `cluster` belongs to."""
    members = (rds._global_clusters.get(cluster.get("GlobalClusterIdentifier")) or {}).get("GlobalClusterMembers", [])
    if cluster["DBClusterArn"] not in {member["DBClusterArn"] for member in members}:
        return None, []
    writer = next((member["DBClusterArn"] for member in members if member["IsWriter"]), None)
    return writer, [member["DBClusterArn"] for member in members if not member["IsWriter"]]


def _cluster_answer(action: str, cluster: dict) -> tuple:
    return rds._xml(
        200, f"{action}Response", f"<{action}Result><DBCluster>{rds._cluster_xml(cluster)}</DBCluster></{action}Result>"
    )


def _rendered(fields: dict, shape: str) -> str:
    element = Element(shape)
    wire.to_xml(element, fields, wire.service("rds").shape_for(shape))
    return "".join(tostring(child, "unicode") for child in element)


def _host(name: str) -> str:
    return f"{name}.{_suffix(get_region())}.{get_region()}.rds.amazonaws.com"


def _suffix(scope: str) -> str:
    """Return the twelve characters that AWS puts in the endpoints of one account and region."""
    return "c" + hashlib.sha256(f"{get_account_id()}{scope}".encode()).hexdigest()[:11]

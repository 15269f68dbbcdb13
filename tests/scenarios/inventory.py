"""Everything that stands in the local AWS, as its own list calls tell: what a deployment must not leave behind."""

from __future__ import annotations

import jmespath

# service, list call, arguments, and where the identifiers are in the answer
REGIONAL = [
    ("acm", "list_certificates", {}, "CertificateSummaryList[].CertificateArn"),
    ("apigateway", "get_rest_apis", {}, "items[].name"),
    ("apigateway", "get_domain_names", {}, "items[].domainName"),
    ("cloudwatch", "describe_alarms", {}, "[MetricAlarms[].AlarmName, CompositeAlarms[].AlarmName][]"),
    ("cloudwatch", "list_dashboards", {}, "DashboardEntries[].DashboardName"),
    ("dynamodb", "list_tables", {}, "TableNames"),
    ("ec2", "describe_addresses", {}, "Addresses[].AllocationId"),
    ("ec2", "describe_flow_logs", {}, "FlowLogs[].FlowLogId"),
    ("ec2", "describe_internet_gateways", {}, "InternetGateways[].InternetGatewayId"),
    ("ec2", "describe_nat_gateways", {}, "NatGateways[?State!='deleted'].NatGatewayId"),
    ("ec2", "describe_network_interfaces", {}, "NetworkInterfaces[].NetworkInterfaceId"),
    ("ec2", "describe_route_tables", {}, "RouteTables[].RouteTableId"),
    ("ec2", "describe_security_groups", {}, "SecurityGroups[].GroupId"),
    ("ec2", "describe_subnets", {}, "Subnets[].SubnetId"),
    ("ec2", "describe_vpc_endpoints", {}, "VpcEndpoints[?State!='deleted'].VpcEndpointId"),
    ("ec2", "describe_vpcs", {}, "Vpcs[].VpcId"),
    ("events", "list_rules", {}, "Rules[].Name"),
    ("kms", "list_aliases", {}, "Aliases[?!starts_with(AliasName, 'alias/aws/')].AliasName"),
    ("lambda", "list_functions", {}, "Functions[].FunctionName"),
    ("logs", "describe_log_groups", {}, "logGroups[].logGroupName"),
    ("rds", "describe_db_cluster_parameter_groups", {}, "DBClusterParameterGroups[].DBClusterParameterGroupName"),
    ("rds", "describe_db_cluster_snapshots", {}, "DBClusterSnapshots[].DBClusterSnapshotIdentifier"),
    ("rds", "describe_db_clusters", {}, "DBClusters[].DBClusterIdentifier"),
    ("rds", "describe_db_instances", {}, "DBInstances[].DBInstanceIdentifier"),
    ("rds", "describe_db_parameter_groups", {}, "DBParameterGroups[].DBParameterGroupName"),
    ("rds", "describe_db_subnet_groups", {}, "DBSubnetGroups[].DBSubnetGroupName"),
    ("secretsmanager", "list_secrets", {}, "SecretList[].ARN"),
    ("sns", "list_subscriptions", {}, "Subscriptions[].Endpoint"),
    ("sns", "list_topics", {}, "Topics[].TopicArn"),
    ("sqs", "list_queues", {}, "QueueUrls"),
    ("ssm", "describe_parameters", {}, "Parameters[].Name"),
]
GLOBAL = [
    ("iam", "list_policies", {"Scope": "Local"}, "Policies[].Arn"),
    ("iam", "list_roles", {}, "Roles[].RoleName"),
    ("iam", "list_users", {}, "Users[].UserName"),
    ("rds", "describe_global_clusters", {}, "GlobalClusters[].GlobalClusterIdentifier"),
    ("route53", "list_health_checks", {}, "HealthChecks[].Id"),
    ("route53", "list_hosted_zones", {}, "HostedZones[].Id"),
    ("s3", "list_buckets", {}, "Buckets[].Name"),
]


def snapshot(sandbox) -> set[str]:
    """One line for everything that stands, in both regions and in the global services."""
    lines = set()
    for region in ("us-east-1", "us-east-2"):
        for service, call, arguments, path in REGIONAL:
            lines |= listed(sandbox, region, service, call, arguments, path)
        lines |= living_keys(sandbox, region)
    for entry in GLOBAL:
        lines |= listed(sandbox, "us-east-1", *entry)
    return lines | records(sandbox)


def listed(sandbox, region, service, call, arguments, path) -> set[str]:
    client = sandbox.client(service, region)
    if client.can_paginate(call):
        pages = client.get_paginator(call).paginate(**arguments)
    else:
        pages = [getattr(client, call)(**arguments)]
    return {f"{region} {service} {call}: {one}" for page in pages for one in jmespath.search(path, page) or []}


def living_keys(sandbox, region) -> set[str]:
    """KMS keeps a key for seven days after its deletion: one that is going counts as gone."""
    kms = sandbox.client("kms", region)
    keys = [key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
    metadata = [kms.describe_key(KeyId=key)["KeyMetadata"] for key in keys]
    return {
        f"{region} kms key: {key['KeyId']}"
        for key in metadata
        if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion"
    }


def records(sandbox) -> set[str]:
    route53 = sandbox.client("route53")
    return {
        f"{zone['Name']}: {record['Name']} {record['Type']} {record.get('SetIdentifier', '')}"
        for zone in route53.list_hosted_zones()["HostedZones"]
        for page in route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone["Id"])
        for record in page["ResourceRecordSets"]
    }

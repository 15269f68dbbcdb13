"""One search finds what is tagged, in the region where it is."""

import pytest

TAG = {"Key": "DR-Role", "Value": "sought"}


@pytest.fixture(scope="module")
def tagged(sandbox):
    """Tag one thing of each service in us-east-1; give the services."""
    lower = [{"key": TAG["Key"], "value": TAG["Value"]}]
    flat = {entry["key"]: entry["value"] for entry in lower}
    sandbox.client("logs").create_log_group(logGroupName="/sought", tags=flat)
    sandbox.client("cloudwatch").put_metric_alarm(
        AlarmName="sought",
        Namespace="n",
        MetricName="m",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
        Tags=[TAG],
    )
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.dynamodb",
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": [TAG]}],
    )
    sandbox.client("rds").create_db_cluster(
        DBClusterIdentifier="sought",
        Engine="aurora-postgresql",
        MasterUsername="u",
        MasterUserPassword="not-a-secret",
        Tags=[TAG],
    )
    sandbox.client("ssm").put_parameter(Name="sought", Value="v", Type="String", Tags=[TAG])
    sandbox.client("secretsmanager").create_secret(Name="sought", SecretString="v", Tags=[TAG])
    sandbox.client("acm").request_certificate(DomainName="sought.example.com", ValidationMethod="DNS", Tags=[TAG])
    sandbox.client("apigateway").create_rest_api(name="sought", tags=flat)
    sandbox.client("apigateway").create_domain_name(
        domainName="sought.example.com", tags=flat, endpointConfiguration={"types": ["REGIONAL"]}
    )
    sandbox.client("events").put_rule(Name="sought", ScheduleExpression="rate(1 day)", Tags=[TAG])
    return {"events", "logs", "cloudwatch", "ec2", "rds", "ssm", "secretsmanager", "acm", "apigateway"}


def search(sandbox, region):
    tagging = sandbox.client("resourcegroupstaggingapi", region)
    found = tagging.get_resources(TagFilters=[{"Key": TAG["Key"], "Values": [TAG["Value"]]}])
    return [mapping["ResourceARN"] for mapping in found["ResourceTagMappingList"]]


def test_every_service_is_searched(sandbox, tagged):
    found = search(sandbox, "us-east-1")
    assert {arn.split(":")[2] for arn in found} == tagged
    assert len(found) == len(tagged) + 1  # API Gateway has two


def test_a_search_stays_in_its_region(sandbox, tagged):
    assert search(sandbox, "us-east-2") == []

"""VPC endpoints, flow logs, rules on prefix lists and tags."""

import json

import pytest

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}],
}


@pytest.fixture
def ec2(sandbox):
    return sandbox.client("ec2")


@pytest.fixture(scope="module")
def network(sandbox):
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="group", Description="group", VpcId=vpc)["GroupId"]
    return {"vpc": vpc, "subnet": subnet, "group": group}


def test_an_interface_endpoint_keeps_groups_dns_and_policy(ec2, network):
    made = ec2.create_vpc_endpoint(
        VpcId=network["vpc"],
        ServiceName="com.amazonaws.us-east-1.secretsmanager",
        VpcEndpointType="Interface",
        SubnetIds=[network["subnet"]],
        SecurityGroupIds=[network["group"]],
        PrivateDnsEnabled=True,
        PolicyDocument=json.dumps(POLICY),
    )["VpcEndpoint"]
    described = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["VpcEndpoints"][0]
    assert described == made
    assert described["Groups"] == [{"GroupId": network["group"], "GroupName": "group"}]
    assert described["PrivateDnsEnabled"] is True
    assert json.loads(described["PolicyDocument"]) == POLICY
    assert "secretsmanager.us-east-1.amazonaws.com" in {entry["DnsName"] for entry in described["DnsEntries"]}


def test_an_interface_endpoint_can_change_its_groups(ec2, network):
    made = ec2.create_vpc_endpoint(
        VpcId=network["vpc"],
        ServiceName="com.amazonaws.us-east-1.sqs",
        VpcEndpointType="Interface",
        SecurityGroupIds=[network["group"]],
    )["VpcEndpoint"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=made["VpcEndpointId"],
        RemoveSecurityGroupIds=[network["group"]],
        AddSecurityGroupIds=["sg-0000000000000000a"],
        PrivateDnsEnabled=True,
    )
    described = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["VpcEndpoints"][0]
    assert [group["GroupId"] for group in described["Groups"]] == ["sg-0000000000000000a"]
    assert described["PrivateDnsEnabled"] is True


def test_a_gateway_endpoint_has_the_default_policy_and_no_private_dns(ec2, network):
    made = ec2.create_vpc_endpoint(VpcId=network["vpc"], ServiceName="com.amazonaws.us-east-1.s3")["VpcEndpoint"]
    assert json.loads(made["PolicyDocument"])["Statement"][0]["Action"] == "*"
    assert made["PrivateDnsEnabled"] is False


def test_a_request_that_is_sent_again_makes_nothing_twice(ec2, network):
    wanted = {"VpcId": network["vpc"], "ServiceName": "com.amazonaws.us-east-1.dynamodb", "ClientToken": "sent-twice"}
    first, again = (ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]["VpcEndpointId"] for _ in range(2))
    assert first == again
    other = ec2.create_vpc_endpoint(**wanted | {"ClientToken": "another"})["VpcEndpoint"]["VpcEndpointId"]
    assert other != first


def test_a_flow_log_comes_back_as_made(ec2, network):
    destination = "arn:aws:logs:us-east-1:222222222222:log-group:/aws/vpc/flow"
    ec2.create_flow_logs(
        ResourceIds=[network["vpc"]],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestination=destination,
        DeliverLogsPermissionArn="arn:aws:iam::222222222222:role/flow",
        MaxAggregationInterval=60,
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "Name", "Value": "flow"}]}],
    )
    (log,) = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [network["vpc"]]}])["FlowLogs"]
    assert (log["LogDestination"], log["MaxAggregationInterval"], log["TrafficType"]) == (destination, 60, "REJECT")
    assert log["DeliverLogsPermissionArn"].endswith("role/flow")
    assert log["LogFormat"].startswith("${version}")
    assert log["Tags"] == [{"Key": "Name", "Value": "flow"}]
    assert "LogGroupName" not in log


def test_a_rule_on_a_prefix_list_names_it_even_with_tags(ec2, network):
    ec2.authorize_security_group_egress(
        GroupId=network["group"],
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "PrefixListIds": [{"PrefixListId": "pl-1", "Description": "to S3"}],
            }
        ],
        TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": [{"Key": "Name", "Value": "rule"}]}],
    )
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [network["group"]]}])
    named = [
        (rule["PrefixListId"], rule["Description"]) for rule in rules["SecurityGroupRules"] if "PrefixListId" in rule
    ]
    assert named == [("pl-1", "to S3")]


def test_a_deleted_resource_takes_its_tags_along(ec2):
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "short-lived"}]}]
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    default = groups[0]["GroupId"]
    ec2.create_tags(Resources=[default], Tags=[{"Key": "Name", "Value": "goes with its VPC"}])
    mine = [{"Name": "resource-id", "Values": [vpc, default]}]
    assert len(ec2.describe_tags(Filters=mine)["Tags"]) == 2
    ec2.delete_vpc(VpcId=vpc)
    assert ec2.describe_tags(Filters=mine)["Tags"] == []

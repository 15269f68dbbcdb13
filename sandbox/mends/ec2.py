"""EC2: VPC endpoints, flow logs and rules on prefix lists come back as they were made, and are made once."""

from __future__ import annotations

import functools
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, tostring

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from sandbox import wire

REMEMBERED_TOKENS = 1000
INTERFACE = "Interface"
DEFAULT_POLICY = '{"Version":"2008-10-17","Statement":[{"Action":"*","Effect":"Allow","Resource":"*","Principal":"*"}]}'
# https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html (default format)
DEFAULT_LOG_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
    "${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)


def apply() -> None:
    """Replace the handlers of VPC endpoints and flow logs, and what reads and writes a rule's prefix lists."""
    ec2.handle_request = functools.partial(handle_request, ec2.handle_request, {})
    ec2._parse_ip_permissions = functools.partial(parse_ip_permissions, ec2._parse_ip_permissions)
    ec2._sg_rule_xml = functools.partial(rule_xml, ec2._sg_rule_xml)
    ec2._vpce_fields_xml = vpc_endpoint_xml
    actions = ec2._ACTION_MAP
    actions["CreateVpcEndpoint"] = functools.partial(create_vpc_endpoint, actions["CreateVpcEndpoint"])
    actions["ModifyVpcEndpoint"] = functools.partial(modify_vpc_endpoint, actions["ModifyVpcEndpoint"])
    actions["CreateFlowLogs"] = functools.partial(create_flow_logs, actions["CreateFlowLogs"])
    actions["DescribeFlowLogs"] = describe_flow_logs
    for action in actions:
        if action.startswith(("Delete", "Release")) and action != "DeleteTags":
            actions[action] = functools.partial(forget_tags, actions[action])


async def handle_request(inner, answers: dict, method, path, headers, body, query_params) -> tuple:
    """A repeated request with the same ClientToken gets the first one's answer, and makes nothing twice.

    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
    """
    sent = parse_qs(body.decode())
    token = sent.get("ClientToken")
    if not token:
        return await inner(method, path, headers, body, query_params)
    key = (get_account_id(), get_region(), sent["Action"][0], token[0])
    if key not in answers:
        answer = await inner(method, path, headers, body, query_params)
        if answer[0] != 200:
            return answer
        answers[key] = answer
        if len(answers) > REMEMBERED_TOKENS:
            del answers[next(iter(answers))]
    status, answered_headers, answered_body = answers[key]
    return status, dict(answered_headers), answered_body


def create_vpc_endpoint(inner, params: dict) -> tuple:
    """CreateVpcEndpoint keeps the policy, and an interface endpoint's security groups, private DNS and names.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html
    """
    known = set(ec2._vpc_endpoints)
    inner(params)
    (identifier,) = set(ec2._vpc_endpoints) - known
    endpoint = ec2._vpc_endpoints[identifier]
    endpoint |= {
        "PolicyDocument": ec2._p(params, "PolicyDocument") or DEFAULT_POLICY,
        "CreationTimestamp": ec2._now_ts(),
        "RequesterManaged": False,
        "PrivateDnsEnabled": False,
    }
    if endpoint["VpcEndpointType"] == INTERFACE:
        endpoint |= _interface_facts(identifier, endpoint, params)
    ec2._vpc_endpoints[identifier] = endpoint
    return ec2._xml(200, "CreateVpcEndpointResponse", vpc_endpoint_xml(endpoint, "vpcEndpoint"))


def _interface_facts(identifier: str, endpoint: dict, params: dict) -> dict:
    region, service = endpoint["ServiceName"].split(".", 3)[2:]
    private = ec2._p(params, "PrivateDnsEnabled").lower() == "true"
    names = [f"{identifier}.{service}.{region}.vpce.amazonaws.com"]
    names += [f"{service}.{region}.amazonaws.com"] if private else []
    return {
        "SecurityGroupIds": ec2._parse_member_list(params, "SecurityGroupId"),
        "PrivateDnsEnabled": private,
        "IpAddressType": ec2._p(params, "IpAddressType") or "ipv4",
        "DnsRecordIpType": ec2._p(params, "DnsOptions.DnsRecordIpType") or "ipv4",
        "DnsNames": names,
    }


def modify_vpc_endpoint(inner, params: dict) -> tuple:
    """ModifyVpcEndpoint changes security groups and private DNS too.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html
    """
    answer = inner(params)
    endpoint = ec2._vpc_endpoints.get(ec2._p(params, "VpcEndpointId"))
    if endpoint is None:
        return answer
    removed = ec2._parse_member_list(params, "RemoveSecurityGroupId")
    kept = [group for group in endpoint.get("SecurityGroupIds", []) if group not in removed]
    endpoint["SecurityGroupIds"] = kept + ec2._parse_member_list(params, "AddSecurityGroupId")
    if private := ec2._p(params, "PrivateDnsEnabled"):
        endpoint["PrivateDnsEnabled"] = private.lower() == "true"
    if ec2._p(params, "ResetPolicy").lower() == "true":
        endpoint["PolicyDocument"] = DEFAULT_POLICY
    return answer


def vpc_endpoint_xml(endpoint: dict, tag: str = "item") -> str:
    """Write a VpcEndpoint whole; the emulator left out policy, groups, private DNS and names.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
    """
    value = endpoint | {
        "Groups": [
            {"GroupId": group, "GroupName": _group_name(group)} for group in endpoint.get("SecurityGroupIds", [])
        ],
        "DnsEntries": [{"DnsName": name, "HostedZoneId": "Z7HUB22UULQXV"} for name in endpoint.get("DnsNames", [])],
        "DnsOptions": {"DnsRecordIpType": endpoint.get("DnsRecordIpType")},
        "NetworkInterfaceIds": [],
        "Tags": ec2._tags.get(endpoint["VpcEndpointId"], []),
    }
    element = Element(tag)
    wire.to_xml(element, value, wire.service("ec2").shape_for("VpcEndpoint"))
    return tostring(element, "unicode")


def _group_name(identifier: str) -> str:
    return ec2._security_groups.get(identifier, {}).get("GroupName", "")


def create_flow_logs(inner, params: dict) -> tuple:
    """CreateFlowLogs keeps role, destination, format and interval; without them every plan replaces the flow log.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
    """
    known = set(ec2._flow_logs)
    answer = inner(params)
    for identifier in set(ec2._flow_logs) - known:
        ec2._parse_tag_specs(params, "vpc-flow-log", identifier)
        ec2._flow_logs[identifier] |= {
            "LogGroupName": ec2._p(params, "LogGroupName") or None,
            "LogDestination": ec2._p(params, "LogDestination") or None,
            "DeliverLogsPermissionArn": ec2._p(params, "DeliverLogsPermissionArn") or None,
            "DeliverLogsStatus": "SUCCESS",
            "LogFormat": ec2._p(params, "LogFormat") or DEFAULT_LOG_FORMAT,
            "MaxAggregationInterval": int(ec2._p(params, "MaxAggregationInterval") or 600),
        }
    return answer


def describe_flow_logs(params: dict) -> tuple:
    """DescribeFlowLogs by id or by filter.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html
    """
    identifiers, filters = ec2._parse_member_list(params, "FlowLogId"), ec2._parse_filters(params)
    fields = {
        "resource-id": "ResourceId",
        "flow-log-id": "FlowLogId",
        "log-group-name": "LogGroupName",
        "traffic-type": "TrafficType",
        "log-destination-type": "LogDestinationType",
    }
    chosen = [
        log | {"Tags": ec2._tags.get(identifier, [])}
        for identifier, log in ec2._flow_logs.items()
        if (not identifiers or identifier in identifiers)
        and ec2._resource_matches_tag_filters(identifier, filters)
        and all(log.get(field) in filters[name] for name, field in fields.items() if name in filters)
    ]
    element = Element("flowLogSet")
    wire.to_xml(element, chosen, wire.service("ec2").shape_for("FlowLogSet"))
    return ec2._xml(200, "DescribeFlowLogsResponse", tostring(element, "unicode"))


def forget_tags(inner, params: dict) -> tuple:
    """Deleting a resource deletes its tags, and those of what goes with it: the emulator kept most.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
    """
    before = _dependents()
    answer = inner(params)
    if answer[0] == 200:
        named = {value[0] if isinstance(value, list) else value for value in params.values()}
        for identifier in named | (before - _dependents()):
            ec2._tags.pop(identifier, None)
    return answer


def _dependents() -> set[str]:
    """Return what can vanish with something else: a VPC's default groups, tables and lists, a group's rules."""
    rules = {
        ec2._sg_rule_id(group, is_egress, rule)
        for group, record in ec2._security_groups.items()
        for field, is_egress in (("IpPermissions", False), ("IpPermissionsEgress", True))
        for rule in record[field]
    }
    return rules | {*ec2._security_groups, *ec2._route_tables, *ec2._network_acls}


def parse_ip_permissions(inner, params: dict, prefix: str) -> list[dict]:
    """Read IpPermissions with their prefix lists, which the emulator skipped.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
    """
    rules = inner(params, prefix)
    for number, rule in enumerate(rules, 1):
        entry = 1
        while identifier := ec2._p(params, f"{prefix}.{number}.PrefixListIds.{entry}.PrefixListId"):
            described = ec2._p(params, f"{prefix}.{number}.PrefixListIds.{entry}.Description")
            rule["PrefixListIds"].append(
                {"PrefixListId": identifier} | ({"Description": described} if described else {})
            )
            entry += 1
    return rules


def rule_xml(inner, group: str, rule: dict, is_egress: bool = False) -> str:
    """A SecurityGroupRule on a prefix list names it: the emulator left it a rule on nothing.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html
    """
    text = inner(group, rule, is_egress=is_egress)
    if len(rule.get("PrefixListIds", [])) != 1:
        return text
    identifier = rule["PrefixListIds"][0]["PrefixListId"]
    return text.replace("</toPort>", f"</toPort><prefixListId>{identifier}</prefixListId>", 1)

"""Asks a region for what it needs to take payments; answers in the shape that region_services_info documents.

Every function takes a boto3 client, answers None for what does not exist, and raises AwsFailure.
"""

from __future__ import annotations

import datetime
from typing import Any

from .calls import describing
from .evacuation import NAMESPACE
from .objectives import days_left

#: DescribeAlarms takes so many names at most:
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
ALARMS_A_CALL = 100


def read_function(awslambda: Any, name: str, version: str = "PAYMENTS_VERSION") -> dict[str, Any] | None:
    """What RETURN calls function. `version` names the variable of its environment that holds the code's version."""
    with describing(f"describe the function {name}", awslambda.meta.region_name):
        try:
            found = awslambda.get_function_configuration(FunctionName=name)
        except awslambda.exceptions.ResourceNotFoundException:
            return None
        reserved = awslambda.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    return {
        "name": found["FunctionName"],
        "state": found.get("State", ""),
        "last_update": found.get("LastUpdateStatus", ""),
        "version": found.get("Environment", {}).get("Variables", {}).get(version, ""),
        "code_sha256": found.get("CodeSha256", ""),
        "runtime": found.get("Runtime", ""),
        "architecture": next(iter(found.get("Architectures", [])), ""),
        "memory_mb": found.get("MemorySize", 0),
        "timeout_seconds": found.get("Timeout", 0),
        "reserved_concurrency": reserved,
    }


def read_rule(events: Any, name: str) -> dict[str, Any] | None:
    """What RETURN calls repair_rule."""
    with describing(f"describe the rule {name}", events.meta.region_name):
        try:
            found = events.describe_rule(Name=name)
        except events.exceptions.ResourceNotFoundException:
            return None
        targets = events.list_targets_by_rule(Rule=name)["Targets"]
    return {
        "name": found["Name"],
        "state": found.get("State", ""),
        "schedule": found.get("ScheduleExpression", ""),
        "targets": sorted(target["Arn"] for target in targets),
    }


def read_certificate(acm: Any, arn: str) -> dict[str, Any] | None:
    """What RETURN calls certificate."""
    with describing(f"describe the certificate {arn}", acm.meta.region_name):
        try:
            found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        except acm.exceptions.ResourceNotFoundException:
            return None
    expires, now = found.get("NotAfter"), datetime.datetime.now(datetime.UTC)
    return {
        "arn": arn,
        "status": found.get("Status", ""),
        "days_left": days_left((expires - now).total_seconds()) if expires else None,
        "names": sorted({found.get("DomainName", ""), *found.get("SubjectAlternativeNames", [])} - {""}),
    }


def read_secret(secretsmanager: Any, name: str) -> dict[str, Any] | None:
    """What RETURN calls secret."""
    with describing(f"describe the secret {name}", secretsmanager.meta.region_name):
        try:
            found = secretsmanager.describe_secret(SecretId=name)
        except secretsmanager.exceptions.ResourceNotFoundException:
            return None
    versions = found.get("VersionIdsToStages", {})
    return {
        "arn": found["ARN"],
        "deleted": "DeletedDate" in found,
        "primary_region": found.get("PrimaryRegion", ""),
        "current_version": next((one for one, stages in versions.items() if "AWSCURRENT" in stages), ""),
        "replicas": [
            {"region": one["Region"], "status": one.get("Status", "")} for one in found.get("ReplicationStatus", [])
        ],
    }


def read_alarms(cloudwatch: Any, names: list[str]) -> list[dict[str, Any]]:
    """What RETURN calls alarms."""
    found = []
    with describing("describe the alarms", cloudwatch.meta.region_name):
        pages = cloudwatch.get_paginator("describe_alarms")
        for start in range(0, len(names), ALARMS_A_CALL):
            some = names[start : start + ALARMS_A_CALL]
            answer = pages.paginate(AlarmNames=some, AlarmTypes=["MetricAlarm", "CompositeAlarm"]).build_full_result()
            found += answer.get("MetricAlarms", []) + answer.get("CompositeAlarms", [])
    return [_alarm(alarm) for alarm in sorted(found, key=lambda alarm: alarm["AlarmName"])]


def _alarm(found: dict[str, Any]) -> dict[str, Any]:
    """What RETURN lists as alarms."""
    return {
        "name": found["AlarmName"],
        "state": found.get("StateValue", ""),
        "actions_enabled": found.get("ActionsEnabled", False),
        "alarm_actions": found.get("AlarmActions", []),
        "threshold": found.get("Threshold"),
    }


def read_topic(sns: Any, arn: str) -> dict[str, Any] | None:
    """What RETURN calls topic."""
    with describing(f"describe the topic {arn}", sns.meta.region_name):
        try:
            attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        except sns.exceptions.NotFoundException:
            return None
    return {"arn": arn, "subscriptions": int(attributes.get("SubscriptionsConfirmed", 0))}


def seconds_since_evaluation(cloudwatch: Any, minutes: int, now: datetime.datetime) -> int | None:
    """The age of the last minute in which the region's failover function evaluated, or None in the last `minutes`."""
    region = cloudwatch.meta.region_name
    with describing("read the evaluations of the failover function", region):
        points = cloudwatch.get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName="Evaluations",
            Dimensions=[{"Name": "Region", "Value": region}],
            StartTime=now - datetime.timedelta(minutes=minutes),
            EndTime=now,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
    newest = max((point["Timestamp"] for point in points if point["Sum"] > 0), default=None)
    return None if newest is None else max(0, int((now - newest).total_seconds()))

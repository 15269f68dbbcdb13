"""The inventory's variables: checked before anything is touched, and turned into Terraform's.

Pure: a mapping of variables in; the list of errors, or Terraform's variable files, out. An error names the variable,
says what is wrong with it, and how to mend it.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from .names import BUCKET_NAME_LIMIT, longest_bucket_name

HOME_ROLES = ("primary", "dr")
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html
CHECK_INTERVALS = (10, 30)
# How often the failover function is woken: the finest that EventBridge offers
# (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html), terraform's failover.tf.
SCHEDULE_SECONDS = 60
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html: a VPC's block is a /16 to a /28; three
# private and three public subnets of a sixteenth each need a /24 at least
VPC_PREFIXES = range(16, 25)


@dataclass(frozen=True)
class Rule:
    """What a variable must be: `wants` says it to a person, `holds` decides."""

    wants: str
    holds: Callable[[Any], bool]


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(pattern: str, wants: str) -> Rule:
    return Rule(wants, lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None)


def _whole(low: int, high: int, unit: str = "") -> Rule:
    wants = f"a whole number from {low} to {high}{' ' + unit if unit else ''}"
    return Rule(wants, lambda value: _is_int(value) and low <= value <= high)


def _one_of(*values: Any) -> Rule:
    def holds(value: Any) -> bool:
        return not isinstance(value, bool) and value in values

    return Rule("one of " + ", ".join(map(str, values)), holds)


def _list_of(item: Rule, wants: str, count: int | None = None) -> Rule:
    def holds(value: Any) -> bool:
        return (
            isinstance(value, list)
            and (count is None or len(value) == count)
            and all(item.holds(one) for one in value)
            and len(set(map(str, value))) == len(value)
        )

    return Rule(wants, holds)


def _is_capacity(value: Any) -> bool:
    # Aurora Serverless v2 capacity: half steps from 0 to 256.
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 256 and value * 2 % 1 == 0


def _is_network(value: Any) -> bool:
    try:
        network = ipaddress.IPv4Network(value)
    except (TypeError, ValueError):
        return False
    return isinstance(value, str) and network.is_private and network.prefixlen in VPC_PREFIXES


CAPACITY = Rule("a capacity in ACU from 0 to 256 in steps of 0.5", _is_capacity)
DAYS = _whole(1, 3650, "days")
NAME = _text(r"[a-z][a-z0-9]{1,15}", "2 to 16 lower-case letters and digits, a letter first")
DNS_NAME = _text(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", "a DNS name such as payments.example.com"
)
EMAIL = _text(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")
AWS_SERVICE = _text(r"[a-z0-9][a-z0-9.-]*", "a service name such as secretsmanager")

SHARED_RULES: dict[str, Rule] = {
    "environment_name": NAME,
    "environment_suffix": _text(r"[a-z0-9]+", "lower-case letters and digits"),
    "account_id": _text(r"\d{12}", "an AWS account id of 12 digits, in quotes"),
    "deploy_role_arn": _text(
        r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+",
        "the ARN of the role to deploy with, arn:aws:iam::<account>:role/<name>",
    ),
    "domain_name": DNS_NAME,
    "api_name": _text(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "one DNS label such as api"),
    "database.secret_name": _text(r"[\w/+=.@-]{1,512}", "the name of the existing secret in Secrets Manager"),
    "database.username": _text(
        r"[a-z][a-z0-9_]{0,15}", "the user name that the secret holds: 1 to 16 letters, digits and _"
    ),
    "database.name": _text(r"[a-z][a-z0-9_]{0,62}", "a PostgreSQL database name"),
    "database.engine_version": _text(r"\d+\.\d+", "an Aurora PostgreSQL version such as 16.8, in quotes"),
    "database.backup_retention_days": _whole(1, 35, "days"),
    "database.password_version": _whole(1, 2**31 - 1),
    "function.memory_mb": _whole(128, 10240, "MB"),
    # API Gateway gives up after 29 s: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    "function.timeout_seconds": _whole(1, 29, "seconds (API Gateway gives up after 29)"),
    "function.reserved_concurrency": _whole(1, 10000),
    "function.log_retention_days": _one_of(*RETENTION_DAYS),
    "function.log_level": _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    "durability": _one_of("strict", "available"),
    "journal.retention_days": _whole(7, 3650, "days (an entry may not expire before a failover is reconciled)"),
    "failover.detection_seconds": _whole(
        30, 300, "seconds (Aurora mends itself within its region in less than a minute)"
    ),
    "failover.agreement_seconds": _whole(10, 300, "seconds"),
    "failover.probe_interval_seconds": _whole(1, 10, "seconds"),
    "failover.calm_interval_seconds": _whole(5, 20, "seconds (probes further apart do not count together)"),
    "failover.lag_age_seconds": _whole(60, 900, "seconds (Aurora publishes its lag once a minute)"),
    "health_check.interval_seconds": _one_of(*CHECK_INTERVALS),
    "health_check.failure_threshold": _whole(1, 10),
    "record_ttl_seconds": _whole(1, 86400, "seconds"),
    "objectives.rto_seconds": _whole(1, 86400, "seconds"),
    "objectives.rpo_seconds": _whole(1, 86400, "seconds"),
    "objectives.promotion_seconds": _whole(1, 3600, "seconds"),
    "alert_emails": _list_of(EMAIL, "a list of e-mail addresses, each once"),
    "storage.infrequent_access_days": _whole(30, 3650, "days (S3 moves nothing there sooner than 30)"),
    "storage.archive_days": DAYS,
    "storage.expire_days": DAYS,
    "storage.noncurrent_days": DAYS,
    "throttling.rate_limit": _whole(1, 10000, "requests a second"),
    "throttling.burst_limit": _whole(1, 5000, "requests"),
    "api_latency_threshold_ms": _whole(1, 29000, "ms"),
    "manage_api_gateway_account": Rule("true or false", lambda value: isinstance(value, bool)),
    "aws_max_retries": _whole(0, 50),
}

REGION_RULES: dict[str, Rule] = {
    "dr_role": _one_of(*HOME_ROLES),
    "vpc_cidr": Rule("a private IPv4 block from /16 to /24 such as 10.10.0.0/16", _is_network),
    "availability_zones": _list_of(
        _text(r"[a-z]{2}(-[a-z]+)+-\d[a-z]", "a zone"), "a list of three availability zones, each once", count=3
    ),
    "nat_gateways": _one_of(1, 3),
    "interface_endpoints": _list_of(AWS_SERVICE, "a list of service names, may be empty"),
    "aurora.instances": _whole(1, 15),
    "aurora.min_capacity": CAPACITY,
    "aurora.max_capacity": CAPACITY,
}


def shared_errors(variables: dict[str, Any]) -> list[str]:
    """What is wrong with the variables that both regions share."""
    errors = _rule_errors(variables, SHARED_RULES, where="group_vars/all")
    if errors:
        return errors
    storage, throttling = variables["storage"], variables["throttling"]
    if not storage["infrequent_access_days"] < storage["archive_days"] < storage["expire_days"]:
        errors.append(
            "storage: infrequent_access_days, archive_days and expire_days must rise in that order, not "
            f"{storage['infrequent_access_days']}, {storage['archive_days']}, {storage['expire_days']}"
        )
    if (slowest := _slowest_failover(variables)) >= variables["objectives"]["rto_seconds"]:
        errors.append(
            f"failover: the function may need {SCHEDULE_SECONDS} + detection_seconds + agreement_seconds + "
            f"objectives.promotion_seconds = {slowest} s, and objectives.rto_seconds is "
            f"{variables['objectives']['rto_seconds']}; lower one of them"
        )
    if throttling["burst_limit"] < throttling["rate_limit"]:
        errors.append("throttling.burst_limit: is below throttling.rate_limit; set it to that or more")
    if f"::{variables['account_id']}:" not in variables["deploy_role_arn"]:
        errors.append(
            f"deploy_role_arn: {variables['deploy_role_arn']} is not in account_id {variables['account_id']}; "
            "the role to assume lives in the account that is deployed to"
        )
    return errors


def _slowest_failover(variables: dict[str, Any]) -> int:
    """The longest that the function takes, in seconds: it may just have looked for the last time when the outage
    begins, and in a run that was cut short that is a minute before the next."""
    windows = variables["failover"]
    return (
        SCHEDULE_SECONDS
        + windows["detection_seconds"]
        + windows["agreement_seconds"]
        + variables["objectives"]["promotion_seconds"]
    )


def region_errors(regions: list[dict[str, Any]], known_regions: list[str]) -> list[str]:
    """What is wrong with the regions' variables; `known_regions` are those that AWS has for Aurora."""
    errors: list[str] = []
    for region in regions:
        where = f"host_vars/{region['host']}"
        if region.get("region") not in known_regions:
            errors.append(
                f"region ({where}): {region.get('region')!r} is not a region of AWS with Aurora; "
                "set it to one such as us-east-1"
            )
        found = _rule_errors(region, REGION_RULES, where)
        errors += found
        if not found:
            errors += _capacity_and_zone_errors(region, where)
    return errors + _pair_errors(regions)


def _capacity_and_zone_errors(region: dict[str, Any], where: str) -> list[str]:
    errors = []
    aurora, name = region["aurora"], region.get("region")
    if aurora["min_capacity"] > aurora["max_capacity"] or aurora["max_capacity"] < 1:
        errors.append(
            f"aurora.max_capacity ({where}): must be 1 or more and not below aurora.min_capacity, "
            f"{aurora['min_capacity']}"
        )
    strangers = [zone for zone in region["availability_zones"] if zone[:-1] != name]
    if strangers:
        errors.append(f"availability_zones ({where}): {', '.join(strangers)} not in region {name}")
    return errors


def _pair_errors(regions: list[dict[str, Any]]) -> list[str]:
    errors = []
    names = [region.get("region") for region in regions]
    errors += [
        f"region: {name} is given to {count} hosts; the two regions must be different ones"
        for name, count in Counter(names).items()
        if count > 1
    ]
    roles = sorted(str(region.get("dr_role")) for region in regions)
    if roles != sorted(HOME_ROLES):
        errors.append(
            "dr_role: the group regions needs one host with primary and one with dr, and has "
            + (", ".join(roles) or "none")
        )
    blocks = [(r["host"], ipaddress.IPv4Network(r["vpc_cidr"])) for r in regions if _is_network(r.get("vpc_cidr"))]
    errors += [
        f"vpc_cidr: {one} of {a} and {other} of {b} overlap; give each region a block of its own"
        for (a, one), (b, other) in combinations(blocks, 2)
        if one.overlaps(other)
    ]
    return errors


def name_errors(variables: dict[str, Any], regions: list[dict[str, Any]]) -> list[str]:
    """Names that AWS would refuse; call it when the variables themselves are right."""
    environment, suffix = variables["environment_name"], variables["environment_suffix"]
    errors = []
    for region in regions:
        name = longest_bucket_name(environment, suffix, region["region"])
        if len(name) > BUCKET_NAME_LIMIT:
            spare = max(0, BUCKET_NAME_LIMIT - len(name) + len(suffix))
            errors.append(
                f"environment_suffix: {suffix!r} makes the bucket name {name}, {len(name)} characters, and S3 allows "
                f"{BUCKET_NAME_LIMIT}; shorten it to {spare} characters or fewer"
            )
            break
    return errors


def errors_in(variables: dict[str, Any], regions: list[dict[str, Any]], known_regions: list[str]) -> list[str]:
    """Everything that is wrong with an inventory; an empty list when it can be deployed."""
    errors = shared_errors(variables) + region_errors(regions, known_regions)
    return errors or name_errors(variables, regions)


def _rule_errors(variables: dict[str, Any], rules: dict[str, Rule], where: str) -> list[str]:
    errors = []
    for name, rule in rules.items():
        value = _lookup(variables, name)
        if value is None:
            errors.append(f"{name} ({where}): is not set; set it to {rule.wants}")
        elif not rule.holds(value):
            errors.append(f"{name} ({where}): is {value!r} and must be {rule.wants}")
    return errors


def _lookup(variables: dict[str, Any], name: str) -> Any:
    value: Any = variables
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _picked(variables: dict[str, Any], rules: dict[str, Rule]) -> dict[str, Any]:
    """The variables that the rules know, nested as they were: what else an inventory holds does not reach Terraform."""
    picked: dict[str, Any] = {}
    for name in rules:
        group, _dot, field = name.partition(".")
        if field:
            picked.setdefault(group, {})[field] = variables[group][field]
        else:
            picked[name] = variables[name]
    return picked


def shared_variables(variables: dict[str, Any]) -> dict[str, Any]:
    """Terraform's variables of both regions, but for the functions' packages and versions, which are built later."""
    picked = _picked(variables, SHARED_RULES)
    picked["environment"] = picked.pop("environment_name")
    picked["environmentSuffix"] = picked.pop("environment_suffix")
    return picked


def region_variables(region: dict[str, Any]) -> dict[str, Any]:
    """Terraform's variables of one region, under its home role: {"primary": {...}} or {"dr": {...}}."""
    picked = _picked(region, REGION_RULES)
    return {picked.pop("dr_role"): {"region": region["region"], **picked}}

"""Resource Groups Tagging: GetResources sees the services that the emulator leaves out.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
(IAM roles are not among them on AWS either.)
"""

from __future__ import annotations

from collections.abc import Iterator

from ministack.core.responses import get_account_id, get_region
from ministack.services import acm, apigateway_v1, cloudwatch, cloudwatch_logs, ec2, rds, route53, tagging

Tagged = Iterator[tuple[str, list[dict[str, str]]]]

GLOBAL_REGION = "us-east-1"
EC2_TYPES = {
    "eipalloc": "elastic-ip",
    "fl": "vpc-flow-log",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}


def apply() -> None:
    """Add a collector for every service of this project that has none."""
    tagging._COLLECTORS.update(
        {
            "acm": certificates,
            "apigateway": rest_apis,
            "cloudwatch": alarms,
            "ec2": network,
            "logs": log_groups,
            "rds": databases,
            "route53": health_checks,
            "secretsmanager": tagging._collect_secretsmanager,
            "ssm": tagging._collect_ssm,
        }
    )


def certificates() -> Tagged:
    """Certificates of the region."""
    for arn, certificate in acm._certificates.items():
        yield arn, certificate.get("Tags", [])


def rest_apis() -> Tagged:
    """REST APIs, their stages, and custom domain names of the region."""
    yield from _of_region(apigateway_v1._v1_tags.items())
    prefix = f"arn:aws:apigateway:{get_region()}::"
    for api, stages in apigateway_v1._stages_v1.items():
        for name, stage in stages.items():
            yield f"{prefix}/restapis/{api}/stages/{name}", tagging._normalise_flat(stage.get("tags"))
    for name, domain in apigateway_v1._domain_names.items():
        yield f"{prefix}/domainnames/{name}", tagging._normalise_flat(domain.get("tags"))


def alarms() -> Tagged:
    """Metric and composite alarms of the region."""
    yield from _of_region(cloudwatch._resource_tags.items())


def network() -> Tagged:
    """Whatever EC2 has tagged in the region."""
    for identifier, tags in ec2._tags.items():
        kind = EC2_TYPES.get(identifier.rpartition("-")[0])
        if kind:
            yield f"arn:aws:ec2:{get_region()}:{get_account_id()}:{kind}/{identifier}", tags


def log_groups() -> Tagged:
    """Log groups of the region."""
    for name, group in cloudwatch_logs._log_groups.items():
        yield (
            f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}",
            tagging._normalise_flat(group.get("tags")),
        )


def databases() -> Tagged:
    """Clusters, instances, groups of the region; global clusters are of no region and show in us-east-1."""
    for arn, tags in rds._tags.items():
        if (arn.split(":")[3] or GLOBAL_REGION) == get_region():
            yield arn, tags


def health_checks() -> Tagged:
    """Health checks and hosted zones, which show in us-east-1."""
    if get_region() == GLOBAL_REGION:
        for (kind, identifier), tags in route53._tags.items():
            yield f"arn:aws:route53:::{kind}/{identifier}", tagging._normalise_flat(tags)


def _of_region(tags_by_arn) -> Tagged:
    for arn, tags in tags_by_arn:
        if arn.split(":")[3] == get_region():
            yield arn, tagging._normalise_flat(tags)

"""One screen about a running sandbox: where it answers, who lives there, what stands in each region, how it goes."""

from __future__ import annotations

from botocore.client import BaseClient

from sandbox import outages, process, seeds, watching
from sandbox.config import REGIONS, Config

# What is counted in each region: label, service, operation, the list in its answer.
COUNTED = (
    ("VPCs", "ec2", "describe_vpcs", "Vpcs"),
    ("NAT gateways", "ec2", "describe_nat_gateways", "NatGateways"),
    ("database instances", "rds", "describe_db_instances", "DBInstances"),
    ("functions", "lambda", "list_functions", "Functions"),
    ("REST APIs", "apigateway", "get_rest_apis", "items"),
    ("custom domains", "apigateway", "get_domain_names", "items"),
    ("certificates", "acm", "list_certificates", "CertificateSummaryList"),
    ("alarms", "cloudwatch", "describe_alarms", "MetricAlarms"),
    ("topics", "sns", "list_topics", "Topics"),
    ("queues", "sqs", "list_queues", "QueueUrls"),
    ("secrets", "secretsmanager", "list_secrets", "SecretList"),
)
DEFAULT_VPCS = [{"Name": "is-default", "Values": ["false"]}]
LABEL_WIDTH = 20


def screen(config: Config) -> str:
    """Return the text that `status` prints."""
    clients = Clients(config)
    return "\n".join(
        [
            *address_lines(config),
            accounts_line(config),
            *outages.load(config.dir).lines(),
            "",
            row("", *REGIONS),
            *(row(what[0], *(count(clients, region, what) for region in REGIONS)) for what in COUNTED),
            row("buckets", *(bucket_count(clients, region) for region in REGIONS)),
            "",
            *(line for region in REGIONS for line in cluster_lines(clients, region)),
            *route53_lines(clients),
            "",
            *watching.lines(config, clients),
        ]
    )


class Clients:
    """The production account's clients, each made once."""

    def __init__(self, config: Config) -> None:
        """Make clients for the sandbox of `config`."""
        self._config = config
        self._session = seeds.session()
        self._made: dict[tuple[str, str], BaseClient] = {}

    def __call__(self, service: str, region: str = REGIONS[0]) -> BaseClient:
        """Return the client of a service in a region."""
        key = service, region
        if key not in self._made:
            self._made[key] = seeds.client(
                self._config, service, self._config.accounts.production, region, self._session, operator=True
            )
        return self._made[key]


def address_lines(config: Config) -> list[str]:
    """Say where everything answers."""
    endpoints = ", ".join(f"{region} {ip}:{config.tls_port}" for region, ip in config.addresses.items())
    return [
        f"AWS APIs   {config.endpoint}  (pid {process.running_pid(config.pid_file)}, {config.dir})",
        f"DNS        {config.host}:{config.dns_port}  ({config.zone_name})",
        f"API        {endpoints}",
    ]


def accounts_line(config: Config) -> str:
    """Name the accounts of the organization."""
    organizations = seeds.client(config, "organizations", config.accounts.management, operator=True)
    found = organizations.list_accounts()["Accounts"]
    return "accounts   " + ", ".join(f"{account['Id']} {account['Name']}" for account in found)


def count(clients: Clients, region: str, what: tuple[str, str, str, str]) -> int:
    """Count one kind of resource in one region."""
    _, service, operation, key = what
    arguments = {"Filters": DEFAULT_VPCS} if operation == "describe_vpcs" else {}
    return len(getattr(clients(service, region), operation)(**arguments).get(key, []))


def bucket_count(clients: Clients, region: str) -> int:
    """Count the buckets of a region."""
    return len(clients("s3", region).list_buckets(BucketRegion=region)["Buckets"])


def cluster_lines(clients: Clients, region: str) -> list[str]:
    """Say of each cluster of a region what it is and what it has."""
    rds = clients("rds", region)
    roles = {
        member["DBClusterArn"]: f"{'writer' if member['IsWriter'] else 'reader'} of "
        f"{cluster['GlobalClusterIdentifier']}"
        for cluster in rds.describe_global_clusters()["GlobalClusters"]
        for member in cluster["GlobalClusterMembers"]
    }
    return [
        f"{region}  {cluster['DBClusterIdentifier']}: {cluster['Status']}, "
        f"{roles.get(cluster['DBClusterArn'], 'standalone')}, {len(cluster['DBClusterMembers'])} instances"
        f"{watching.lag(clients, region, cluster['DBClusterIdentifier'])}"
        for cluster in rds.describe_db_clusters()["DBClusters"]
    ]


def route53_lines(clients: Clients) -> list[str]:
    """Count the records of each zone, and the health checks."""
    route53 = clients("route53")
    checks = len(route53.list_health_checks()["HealthChecks"])
    return [
        f"{zone['Name']} {zone['ResourceRecordSetCount']} records, {checks} health checks"
        for zone in route53.list_hosted_zones()["HostedZones"]
    ]


def row(label: str, *cells: object) -> str:
    """Lay out one line of the table."""
    return f"{label:<{LABEL_WIDTH}}" + "".join(f"{cell:>12}" for cell in cells)

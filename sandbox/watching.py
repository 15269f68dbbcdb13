"""The part of the status screen that says how it goes: lag, health checks, the DNS answer, alarms."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from botocore.client import BaseClient
from dnslib import DNSError, DNSRecord

from sandbox import process
from sandbox.config import REGIONS, Config

Clients = Callable[..., BaseClient]
NAME_WIDTH = 48
LAG_METRIC = "AuroraGlobalDBRPOLag"
LAG_SECONDS = 300  # how old the last known lag may be
DNS_SECONDS = 2


def lag(clients: Clients, region: str, cluster: str) -> str:
    """Return the newest replication lag of a secondary as text; empty where none was measured lately."""
    now = time.time()
    points = clients("cloudwatch", region).get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName=LAG_METRIC,
        StartTime=now - LAG_SECONDS,
        EndTime=now + 1,
        Period=60,
        Dimensions=[{"Name": "DBClusterIdentifier", "Value": cluster}],
        Statistics=["Maximum"],
    )["Datapoints"]
    newest = max(points, key=lambda point: point["Timestamp"], default=None)
    return f", lag {newest['Maximum']:.0f} ms" if newest else ""


def lines(config: Config, clients: Clients) -> list[str]:
    """Return the lines about health, DNS and alarms."""
    return [
        *check_lines(config, clients),
        dns_line(config),
        *(line for region in REGIONS for line in alarm_lines(clients, region)),
    ]


def check_lines(config: Config, clients: Clients) -> list[str]:
    """Say of each health check whether it is healthy, and what was last seen."""
    with process.DIRECTLY.open(config.endpoint + process.CHECKS_PATH, timeout=DNS_SECONDS) as answer:
        seen = json.load(answer)
    rows = sorted(
        (name_of(clients("route53"), identifier), "healthy" if check["healthy"] else "UNHEALTHY", check["report"])
        for identifier, check in seen.items()
    )
    return [f"{status:<10} {name:<{NAME_WIDTH}} {report}".rstrip() for name, status, report in rows]


def name_of(route53: BaseClient, check: str) -> str:
    """Return the Name tag of a health check, or its id."""
    tags = route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=check)["ResourceTagSet"]["Tags"]
    return next((tag["Value"] for tag in tags if tag["Key"] == "Name"), check)


def dns_line(config: Config) -> str:
    """Say where the payment API's name leads now, as a client is told."""
    name = f"api.{config.zone_name}"
    try:
        question = DNSRecord.question(name, "A")
        answer = DNSRecord.parse(question.send(config.host, config.dns_port, timeout=DNS_SECONDS))
    except (OSError, DNSError) as error:
        return f"{name} -> nobody answered ({error})"
    hops = [str(record.rdata).rstrip(".") for record in answer.rr]
    region = next((each for each, address in config.addresses.items() if hops[-1:] == [address]), None)
    return " -> ".join([name, *(hops or ["nothing"]), *([region] if region else [])])


def alarm_lines(clients: Clients, region: str) -> list[str]:
    """Count the alarms of a region, and name those that are not OK."""
    found = clients("cloudwatch", region).describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    every = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    loud = sorted((alarm["StateValue"], alarm["AlarmName"]) for alarm in every if alarm["StateValue"] != "OK")
    return [
        f"{region}  {len(every) - len(loud)} of {len(every)} alarms OK",
        *(f"  {state}  {name}" for state, name in loud),
    ]

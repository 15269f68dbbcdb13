"""What keeps a standby from taking over, each with its end, and the guard that must name it."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import time
from collections.abc import Callable, Iterator
from typing import Any

from .hurried import told
from .looking import DR, PRIMARY, SECRET
from .sabotage import self_signed
from .two_regions import Site

INSTANCE = [
    "AvailabilityZone",
    "AutoMinorVersionUpgrade",
    "CACertificateIdentifier",
    "CopyTagsToSnapshot",
    "DBClusterIdentifier",
    "DBInstanceClass",
    "DBInstanceIdentifier",
    "Engine",
    "PerformanceInsightsKMSKeyId",
    "PreferredMaintenanceWindow",
    "PromotionTier",
    "PubliclyAccessible",
]
ANOTHER_VERSION = {"17.7": "17.6"}
OVER_THE_RPO = 400_000.0  # milliseconds
ROW_MINUTES = 15
Harm = Callable[[Site, str], contextlib.AbstractContextManager[None]]


@dataclasses.dataclass(frozen=True)
class Ailment:
    """`harm` a standby region for a while; `guard` then refuses its promotion, and begins to say why with `words`.

    `regions`: where it can be had.
    """

    name: str
    guard: str
    words: str
    harm: Harm
    regions: tuple[str, ...] = (PRIMARY, DR)


@contextlib.contextmanager
def headless(site: Site, region: str) -> Iterator[None]:
    """Somebody has deleted the standby's instances."""
    rds, names = site.client("rds", region), site.topology.places[region].instances
    before = [rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0] for name in names]
    tags = [rds.list_tags_for_resource(ResourceName=one["DBInstanceArn"])["TagList"] for one in before]
    for name in names:
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    try:
        yield
    finally:
        for one, own in zip(before, tags, strict=True):
            fields: dict[str, Any] = {name: one[name] for name in INSTANCE if one.get(name) is not None}
            fields["DBSubnetGroupName"] = one["DBSubnetGroup"]["DBSubnetGroupName"]
            rds.create_db_instance(**fields, EnablePerformanceInsights=one["PerformanceInsightsEnabled"], Tags=own)


@contextlib.contextmanager
def another_patch_level(site: Site, region: str) -> Iterator[None]:
    """Somebody has upgraded one region and not the other."""
    rds, cluster = site.client("rds", region), site.topology.places[region].cluster
    before = rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]["EngineVersion"]

    def put(version: str) -> None:
        rds.modify_db_cluster(DBClusterIdentifier=cluster, EngineVersion=version, ApplyImmediately=True)

    put(ANOTHER_VERSION[before])
    try:
        yield
    finally:
        put(before)


@contextlib.contextmanager
def secret_not_replicated(site: Site, region: str) -> Iterator[None]:
    """Functions that have logged in keep their login; one that starts finds none."""
    secrets = site.client("secretsmanager", PRIMARY)
    secrets.remove_regions_from_replication(SecretId=SECRET, RemoveReplicaRegions=[region])
    try:
        with _started_anew(site, region):
            yield
    finally:
        secrets.replicate_secret_to_regions(SecretId=SECRET, AddReplicaRegions=[{"Region": region}])


@contextlib.contextmanager
def _started_anew(site: Site, region: str) -> Iterator[None]:
    """The payments function with another configuration, for which Lambda starts other execution environments."""
    functions, name = site.client("lambda", region), site.topology.places[region].function
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def put(variables: dict[str, str]) -> None:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    put(before | {"STARTED": "anew"})
    try:
        yield
    finally:
        put(before)


@contextlib.contextmanager
def certificate_expired(site: Site, region: str) -> Iterator[None]:
    """Nobody has renewed it."""
    acm, arn = site.client("acm", region), site.topology.places[region].certificate_arn
    names = acm.describe_certificate(CertificateArn=arn)["Certificate"]["SubjectAlternativeNames"]

    def put(days: int) -> None:
        certificate, key = self_signed(names, days)
        acm.import_certificate(CertificateArn=arn, Certificate=certificate, PrivateKey=key)

    put(-1)
    try:
        yield
    finally:
        put(300)


@contextlib.contextmanager
def missing_metrics(site: Site, region: str) -> Iterator[None]:
    """CloudWatch has never heard of a lag."""
    site.out(region, "metrics")
    try:
        yield
    finally:
        site.restore(region, kind="metrics")


def stale_metrics(site: Site, region: str) -> contextlib.AbstractContextManager[None]:
    """No lag was measured for long: as it cannot be waited for, a moment is called long."""
    return told(site.sandbox, region, lambda policy: dataclasses.replace(policy, lag_age_seconds=0.001))


def report_a_lag(site: Site, region: str, began: float) -> None:
    """Aurora has reported a lag over the RPO in each minute since the outage `began`, and does so for as long as the
    row may last.

    Whoever looks goes by the last one before the outage; a function that was started anew takes it for young. Each is
    reported at its minute's start: a report of later in a minute is not there yet for who asks before.
    """
    metric = {
        "MetricName": "AuroraGlobalDBRPOLag",
        "Dimensions": [{"Name": "DBClusterIdentifier", "Value": site.topology.places[region].cluster}],
        "Value": OVER_THE_RPO,
        "Unit": "Milliseconds",
    }
    minutes = range(int(began // 60), int(time.time() // 60) + ROW_MINUTES)
    moments = [datetime.datetime.fromtimestamp(minute * 60, datetime.UTC) for minute in minutes]
    data = [{**metric, "Timestamp": moment} for moment in moments]
    site.client("cloudwatch", region).put_metric_data(Namespace="AWS/RDS", MetricData=data)


AILMENTS = [
    Ailment("headless", "target-instance", "it has 0", headless),
    Ailment("another patch level", "engine-version", "it runs ", another_patch_level),
    Ailment("secret not replicated", "own-api", "it says: ", secret_not_replicated, (DR,)),
    Ailment("certificate expired", "own-api", "it says: ", certificate_expired),
    # What was measured before the outage is gone with it: only a function that starts anew takes a later lag for one.
    Ailment("missing metrics", "lag-known", "CloudWatch has no AuroraGlobalDBRPOLag", missing_metrics),
    Ailment("stale metrics", "lag-known", "a lag of ", stale_metrics),
]

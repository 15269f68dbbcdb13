"""Harm done by hand to what stands, each with its undoing, and the check that must name the culprit."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PRIMARY, DR = "us-east-1", "us-east-2"


@dataclass(frozen=True)
class Sabotage:
    """`harm` is a context manager that does it and undoes it; `check` must fail in `region` and say `culprit`."""

    name: str
    check: str
    region: str
    harm: Callable
    culprit: Callable[[dict], str]


def region_of(topology: dict, region: str) -> dict:
    return topology["regions"][region]


@contextmanager
def replication(sandbox, topology, change) -> Iterator[None]:
    """Puts the primary bucket's replication with `change` made to its rule."""
    s3, bucket = sandbox.client("s3"), region_of(topology, PRIMARY)["bucket"]
    before = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]
    altered = json.loads(json.dumps(before))
    change(altered["Rules"][0])
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=altered)
    yield
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=before)


def rule_disabled(sandbox, topology):
    return replication(sandbox, topology, lambda rule: rule.update(Status="Disabled"))


def rule_without_key(sandbox, topology):
    """S3 refuses the opt-in for KMS objects without a key, so both go: such objects are then no longer replicated."""

    def change(rule):
        rule["Destination"].pop("EncryptionConfiguration")
        rule["SourceSelectionCriteria"].pop("SseKmsEncryptedObjects")

    return replication(sandbox, topology, change)


@contextmanager
def versioning_suspended(sandbox, topology) -> Iterator[None]:
    s3, bucket = sandbox.client("s3", DR), region_of(topology, DR)["bucket"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    yield
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


@contextmanager
def instance_missing(sandbox, topology) -> Iterator[None]:
    rds, name = sandbox.client("rds", DR), region_of(topology, DR)["instances"][1]
    before = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    tags = rds.list_tags_for_resource(ResourceName=before["DBInstanceArn"])["TagList"]
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    yield
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBClusterIdentifier=before["DBClusterIdentifier"],
        DBInstanceClass=before["DBInstanceClass"],
        Engine=before["Engine"],
        Tags=tags,
    )


@contextmanager
def record(sandbox, topology, identifier, change) -> Iterator[None]:
    """Changes one of the API's two failover records; `change` None deletes it."""
    route53, zone = sandbox.client("route53"), topology["zone"]["id"]
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    before = next(one for one in records if one.get("SetIdentifier") == identifier)
    altered = dict(before)
    if change:
        change(altered)

    def submit(action, entry):
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": entry}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)

    submit("UPSERT" if change else "DELETE", altered)
    yield
    submit("UPSERT", before)


def record_deleted(sandbox, topology):
    return record(sandbox, topology, "dr", None)


def record_without_health_check(sandbox, topology):
    return record(sandbox, topology, "primary", lambda one: one.pop("HealthCheckId"))


def ttl_raised(sandbox, topology):
    return record(sandbox, topology, "primary", lambda one: one.update(TTL=3600))


@contextmanager
def alarm_removed(sandbox, topology) -> Iterator[None]:
    cloudwatch = sandbox.client("cloudwatch", DR)
    name = f"alarm-aurora-rpo-lag-{DR}-{topology['environment']}-{topology['environment_suffix']}"
    before = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=before["AlarmArn"])["Tags"]
    cloudwatch.delete_alarms(AlarmNames=[name])
    yield
    put = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    cloudwatch.put_metric_alarm(**{key: value for key, value in before.items() if key in put and value}, Tags=tags)


@contextmanager
def alarm_silenced(sandbox, topology) -> Iterator[None]:
    cloudwatch = sandbox.client("cloudwatch", PRIMARY)
    name = f"alarm-lambda-errors-{PRIMARY}-{topology['environment']}-{topology['environment_suffix']}"
    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    yield
    cloudwatch.enable_alarm_actions(AlarmNames=[name])


@contextmanager
def evacuated(sandbox, topology) -> Iterator[None]:
    cloudwatch = sandbox.client("cloudwatch", DR)
    name = f"alarm-evacuate-{DR}-{topology['environment']}-{topology['environment_suffix']}"
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="sabotage")
    yield
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="over")


@contextmanager
def certificate_near_expiry(sandbox, topology) -> Iterator[None]:
    """Imports a certificate that ends in ten days over the one in use, as a forgotten manual renewal looks."""
    acm, arn = sandbox.client("acm", DR), region_of(topology, DR)["certificate_arn"]
    names = acm.describe_certificate(CertificateArn=arn)["Certificate"]["SubjectAlternativeNames"]
    for days in (10, 300):
        certificate, key = self_signed(names, days)
        acm.import_certificate(CertificateArn=arn, Certificate=certificate, PrivateKey=key)
        if days == 10:
            yield


def self_signed(names: list[str], days: int) -> tuple[bytes, bytes]:
    """(certificate, key) in PEM, valid until `days` from now, which may be in the past."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return certificate.public_bytes(serialization.Encoding.PEM), private


@contextmanager
def secret_replica_missing(sandbox, topology) -> Iterator[None]:
    secrets, name = sandbox.client("secretsmanager"), topology["secret_name"]
    secrets.remove_regions_from_replication(SecretId=name, RemoveReplicaRegions=[DR])
    yield
    secrets.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": DR}])


@contextmanager
def health_check_disabled(sandbox, topology) -> Iterator[None]:
    route53, check = sandbox.client("route53"), region_of(topology, PRIMARY)["health_check"]
    route53.update_health_check(HealthCheckId=check, Disabled=True)
    yield
    route53.update_health_check(HealthCheckId=check, Disabled=False)


@contextmanager
def way_home_closed(sandbox, topology) -> Iterator[None]:
    """The name would not lead to us-east-1 before it had been promoted and had passed its checks."""
    route53, check = sandbox.client("route53"), topology["health_check"]["secondary"]
    before = route53.get_health_check(HealthCheckId=check)["HealthCheck"]["HealthCheckConfig"]["HealthThreshold"]
    route53.update_health_check(HealthCheckId=check, HealthThreshold=0)
    yield
    route53.update_health_check(HealthCheckId=check, HealthThreshold=before)


@contextmanager
def function_stopped(sandbox, topology) -> Iterator[None]:
    functions, name = sandbox.client("lambda", DR), region_of(topology, DR)["function"]
    before = functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    yield
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=before)


@contextmanager
def repair_switched_off(sandbox, topology) -> Iterator[None]:
    events, name = sandbox.client("events", DR), rule_name(topology)
    events.disable_rule(Name=name)
    yield
    events.enable_rule(Name=name)


def rule_name(topology: dict) -> str:
    return f"rule-repair-{DR}-{topology['environment']}-{topology['environment_suffix']}"


def table_of(topology: dict, kind: str, region: str) -> str:
    return f"table-{kind}-{region}-{topology['environment']}-{topology['environment_suffix']}"


@contextmanager
def journal_not_restorable(sandbox, topology) -> Iterator[None]:
    dynamodb, name = sandbox.client("dynamodb", DR), table_of(topology, "journal", DR)
    for enabled in (False, True):
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
        )
        if not enabled:
            yield


@contextmanager
def epoch_of_the_other_region(sandbox, topology) -> Iterator[None]:
    """An older epoch, put back by hand in the standby: what it fenced would be let in again."""
    dynamodb, name = sandbox.client("dynamodb", DR), table_of(topology, "epoch", DR)
    key = {"scope": {"S": "payments"}}
    before = dynamodb.get_item(TableName=name, Key=key, ConsistentRead=True)["Item"]
    dynamodb.put_item(TableName=name, Item=before | {"epoch": {"N": "0"}})
    yield
    dynamodb.put_item(TableName=name, Item=before)


SABOTAGES = [
    Sabotage(
        "journal not restorable",
        "journal-table",
        DR,
        journal_not_restorable,
        lambda t: table_of(t, "journal", DR),
    ),
    Sabotage(
        "old epoch put back", "epoch-agrees", "global", epoch_of_the_other_region, lambda t: "epoch 0 of us-east-1"
    ),
    Sabotage(
        "replication rule disabled",
        "s3-rule-enabled",
        PRIMARY,
        rule_disabled,
        lambda t: region_of(t, PRIMARY)["bucket"],
    ),
    Sabotage(
        "KMS key missing in the rule",
        "s3-rule-kms",
        PRIMARY,
        rule_without_key,
        lambda t: region_of(t, PRIMARY)["bucket"],
    ),
    Sabotage("versioning suspended", "s3-versioning", DR, versioning_suspended, lambda t: region_of(t, DR)["bucket"]),
    Sabotage("instance missing", "aurora-instances", DR, instance_missing, lambda t: region_of(t, DR)["instances"][1]),
    Sabotage("record deleted", "dns-record", DR, record_deleted, lambda t: t["api_name"]),
    Sabotage(
        "record without health check",
        "dns-health-check",
        PRIMARY,
        record_without_health_check,
        lambda t: t["health_check"]["primary"],
    ),
    Sabotage("TTL raised", "dns-ttl", PRIMARY, ttl_raised, lambda t: t["api_name"]),
    Sabotage("alarm removed", "alarms-present", DR, alarm_removed, lambda t: "alarm-aurora-rpo-lag-us-east-2"),
    Sabotage("alarm silenced", "alarms-speak", PRIMARY, alarm_silenced, lambda t: "alarm-lambda-errors-us-east-1"),
    Sabotage("evacuation switch thrown", "evacuation-switch", DR, evacuated, lambda t: "alarm-evacuate-us-east-2"),
    Sabotage(
        "certificate near expiry",
        "certificate-expiry",
        DR,
        certificate_near_expiry,
        lambda t: region_of(t, DR)["certificate_arn"],
    ),
    Sabotage("secret replica missing", "secret-replica", DR, secret_replica_missing, lambda t: t["secret_name"]),
    Sabotage(
        "health check disabled",
        "health-check-enabled",
        PRIMARY,
        health_check_disabled,
        lambda t: region_of(t, PRIMARY)["health_check"],
    ),
    Sabotage("repair switched off", "repair-schedule", DR, repair_switched_off, rule_name),
    Sabotage(
        "way home closed",
        "health-check-calculated",
        DR,
        way_home_closed,
        lambda t: t["health_check"]["secondary"],
    ),
    Sabotage("function stopped", "function-concurrency", DR, function_stopped, lambda t: region_of(t, DR)["function"]),
]

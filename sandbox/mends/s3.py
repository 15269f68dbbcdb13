"""S3: replicas of KMS-encrypted objects follow the rule's opt-in, and are encrypted under the rule's key."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id, request_scope
from ministack.services import s3

from sandbox import meters

ALGORITHM = "x-amz-server-side-encryption"
KEY = "x-amz-server-side-encryption-aws-kms-key-id"
STAMPED = ("replication_status", "_replica")


def apply() -> None:
    """Wrap what writes a replica."""
    s3._maybe_replicate = functools.partial(measure, functools.partial(replicate, s3._maybe_replicate))


def measure(inner, bucket: str, key: str, source: dict, data, tags: dict | None = None) -> None:
    """Replicate, and publish the rule's metrics where it asks for them.

    Latency and what is pending appear in the destination's region, failures in the source's. The emulator copies at
    once: nothing is pending afterwards, and the latency is what the copying took.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
    """
    rule, _ = s3._replication_rule_for(bucket, key, tags)
    started = time.perf_counter()
    inner(bucket, key, source, data, tags)
    if rule is None or "replication_status" not in source:
        return
    if rule["Destination"].get("Metrics", {}).get("Status") == "Enabled":
        publish(bucket, rule, source["replication_status"] == "FAILED", time.perf_counter() - started)


def publish(bucket: str, rule: Mapping[str, Any], failed: bool, seconds: float) -> None:
    """Publish one replication by `rule`."""
    destination = rule["Destination"]["Bucket"].rpartition(":")[2]
    dimensions = {"SourceBucket": bucket, "DestinationBucket": destination, "RuleId": rule.get("ID", "")}
    with request_scope(get_account_id(), region_of(bucket)):
        meters.record("AWS/S3", "OperationsFailedReplication", int(failed), "Count", dimensions)
    if failed:
        return
    with request_scope(get_account_id(), region_of(destination)):
        meters.record("AWS/S3", "ReplicationLatency", round(seconds, 2), "Seconds", dimensions)
        meters.record("AWS/S3", "BytesPendingReplication", 0, "Bytes", dimensions)
        meters.record("AWS/S3", "OperationsPendingReplication", 0, "Count", dimensions)


def region_of(bucket: str) -> str:
    """Return the region of a bucket; us-east-1 for one that is gone."""
    return (s3._buckets.get(bucket) or {}).get("region") or "us-east-1"


def replicate(inner, bucket: str, key: str, source: dict, data, tags: dict | None = None) -> None:
    """Write the replica of `source` as its rule wants it.

    The emulator replicated objects that no rule selects, and kept the source region's KMS key on the replica.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
    """
    rule, _ = s3._replication_rule_for(bucket, key, tags)
    sent = source.get("preserved_headers", {})
    if rule is None or sent.get(ALGORITHM) != "aws:kms":
        inner(bucket, key, source, data, tags)
        return
    if rule.get("SourceSelectionCriteria", {}).get("SseKmsEncryptedObjects", {}).get("Status") != "Enabled":
        return
    wanted = rule["Destination"].get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID", sent.get(KEY))
    staged = source | {"preserved_headers": sent | {KEY: wanted}}
    inner(bucket, key, staged, data, tags)
    source.update({field: staged[field] for field in STAMPED if field in staged})

"""S3: replicas of KMS-encrypted objects follow the rule's opt-in, and are encrypted under the rule's key."""

from __future__ import annotations

import functools

from ministack.services import s3

ALGORITHM = "x-amz-server-side-encryption"
KEY = "x-amz-server-side-encryption-aws-kms-key-id"
STAMPED = ("replication_status", "_replica")


def apply() -> None:
    """Wrap what writes a replica."""
    s3._maybe_replicate = functools.partial(replicate, s3._maybe_replicate)


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

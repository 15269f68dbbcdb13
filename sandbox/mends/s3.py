"""S3: replication happens after the request, follows the rule's opt-in for KMS, and encrypts under the rule's key."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import get_account_id, request_scope
from ministack.services import s3

from sandbox.replication import FAILED, PENDING, QUEUE, Job, Route

ALGORITHM = "x-amz-server-side-encryption"
KEY = "x-amz-server-side-encryption-aws-kms-key-id"
STAMPED = ("replication_status", "_replica")

# What the emulator does within the request; put here when it is replaced.
write_replica: Callable[..., None]
write_marker: Callable[[str, str], None]


def apply() -> None:
    """Leave the copying of versions and of delete markers to sandbox/replication.py."""
    global write_replica, write_marker
    write_replica, write_marker = functools.partial(replicate, s3._maybe_replicate), s3._maybe_replicate_delete_marker
    s3._maybe_replicate = await_copy
    s3._maybe_replicate_delete_marker = await_marker
    s3.load_persisted_state = functools.partial(restore, s3.load_persisted_state)


def await_copy(bucket: str, key: str, source: dict, data, tags: dict | None = None) -> None:
    """Call a version that a rule selects PENDING, and leave it to be copied.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
    """
    rule, _ = s3._replication_rule_for(bucket, key, tags)
    if rule is not None and selected(rule, source):
        source["replication_status"] = PENDING
        QUEUE.add(Job(route_of(bucket, rule), key, source, copy))


def await_marker(bucket: str, key: str) -> None:
    """Leave a delete marker to come after the versions before it; whether it is copied at all, its rule says then.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-marker-replication.html
    """
    rule, _ = s3._replication_rule_for(bucket, key, None)
    if rule is not None:
        QUEUE.add(Job(route_of(bucket, rule), key, {}, copy_marker))


def restore(inner, data: dict) -> None:
    """Restore the configurations; then go on with what was pending, the oldest first."""
    inner(data)
    for account in {account for account, _ in s3._object_versions._data}:
        with request_scope(account, ""):
            recall()
            for job in unfinished():
                QUEUE.add(job)


def recall() -> None:
    """Give current objects the status of their version again, which the emulator forgets when it restarts."""
    for (bucket, key), versions in s3._object_versions.items():
        current = (s3._buckets.get(bucket) or {}).get("objects", {}).get(key) or {}
        for version in versions:
            if version.get("replication_status") and version["version_id"] == current.get("version_id"):
                current["replication_status"] = version["replication_status"]


def unfinished() -> Iterator[Job]:
    """Give a job for every version that is pending, the oldest first."""
    found = [
        (version["last_modified"], bucket, key, version)
        for (bucket, key), versions in s3._object_versions.items()
        for version in versions
        if version.get("replication_status") == PENDING
    ]
    for _, bucket, key, version in sorted(found, key=lambda one: one[0]):
        rule, _ = s3._replication_rule_for(bucket, key, s3._object_tags.get((bucket, key, version["version_id"])))
        if rule is not None:
            yield Job(route_of(bucket, rule), key, s3._object_record_from_version(version), copy)


def route_of(bucket: str, rule: dict[str, Any]) -> Route:
    """Return the way that a rule sends a bucket's versions."""
    to = rule["Destination"]
    measured = to.get("Metrics", {}).get("Status") == "Enabled"
    return Route(get_account_id(), bucket, to["Bucket"].rpartition(":")[2], rule.get("ID", ""), measured)


def selected(rule: dict[str, Any], source: dict) -> bool:
    """Say whether a rule takes a version as it is encrypted.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
    """
    encrypted = source.get("preserved_headers", {}).get(ALGORITHM) == "aws:kms"
    criteria = rule.get("SourceSelectionCriteria", {}).get("SseKmsEncryptedObjects", {})
    return not encrypted or criteria.get("Status") == "Enabled"


def copy(job: Job) -> str:
    """Copy a version as it is now, with its tags; return its new status, or nothing when it is gone.

    It fails when the destination is gone or no longer versioned, or when no rule sends it there any more.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-failure-codes.html
    """
    name, key, version = job.route.source, job.key, job.record["version_id"]
    bucket = s3._buckets.get(name)
    entry = next((one for one in s3._object_versions.get((name, key)) or () if one["version_id"] == version), None)
    if bucket is None or entry is None:
        return ""
    tags = s3._object_tags.get((name, key, version))
    data = s3._version_body(bucket, name, key, entry)
    staged = job.record | {"body": data, "replication_status": FAILED}
    write_replica(name, key, staged, data, tags)
    entry["replication_status"] = staged["replication_status"]
    current = bucket["objects"].get(key)
    if current is not None and current.get("version_id") == version:
        current.update({field: staged[field] for field in STAMPED if field in staged})
    if tags and "_replica" in staged:
        _tag_replica(key, tags, *staged["_replica"])
    s3._persist_version_state(name, key, bucket)
    return staged["replication_status"]


def _tag_replica(key: str, tags: dict[str, str], bucket: str, version: str, account: str) -> None:
    with s3._in_account(account):
        s3._object_tags[bucket, key, version] = dict(tags)
        s3._persist_version_state(bucket, key, s3._buckets[bucket])


def copy_marker(job: Job) -> str:
    """Put the delete marker where the rule wants it. It has no status, and is not measured."""
    write_marker(job.route.source, job.key)
    return ""


def replicate(inner, bucket: str, key: str, source: dict, data, tags: dict | None = None) -> None:
    """Write the replica of `source`, encrypted as its rule wants it.

    The emulator kept the source region's KMS key on the replica.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
    """
    rule, _ = s3._replication_rule_for(bucket, key, tags)
    sent = source.get("preserved_headers", {})
    if rule is None or sent.get(ALGORITHM) != "aws:kms":
        inner(bucket, key, source, data, tags)
        return
    wanted = rule["Destination"].get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID", sent.get(KEY))
    staged = source | {"preserved_headers": sent | {KEY: wanted}}
    inner(bucket, key, staged, data, tags)
    source.update({field: staged[field] for field in STAMPED if field in staged})

"""The two buckets of Terraform's state: what they must be, and what differs. Pure.

Every aspect of a bucket is a mapping in the form of the S3 API, so that desired and existing compare as they are:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import json
from typing import Any

REPLICATION_RULE = "terraform-state"
NONCURRENT_DAYS = 90

PUBLIC_ACCESS = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def tls_only_policy(bucket: str) -> dict[str, Any]:
    """Refuses every request that is not made over TLS."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def desired_aspects(bucket: str, tags: dict[str, str]) -> dict[str, Any]:
    """What a state bucket must be, by aspect. Replication comes last, when both buckets stand."""
    return {
        "versioning": {"Status": "Enabled"},
        "encryption": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
        "public_access": PUBLIC_ACCESS,
        "policy": tls_only_policy(bucket),
        "lifecycle": {
            "Rules": [
                {
                    "ID": "old-states",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                }
            ]
        },
        "tags": tags,
    }


def replication(role_arn: str, replica: str) -> dict[str, Any]:
    """The replication of the whole bucket to `replica`."""
    return {
        "Role": role_arn,
        "Rules": [
            {
                "ID": REPLICATION_RULE,
                "Priority": 1,
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": f"arn:aws:s3:::{replica}"},
            }
        ],
    }


def trust_policy() -> dict[str, Any]:
    """Who may assume the replication role: S3."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }


def replication_policy(bucket: str, replica: str) -> dict[str, Any]:
    """What the replication role may: https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html"""

    def allow(actions: list[str], resource: str) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": actions, "Resource": f"arn:aws:s3:::{resource}"}

    read = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
    write = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
    return {
        "Version": "2012-10-17",
        "Statement": [
            allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], bucket),
            allow(read, f"{bucket}/*"),
            allow(write, f"{replica}/*"),
        ],
    }


def differing(existing: dict[str, Any], desired: dict[str, Any]) -> list[str]:
    """Names of the aspects that must be put, in their order."""
    return [name for name, value in desired.items() if not _covers(existing.get(name), value)]


def _covers(existing: Any, desired: Any) -> bool:
    """Whether `existing` says everything that `desired` says; AWS adds defaults of its own (a bucket key, for one)."""
    if isinstance(desired, dict):
        return isinstance(existing, dict) and all(_covers(existing.get(key), value) for key, value in desired.items())
    if isinstance(desired, list):
        return (
            isinstance(existing, list)
            and len(existing) == len(desired)
            and all(_covers(a, b) for a, b in zip(existing, desired, strict=True))
        )
    return existing == desired


def as_json(policy: dict[str, Any]) -> str:
    """A policy document as AWS takes it."""
    return json.dumps(policy, separators=(",", ":"))

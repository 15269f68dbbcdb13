#!/usr/bin/python
"""Reads how a bucket is versioned, encrypted and replicated, and can prove that an object arrives."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: s3_replication_info
short_description: Describe a bucket's replication, and prove on request that an object arrives
version_added: 1.0.0
description:
  - Reads versioning, encryption and replication rules of a bucket.
  - With O(probe=true) it also puts a small object under O(probe_prefix), waits until the destination of the rule
    O(rule) has it, and removes every version of it from both buckets, whether it arrived or not.
  - Changes nothing else. In check mode no probe is put.
  - A region that does not answer is reported within seconds by RV(reachable) and RV(reason); it is not a failure.
options:
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  probe:
    description: Whether to put a probe object.
    type: bool
    default: false
  rule:
    description: The rule whose destination has to receive the probe object.
    type: str
  destination_region:
    description: Region of the destination bucket.
    type: str
  probe_prefix:
    description: Prefix of the probe object's key.
    type: str
    default: verification/probe-
  probe_deadline_seconds:
    description: Within how many seconds the probe object must arrive.
    type: int
    default: 120
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Describe the replication of the standby's transaction log
  s3_replication_info:
    bucket: s3-transaction-logs-us-east-2-prod-a1
    region: us-east-2

- name: Prove that an object reaches the other region within two minutes
  s3_replication_info:
    bucket: s3-transaction-logs-us-east-1-prod-a1
    region: us-east-1
    probe: true
    rule: transaction-logs
    destination_region: us-east-2
    probe_deadline_seconds: 120
"""

RETURN = r"""
reachable:
  description: Whether the region's APIs answered.
  returned: always
  type: bool
  sample: true
reason:
  description: Why the region counts as not reachable; empty when it is.
  returned: always
  type: str
  sample: ""
bucket:
  description: Name of the bucket.
  returned: when reachable
  type: str
  sample: s3-transaction-logs-us-east-1-prod-a1
exists:
  description: Whether the bucket exists.
  returned: when reachable
  type: bool
  sample: true
versioning:
  description: V(Enabled), V(Suspended), or empty when it never was.
  returned: when reachable
  type: str
  sample: Enabled
encryption:
  description: The default encryption.
  returned: when reachable
  type: dict
  contains:
    algorithm:
      description: V(aws:kms), V(AES256), or empty when there is none.
      returned: always
      type: str
      sample: aws:kms
    kms_key_arn:
      description: The key; empty when the algorithm needs none of ours.
      returned: always
      type: str
      sample: arn:aws:kms:us-east-1:222222222222:key/5c7f1f2e-4a43-4a39-9a44-1f0a4f3c6a55
rules:
  description: The replication rules.
  returned: when reachable
  type: list
  elements: dict
  contains:
    id:
      description: The rule's name.
      returned: always
      type: str
      sample: transaction-logs
    status:
      description: V(Enabled) or V(Disabled).
      returned: always
      type: str
      sample: Enabled
    prefix:
      description: The prefix that the rule is limited to; empty for the whole bucket.
      returned: always
      type: str
      sample: ""
    destination_bucket:
      description: Name of the bucket that receives the copies.
      returned: always
      type: str
      sample: s3-transaction-logs-us-east-2-prod-a1
    replica_kms_key_arn:
      description: The key that encrypts the copies; empty when missing.
      returned: always
      type: str
      sample: arn:aws:kms:us-east-2:222222222222:key/8d4b6d0a-10a5-4ea4-8a4f-2f3b43f8a9aa
    kms_objects:
      description: Whether objects that are encrypted with KMS are replicated at all.
      returned: always
      type: bool
      sample: true
    replica_modifications:
      description: Whether changes of metadata made on a replica are replicated back.
      returned: always
      type: bool
      sample: true
    delete_markers:
      description: Whether delete markers are replicated.
      returned: always
      type: bool
      sample: false
    metrics:
      description: Whether replication metrics are on.
      returned: always
      type: bool
      sample: true
    replication_time_minutes:
      description: The limit of replication time control; 0 when it is off.
      returned: always
      type: int
      sample: 15
probe:
  description: What became of the probe object; null when none was asked for.
  returned: when reachable
  type: dict
  contains:
    key:
      description: Its key; empty when the bucket has no rule O(rule), so that there was nothing to wait for.
      returned: when asked for
      type: str
      sample: verification/probe-9f0c1d7e
    arrived:
      description: Whether it arrived in time.
      returned: when asked for
      type: bool
      sample: true
    latency_seconds:
      description: Seconds from the put until it was seen at the destination, or until we gave up.
      returned: when asked for
      type: float
      sample: 3.2
"""

import time
import uuid

from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import BRISK, AwsFailure, concurrently, describing, observed
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import ClientError

#: What S3 answers when the thing asked for has never been set.
ABSENT = ("NoSuchBucket", "ServerSideEncryptionConfigurationNotFoundError", "ReplicationConfigurationNotFoundError")


def read(call, bucket, action):
    """The answer of one get_bucket_* call; {} when the bucket, or that part of it, does not exist."""
    with describing(f"{action} of {bucket}", call.__self__.meta.region_name):
        try:
            return call(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return {}
            raise


def exists(s3, bucket):
    """Whether the bucket exists."""
    with describing(f"find the bucket {bucket}", s3.meta.region_name):
        try:
            s3.head_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] == "404":
                return False
            raise
    return True


def encryption_facts(answer):
    """What RETURN calls encryption."""
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    default = next((rule["ApplyServerSideEncryptionByDefault"] for rule in rules), {})
    return {"algorithm": default.get("SSEAlgorithm", ""), "kms_key_arn": default.get("KMSMasterKeyID", "")}


def rule_facts(rule):
    """What RETURN lists as rules."""
    destination, selection = rule["Destination"], rule.get("SourceSelectionCriteria", {})
    limit = destination.get("ReplicationTime", {})
    return {
        "id": rule.get("ID", ""),
        "status": rule["Status"],
        "prefix": rule.get("Filter", {}).get("Prefix", rule.get("Prefix", "")),
        "destination_bucket": destination["Bucket"].rsplit(":", 1)[-1],
        "replica_kms_key_arn": destination.get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID", ""),
        "kms_objects": enabled(selection.get("SseKmsEncryptedObjects")),
        "replica_modifications": enabled(selection.get("ReplicaModifications")),
        "delete_markers": enabled(rule.get("DeleteMarkerReplication")),
        "metrics": enabled(destination.get("Metrics")),
        "replication_time_minutes": limit.get("Time", {}).get("Minutes", 0) if enabled(limit) else 0,
    }


def enabled(part):
    """Whether a part of a rule is there and switched on."""
    return bool(part) and part.get("Status") == "Enabled"


def arrival(head, key, deadline_seconds, clock=time.monotonic, sleep=time.sleep):
    """(arrived, seconds): asks `head` for the key until it is there or the deadline has passed."""
    started, pause = clock(), 0.1
    while True:
        if head(key):
            return True, round(clock() - started, 3)
        if clock() - started >= deadline_seconds:
            return False, round(clock() - started, 3)
        sleep(min(pause, max(0.0, deadline_seconds - (clock() - started))))
        pause = min(pause * 1.5, 2.0)


def has_object(s3, bucket, key):
    """Whether the bucket has the object."""
    with describing(f"look for {key} in {bucket}", s3.meta.region_name):
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "404":
                return False
            raise
    return True


def remove(s3, bucket, key):
    """Removes every version of the object, so that no trace of the probe stays."""
    with describing(f"remove {key} from {bucket}", s3.meta.region_name):
        found = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key).build_full_result()
        for version in found.get("Versions", []) + found.get("DeleteMarkers", []):
            if version["Key"] == key:
                s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])


def put_probe(module, s3, rules):
    """Puts the probe object, waits for it at the destination and removes it, as RETURN describes probe."""
    params = module.params
    key, source = params["probe_prefix"] + uuid.uuid4().hex[:12], params["bucket"]
    destination = next((rule["destination_bucket"] for rule in rules if rule["id"] == params["rule"]), "")
    if not destination:
        return {"key": "", "arrived": False, "latency_seconds": 0.0}
    far = client(module, "s3", params["destination_region"], patience=BRISK)
    with describing(f"put {key} into {source}", s3.meta.region_name):
        s3.put_object(Bucket=source, Key=key, Body=b"")
    try:
        arrived, seconds = arrival(
            lambda wanted: has_object(far, destination, wanted), key, params["probe_deadline_seconds"]
        )
    finally:
        concurrently({source: lambda: remove(s3, source, key), destination: lambda: remove(far, destination, key)})
    return {"key": key, "arrived": arrived, "latency_seconds": seconds}


def observe(module):
    """The bucket as it is, as RETURN describes it."""
    s3, bucket = client(module, "s3", patience=BRISK), module.params["bucket"]
    seen = concurrently(
        {
            "exists": lambda: exists(s3, bucket),
            "versioning": lambda: read(s3.get_bucket_versioning, bucket, "read the versioning"),
            "encryption": lambda: read(s3.get_bucket_encryption, bucket, "read the encryption"),
            "replication": lambda: read(s3.get_bucket_replication, bucket, "read the replication rules"),
        }
    )
    rules = [rule_facts(rule) for rule in seen["replication"].get("ReplicationConfiguration", {}).get("Rules", [])]
    probe = put_probe(module, s3, rules) if module.params["probe"] and not module.check_mode else None
    return {
        "bucket": bucket,
        "exists": seen["exists"],
        "versioning": seen["versioning"].get("Status", ""),
        "encryption": encryption_facts(seen["encryption"]),
        "rules": rules,
        "probe": probe,
    }


def main():
    spec = {
        "bucket": {"type": "str", "required": True},
        "probe": {"type": "bool", "default": False},
        "rule": {"type": "str"},
        "destination_region": {"type": "str"},
        "probe_prefix": {"type": "str", "default": "verification/probe-"},
        "probe_deadline_seconds": {"type": "int", "default": 120},
        **AWS_SPEC,
    }
    required_if = [("probe", True, ("rule", "destination_region"))]
    module = AnsibleAWSModule(argument_spec=spec, required_if=required_if, supports_check_mode=True)
    try:
        result = observed(lambda: observe(module))
    except AwsFailure as failure:
        module.fail_json(msg=failure.message, code=failure.code)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

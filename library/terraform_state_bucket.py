#!/usr/bin/python
"""Makes the bucket of Terraform's state and its replica. What they must be is in payments_dr.state_bucket."""

DOCUMENTATION = r"""
---
module: terraform_state_bucket
short_description: Make or remove the bucket of Terraform's state, replicated to a second region
version_added: 1.0.0
description:
  - Terraform cannot make the bucket that its own state is kept in, so it is made here, versioned, encrypted, closed to
    the public and to plain HTTP, and replicated to a bucket in a second region.
  - O(state=absent) removes both buckets with every version in them, and the role.
options:
  state:
    description: Whether the buckets are to be there.
    type: str
    choices: [present, absent]
    default: present
  bucket:
    description: Bucket of the state, in the module's region.
    type: str
    required: true
  replica:
    description: Bucket of the state's replica.
    type: str
    required: true
  replica_region:
    description: Region of the replica.
    type: str
    required: true
  role_name:
    description: Name of the IAM role that S3 replicates as.
    type: str
    required: true
  tags:
    description: Tags of the bucket and the role.
    type: dict
    default: {}
  replica_tags:
    description: Tags of the replica.
    type: dict
    default: {}
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Keep Terraform's state in the dr region, with a replica in the primary one
  terraform_state_bucket:
    region: us-east-2
    bucket: s3-terraform-state-us-east-2-prod-a1
    replica: s3-terraform-state-us-east-1-prod-a1
    replica_region: us-east-1
    role_name: role-state-replication-us-east-2-prod-a1
    tags: {Environment: prod, DR-Role: dr}
    replica_tags: {Environment: prod, DR-Role: primary}
"""

RETURN = r"""
existed:
  description: Whether the state's bucket was there before.
  returned: success
  type: bool
  sample: true
changes:
  description: What was made, put or removed; in check mode, what would be.
  returned: success
  type: list
  elements: str
  sample: ["s3-terraform-state-us-east-2-prod-a1: versioning"]
"""

import json
from functools import partial

from ansible.module_utils.payments_dr import state_bucket as wanted
from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import AwsFailure, describing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import ClientError

# S3 answers an aspect that was never put with an error of its own.
NOT_SET = {
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchTagSet",
    "NoSuchPublicAccessBlockConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
    "ReplicationConfigurationNotFoundError",
}


class Bucket:
    """One bucket and the calls that read and put its aspects. Without `changing` nothing is put (check mode)."""

    def __init__(self, s3, name, region, changing):
        self.s3, self.name, self.region, self.changing = s3, name, region, changing

    def exists(self):
        with describing(f"look for the bucket {self.name}"):
            try:
                self.s3.head_bucket(Bucket=self.name)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in ("404", "NoSuchBucket"):
                    return False
                if code == "403":  # bucket names are one for the whole world
                    message = (
                        f"environment_suffix: the bucket {self.name} exists and is not ours; choose another suffix"
                    )
                    raise AwsFailure(message, code) from error
                raise
        return True

    def create(self):
        # us-east-1 is the one region that must not be named: API_CreateBucket, LocationConstraint.
        where = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        with describing(f"create the bucket {self.name}"):
            self.s3.create_bucket(Bucket=self.name, **where)

    def read(self, aspect):
        """The aspect as S3 has it, or None when it was never put."""
        call, unwrap = {
            "versioning": (self.s3.get_bucket_versioning, lambda a: a),
            "encryption": (self.s3.get_bucket_encryption, lambda a: a["ServerSideEncryptionConfiguration"]),
            "public_access": (self.s3.get_public_access_block, lambda a: a["PublicAccessBlockConfiguration"]),
            "policy": (self.s3.get_bucket_policy, lambda a: json.loads(a["Policy"])),
            "lifecycle": (self.s3.get_bucket_lifecycle_configuration, lambda a: a),
            "tags": (self.s3.get_bucket_tagging, lambda a: {tag["Key"]: tag["Value"] for tag in a["TagSet"]}),
            "replication": (self.s3.get_bucket_replication, lambda a: a["ReplicationConfiguration"]),
        }[aspect]
        with describing(f"read the {aspect} of {self.name}"):
            try:
                return unwrap(call(Bucket=self.name))
            except ClientError as error:
                if error.response["Error"]["Code"] in NOT_SET:
                    return None
                raise

    def put(self, aspect, value):
        call = {
            "versioning": partial(self.s3.put_bucket_versioning, VersioningConfiguration=value),
            "encryption": partial(self.s3.put_bucket_encryption, ServerSideEncryptionConfiguration=value),
            "public_access": partial(self.s3.put_public_access_block, PublicAccessBlockConfiguration=value),
            "policy": partial(self.s3.put_bucket_policy, Policy=wanted.as_json(value)),
            "lifecycle": partial(self.s3.put_bucket_lifecycle_configuration, LifecycleConfiguration=value),
            "tags": partial(self.s3.put_bucket_tagging, Tagging={"TagSet": tag_list(value)}),
            "replication": partial(self.s3.put_bucket_replication, ReplicationConfiguration=value),
        }[aspect]
        with describing(f"put the {aspect} of {self.name}"):
            call(Bucket=self.name)

    def ensure(self, desired):
        """Puts what differs; returns it as lines."""
        existing = {aspect: self.read(aspect) for aspect in desired} if self.exists() else None
        changes = [] if existing is not None else [f"{self.name}: created"]
        if existing is None and self.changing:
            self.create()
        for aspect in wanted.differing(existing or {}, desired):
            changes.append(f"{self.name}: {aspect}")
            if self.changing:
                self.put(aspect, desired[aspect])
        return changes

    def remove(self):
        """Deletes every version and the bucket; returns what was done as lines."""
        if not self.exists():
            return []
        if self.changing:
            with describing(f"empty and delete the bucket {self.name}"):
                for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=self.name):
                    found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                    keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
                    if keys:
                        self.s3.delete_objects(Bucket=self.name, Delete={"Objects": keys, "Quiet": True})
                self.s3.delete_bucket(Bucket=self.name)
        return [f"{self.name}: removed"]


def tag_list(tags):
    return [{"Key": key, "Value": str(value)} for key, value in sorted(tags.items())]


def ensure_role(iam, params, changing):
    """The replication role; returns (its ARN, what was done)."""
    name = params["role_name"]
    policy = wanted.replication_policy(params["bucket"], params["replica"])
    changes = []
    with describing(f"make the role {name}"):
        try:
            arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        except iam.exceptions.NoSuchEntityException:
            changes.append(f"{name}: created")
            if not changing:
                return "", changes
            trust = wanted.as_json(wanted.trust_policy())
            made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tag_list(params["tags"]))
            arn = made["Role"]["Arn"]
        try:
            existing = iam.get_role_policy(RoleName=name, PolicyName=wanted.REPLICATION_RULE)["PolicyDocument"]
        except iam.exceptions.NoSuchEntityException:
            existing = None
        if existing != policy:
            changes.append(f"{name}: policy")
            if changing:
                document = wanted.as_json(policy)
                iam.put_role_policy(RoleName=name, PolicyName=wanted.REPLICATION_RULE, PolicyDocument=document)
    return arn, changes


def remove_role(iam, name, changing):
    with describing(f"remove the role {name}"):
        try:
            iam.get_role(RoleName=name)
        except iam.exceptions.NoSuchEntityException:
            return []
        if changing:
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                iam.delete_role_policy(RoleName=name, PolicyName=policy)
            iam.delete_role(RoleName=name)
    return [f"{name}: removed"]


def ensure_present(bucket, replica, iam, params):
    """Both buckets first, then the role, then the replication, which S3 refuses while either is missing."""
    changes = replica.ensure(wanted.desired_aspects(replica.name, params["replica_tags"]))
    changes += bucket.ensure(wanted.desired_aspects(bucket.name, params["tags"]))
    role_arn, role_changes = ensure_role(iam, params, bucket.changing)
    changes += role_changes
    existing = bucket.read("replication") if bucket.exists() else None
    desired = {"replication": wanted.replication(role_arn, replica.name)}
    if wanted.differing({"replication": existing}, desired):
        changes.append(f"{bucket.name}: replication")
        if bucket.changing:
            bucket.put("replication", desired["replication"])
    return changes


def run(module):
    """Does what the options ask; returns (whether the bucket existed, what was done)."""
    params, changing = module.params, not module.check_mode
    bucket = Bucket(client(module, "s3"), params["bucket"], module.region, changing)
    replica_s3 = client(module, "s3", params["replica_region"])
    replica = Bucket(replica_s3, params["replica"], params["replica_region"], changing)
    iam = client(module, "iam")
    existed = bucket.exists()
    if params["state"] == "present":
        return existed, ensure_present(bucket, replica, iam, params)
    return existed, bucket.remove() + replica.remove() + remove_role(iam, params["role_name"], changing)


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "bucket": {"type": "str", "required": True},
            "replica": {"type": "str", "required": True},
            "replica_region": {"type": "str", "required": True},
            "role_name": {"type": "str", "required": True},
            "tags": {"type": "dict", "default": {}},
            "replica_tags": {"type": "dict", "default": {}},
            **AWS_SPEC,
        },
        supports_check_mode=True,
    )
    try:
        existed, changes = run(module)
    except AwsFailure as failure:
        module.fail_json(msg=failure.message)
    listed = "\n".join(changes) + "\n" if changes else ""
    diff = {"before": "", "after": listed}
    module.exit_json(changed=bool(changes), existed=existed, changes=changes, diff=diff)


if __name__ == "__main__":
    main()

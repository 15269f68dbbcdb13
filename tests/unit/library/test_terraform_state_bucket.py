"""The bucket of Terraform's state: made whole, left alone when it is right, mended where it is not, removed whole."""

from unittest import mock

import boto3
import pytest
import terraform_state_bucket
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.unit.library.running import calls, run, undocumented, writes

OPTIONS = {
    "region": "us-east-2",
    "bucket": "s3-terraform-state-us-east-2-unit-a1",
    "replica": "s3-terraform-state-us-east-1-unit-a1",
    "replica_region": "us-east-1",
    "role_name": "role-state-replication-us-east-2-unit-a1",
    "tags": {"Environment": "unit", "DR-Role": "dr"},
    "replica_tags": {"Environment": "unit", "DR-Role": "primary"},
}
BUCKETS = {"us-east-2": OPTIONS["bucket"], "us-east-1": OPTIONS["replica"]}


def ensure(check_mode=False, **options):
    return run(terraform_state_bucket, OPTIONS | options, check_mode=check_mode)


@pytest.fixture
def aws():
    with mock_aws():
        yield


@pytest.fixture
def present(aws):
    return ensure()


def test_both_buckets_are_made_versioned_encrypted_closed_and_tagged(present):
    assert present["changed"] is True
    assert present["existed"] is False
    assert undocumented(terraform_state_bucket, {key: present[key] for key in present if key != "diff"}) == []
    for region, bucket in BUCKETS.items():
        s3 = boto3.client("s3", region)
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
        tags = {tag["Key"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
        assert tags == {"Environment", "DR-Role"}


def test_the_state_is_replicated_by_a_role_that_may_do_no_more(present):
    rule = boto3.client("s3", "us-east-2").get_bucket_replication(Bucket=OPTIONS["bucket"])["ReplicationConfiguration"]
    assert rule["Rules"][0]["Destination"]["Bucket"] == f"arn:aws:s3:::{OPTIONS['replica']}"
    policy = boto3.client("iam").get_role_policy(RoleName=OPTIONS["role_name"], PolicyName="terraform-state")
    statements = policy["PolicyDocument"]["Statement"]
    assert {statement["Resource"].split(":::")[1].split("/")[0] for statement in statements} == set(BUCKETS.values())
    assert not any("*" in action for statement in statements for action in statement["Action"])


def test_a_second_run_writes_nothing(present):
    with calls() as made:
        result = ensure()
    assert result["changes"] == []
    assert result["existed"] is True
    assert writes(made) == []


def test_what_was_changed_by_hand_is_put_back_and_nothing_else(present):
    s3 = boto3.client("s3", "us-east-2")
    s3.put_bucket_versioning(Bucket=OPTIONS["bucket"], VersioningConfiguration={"Status": "Suspended"})
    with calls() as made:
        assert ensure()["changes"] == [f"{OPTIONS['bucket']}: versioning"]
    assert writes(made) == ["PutBucketVersioning"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_says_what_would_be_done_and_writes_nothing(aws, state):
    if state == "absent":
        ensure()
    with calls() as made:
        result = ensure(check_mode=True, state=state)
    assert result["changed"] is True
    assert result["diff"]["after"] == "\n".join(result["changes"]) + "\n"
    assert writes(made) == []


def test_absent_removes_every_version_both_buckets_and_the_role(present):
    s3 = boto3.client("s3", "us-east-2")
    s3.delete_bucket_policy(Bucket=OPTIONS["bucket"])  # moto takes every call for one without TLS
    for body in (b"one", b"two"):
        s3.put_object(Bucket=OPTIONS["bucket"], Key="payments-dr/terraform.tfstate", Body=body)
    s3.delete_object(Bucket=OPTIONS["bucket"], Key="payments-dr/terraform.tfstate")
    result = ensure(state="absent")
    assert result["changes"] == [f"{name}: removed" for name in (*BUCKETS.values(), OPTIONS["role_name"])]
    assert s3.list_buckets()["Buckets"] == []
    assert boto3.client("iam").list_roles()["Roles"] == []
    assert ensure(state="absent")["changed"] is False


def test_a_bucket_of_somebody_else_is_named_with_the_mend(aws):
    def forbidden(_client, operation, _parameters):
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, operation)

    with mock.patch.object(BaseClient, "_make_api_call", forbidden):
        result = ensure()
    assert result["failed"]
    assert result["msg"].startswith(f"environment_suffix: the bucket {OPTIONS['bucket']} exists and is not ours")

"""Buckets and their replication; the probe, its deadline, and that it leaves nothing behind."""

import boto3
import botocore.exceptions
import pytest
import s3_replication_info
from moto import mock_aws

from tests.unit.library.running import calls, run, undocumented, writes
from tests.unit.module_utils.deployed import EAST, OHIO

HERE, THERE = "s3-transaction-logs-us-east-1-test-a1", "s3-transaction-logs-us-east-2-test-a1"
PARAMS = {"bucket": HERE, "region": EAST}
PROBE = {**PARAMS, "probe": True, "rule": "transaction-logs", "destination_region": OHIO, "probe_deadline_seconds": 1}
RULE = {
    "ID": "transaction-logs",
    "Status": "Enabled",
    "Priority": 1,
    "Filter": {"Prefix": ""},
    "DeleteMarkerReplication": {"Status": "Disabled"},
    "SourceSelectionCriteria": {
        "SseKmsEncryptedObjects": {"Status": "Enabled"},
        "ReplicaModifications": {"Status": "Enabled"},
    },
    "Destination": {
        "Bucket": f"arn:aws:s3:::{THERE}",
        "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:us-east-2:222222222222:key/payments"},
        "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
        "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
    },
}


@pytest.fixture(autouse=True)
def aws():
    with mock_aws():
        yield


@pytest.fixture
def buckets():
    """Both buckets, with a rule from here to there; moto does not copy objects."""
    for bucket, region in ((HERE, EAST), (THERE, OHIO)):
        where = {} if region == EAST else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3 = boto3.client("s3", region)
        s3.create_bucket(Bucket=bucket, **where)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:us-east-1:222222222222:key/payments"}
    s3 = boto3.client("s3", EAST)
    s3.put_bucket_encryption(
        Bucket=HERE, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    )
    role = "arn:aws:iam::222222222222:role/role-s3-replication-us-east-1-test-a1"
    s3.put_bucket_replication(Bucket=HERE, ReplicationConfiguration={"Role": role, "Rules": [RULE]})


def versions(bucket, region):
    found = boto3.client("s3", region).list_object_versions(Bucket=bucket)
    return found.get("Versions", []) + found.get("DeleteMarkers", [])


def copying(monkeypatch):
    """Makes moto replicate: a put here is also a put there."""
    real = s3_replication_info.client

    def client(module, service, region=None, **options):
        made = real(module, service, region, **options)
        if region is None:
            put = made.put_object
            far = boto3.client("s3", OHIO)
            made.put_object = lambda **given: (put(**given), far.put_object(**{**given, "Bucket": THERE}))[0]
        return made

    monkeypatch.setattr(s3_replication_info, "client", client)


def test_everything_that_is_documented_comes_back(buckets, monkeypatch):
    copying(monkeypatch)
    result = run(s3_replication_info, PROBE)
    assert undocumented(s3_replication_info, result) == []
    assert (result["exists"], result["versioning"]) == (True, "Enabled")
    assert result["encryption"]["algorithm"] == "aws:kms"
    assert result["rules"][0]["destination_bucket"] == THERE


def test_a_rule_is_told_as_s3_tells_it():
    assert s3_replication_info.rule_facts(RULE) == {
        "id": "transaction-logs",
        "status": "Enabled",
        "prefix": "",
        "destination_bucket": THERE,
        "replica_kms_key_arn": "arn:aws:kms:us-east-2:222222222222:key/payments",
        "kms_objects": True,
        "replica_modifications": True,
        "delete_markers": False,
        "metrics": True,
        "replication_time_minutes": 15,
    }


def test_what_a_rule_leaves_out_is_off():
    bare = {"Status": "Disabled", "Destination": {"Bucket": "arn:aws:s3:::x"}, "Prefix": "2024/"}
    told = s3_replication_info.rule_facts(bare)
    assert (told["kms_objects"], told["metrics"], told["replication_time_minutes"]) == (False, False, 0)
    assert (told["replica_kms_key_arn"], told["prefix"], told["id"]) == ("", "2024/", "")


def test_a_bucket_that_is_gone_is_said_and_no_failure():
    result = run(s3_replication_info, PARAMS)
    assert (result["exists"], result["versioning"], result["rules"]) == (False, "", [])
    assert undocumented(s3_replication_info, result) == []


def test_a_bucket_of_somebody_else_is_a_failure(monkeypatch):
    def refuse(s3, bucket):
        raise s3_replication_info.AwsFailure("Could not find the bucket: 403: Forbidden", "403")

    monkeypatch.setattr(s3_replication_info, "exists", refuse)
    assert run(s3_replication_info, PARAMS)["code"] == "403"


def test_a_probe_that_arrives_leaves_nothing_behind(buckets, monkeypatch):
    copying(monkeypatch)
    probe = run(s3_replication_info, PROBE)["probe"]
    assert probe["arrived"] is True
    assert 0 <= probe["latency_seconds"] < 1
    assert (versions(HERE, EAST), versions(THERE, OHIO)) == ([], [])


def test_a_probe_that_does_not_arrive_is_given_up_and_leaves_nothing_behind(buckets):
    probe = run(s3_replication_info, PROBE)["probe"]
    assert probe["arrived"] is False
    assert 1 <= probe["latency_seconds"] < 2
    assert (versions(HERE, EAST), versions(THERE, OHIO)) == ([], [])


def test_without_the_rule_no_probe_is_put(buckets):
    with calls() as made:
        probe = run(s3_replication_info, {**PROBE, "rule": "another"})["probe"]
    assert probe == {"key": "", "arrived": False, "latency_seconds": 0.0}
    assert writes(made) == []


@pytest.mark.parametrize(("params", "check_mode"), [(PARAMS, False), (PARAMS, True), (PROBE, True)])
def test_nothing_is_written_without_a_probe_or_in_check_mode(buckets, params, check_mode):
    with calls() as made:
        result = run(s3_replication_info, params, check_mode=check_mode)
    assert writes(made) == []
    assert result["probe"] is None


def test_a_probe_needs_to_know_where_to():
    result = run(s3_replication_info, {**PARAMS, "probe": True})
    assert result["failed"]
    assert "rule, destination_region" in result["msg"]


def test_waiting_ends_at_the_deadline_and_never_sleeps_beyond_it():
    now, slept = [0.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    arrived, seconds = s3_replication_info.arrival(lambda key: False, "k", 30, clock=lambda: now[0], sleep=sleep)
    assert (arrived, seconds) == (False, 30.0)
    assert max(slept) <= 2.0


def test_other_errors_are_not_taken_for_absence(buckets):
    def refuse(Bucket):  # noqa: N803 - as boto3 names it
        answer = {"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        raise botocore.exceptions.ClientError(answer, "GetBucketVersioning")

    class Call:
        meta = type("Meta", (), {"region_name": EAST})

        def get(self, Bucket):  # noqa: N803 - as boto3 names it
            return refuse(Bucket)

    with pytest.raises(s3_replication_info.AwsFailure) as caught:
        s3_replication_info.read(Call().get, HERE, "read the versioning")
    assert caught.value.message == f"Could not read the versioning of {HERE} in {EAST}: AccessDenied: no"

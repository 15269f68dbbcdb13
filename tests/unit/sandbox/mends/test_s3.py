"""Objects arrive in the other region after a while, under that region's key, when the rule says so."""

import json
import os
import signal

import pytest
from botocore.exceptions import ClientError

from ..metrics import eventually, total

HOME, AWAY = "replicated-us-east-1", "replicated-us-east-2"


@pytest.fixture(scope="module")
def keys(sandbox):
    return [sandbox.client("kms", region).create_key()["KeyMetadata"]["Arn"] for region in ("us-east-1", "us-east-2")]


@pytest.fixture(scope="module")
def buckets(sandbox, keys):
    """A bucket in each region: versioned, encrypted under its region's key. Gives their clients."""
    home, away = sandbox.client("s3"), sandbox.client("s3", "us-east-2")
    home.create_bucket(Bucket=HOME)
    away.create_bucket(Bucket=AWAY, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    for client, bucket, key in ((home, HOME, keys[0]), (away, AWAY, keys[1])):
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        client.put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
        )
    return home, away


def replicate(home, key, selected, measured=False, markers="Disabled"):
    destination = {"Bucket": f"arn:aws:s3:::{AWAY}"}
    rule = {
        "ID": "logs",
        "Priority": 0,
        "Filter": {},
        "Status": "Enabled",
        "DeleteMarkerReplication": {"Status": markers},
        "Destination": destination,
    }
    if measured:
        destination["ReplicationTime"] = {"Status": "Enabled", "Time": {"Minutes": 15}}
        destination["Metrics"] = {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}
    if selected:
        rule["SourceSelectionCriteria"] = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
        destination["EncryptionConfiguration"] = {"ReplicaKmsKeyID": key}
    home.put_bucket_replication(
        Bucket=HOME, ReplicationConfiguration={"Role": "arn:aws:iam::222222222222:role/replication", "Rules": [rule]}
    )


def status(client, bucket, key, **version):
    return client.head_object(Bucket=bucket, Key=key, **version).get("ReplicationStatus")


def settled(home, key, wanted="COMPLETED", bucket=HOME, **version):
    """Wait until the version is no longer pending; it must be `wanted` then."""
    eventually(lambda: status(home, bucket, key, **version) != "PENDING")
    assert status(home, bucket, key, **version) == wanted


def test_a_version_is_pending_until_it_was_copied(buckets, keys):
    home, away = buckets
    replicate(home, keys[1], selected=True)
    first = home.put_object(Bucket=HOME, Key="twice", Body=b"first", Tagging="kind=log")["VersionId"]
    second = home.put_object(Bucket=HOME, Key="twice", Body=b"second")["VersionId"]
    assert {status(home, HOME, "twice"), status(home, HOME, "twice", VersionId=first)} == {"PENDING"}
    with pytest.raises(ClientError, match="404"):
        away.head_object(Bucket=AWAY, Key="twice")
    settled(home, "twice", VersionId=second)
    assert status(home, HOME, "twice", VersionId=first) == "COMPLETED", "in the order of writing"
    older, newer = sorted(
        away.list_object_versions(Bucket=AWAY, Prefix="twice")["Versions"], key=lambda one: one["IsLatest"]
    )
    assert away.get_object(Bucket=AWAY, Key="twice")["Body"].read() == b"second"
    old = away.get_object(Bucket=AWAY, Key="twice", VersionId=older["VersionId"])
    assert (old["Body"].read(), old["ReplicationStatus"]) == (b"first", "REPLICA")
    tags = away.get_object_tagging(Bucket=AWAY, Key="twice", VersionId=older["VersionId"])["TagSet"]
    assert tags == [{"Key": "kind", "Value": "log"}]


def test_a_version_that_is_deleted_before_it_was_copied_never_arrives(buckets, keys):
    home, away = buckets
    replicate(home, keys[1], selected=True)
    gone = home.put_object(Bucket=HOME, Key="gone", Body=b"body")["VersionId"]
    home.delete_object(Bucket=HOME, Key="gone", VersionId=gone)
    home.put_object(Bucket=HOME, Key="after", Body=b"body")
    settled(home, "after")
    assert "Versions" not in away.list_object_versions(Bucket=AWAY, Prefix="gone")


def test_deletes_stay_where_they_are_made(buckets, keys):
    home, away = buckets
    replicate(home, keys[1], selected=True)
    version = home.put_object(Bucket=HOME, Key="kept", Body=b"body")["VersionId"]
    settled(home, "kept")
    home.delete_object(Bucket=HOME, Key="kept")
    home.delete_object(Bucket=HOME, Key="kept", VersionId=version)
    home.put_object(Bucket=HOME, Key="later", Body=b"body")
    settled(home, "later")
    assert away.get_object(Bucket=AWAY, Key="kept")["Body"].read() == b"body"


def test_delete_markers_follow_their_versions_where_the_rule_wants_them(buckets, keys):
    home, away = buckets
    replicate(home, keys[1], selected=True, markers="Enabled")
    version = home.put_object(Bucket=HOME, Key="marked", Body=b"body")["VersionId"]
    home.delete_object(Bucket=HOME, Key="marked")
    settled(home, "marked", VersionId=version)
    found = eventually(lambda: away.list_object_versions(Bucket=AWAY, Prefix="marked").get("DeleteMarkers"))
    assert found[0]["IsLatest"]
    assert away.list_object_versions(Bucket=AWAY, Prefix="marked")["Versions"][0]["IsLatest"] is False


def test_a_replica_is_encrypted_under_the_rules_key(buckets, keys):
    home, away = buckets
    replicate(home, keys[1], selected=True)
    home.put_object(Bucket=HOME, Key="selected", Body=b"body")
    settled(home, "selected")
    source, replica = home.head_object(Bucket=HOME, Key="selected"), away.head_object(Bucket=AWAY, Key="selected")
    assert (source["ReplicationStatus"], source["SSEKMSKeyId"]) == ("COMPLETED", keys[0])
    assert (replica["ReplicationStatus"], replica["SSEKMSKeyId"]) == ("REPLICA", keys[1])
    assert away.get_object(Bucket=AWAY, Key="selected")["Body"].read() == b"body"


def test_an_encrypted_object_stays_where_the_rule_does_not_select_it(buckets, keys):
    home, away = buckets
    replicate(home, keys[1], selected=False)
    home.put_object(Bucket=HOME, Key="unselected", Body=b"body")
    assert "ReplicationStatus" not in home.head_object(Bucket=HOME, Key="unselected")
    with pytest.raises(ClientError, match="404"):
        away.head_object(Bucket=AWAY, Key="unselected")


def test_a_rule_that_asks_for_metrics_has_them_in_the_regions_where_aws_puts_them(sandbox, buckets, keys):
    home, away = buckets
    dimensions = {"SourceBucket": HOME, "DestinationBucket": AWAY, "RuleId": "logs"}

    def seen(name, region, statistic="Sum"):
        return total(sandbox, "AWS/S3", name, dimensions, statistic, region)

    replicate(home, keys[1], selected=True)
    home.put_object(Bucket=HOME, Key="silent", Body=b"body")
    settled(home, "silent")
    assert seen("ReplicationLatency", "us-east-2", "SampleCount") is None, "no metrics unless the rule asks for them"
    replicate(home, keys[1], selected=True, measured=True)
    home.put_object(Bucket=HOME, Key="measured", Body=b"body")
    settled(home, "measured")
    assert seen("ReplicationLatency", "us-east-2", "SampleCount") == 1
    assert 1 <= seen("ReplicationLatency", "us-east-2", "Maximum") < 60
    assert seen("BytesPendingReplication", "us-east-2") == 0
    assert seen("OperationsPendingReplication", "us-east-2") == 0
    assert seen("OperationsFailedReplication", "us-east-1") == 0
    away.put_bucket_versioning(Bucket=AWAY, VersioningConfiguration={"Status": "Suspended"})
    home.put_object(Bucket=HOME, Key="failed", Body=b"body")
    settled(home, "failed", "FAILED")
    assert seen("OperationsFailedReplication", "us-east-1") == 1
    assert seen("ReplicationLatency", "us-east-2", "SampleCount") == 1
    assert seen("ReplicationLatency", "us-east-1", "SampleCount") is None


def test_what_is_pending_goes_on_after_the_sandbox_was_down(aside):
    assert aside.run("up", "--free-ports").returncode == 0
    home, away = aside.client("s3"), aside.client("s3", "us-east-2")
    home.create_bucket(Bucket=HOME)
    away.create_bucket(Bucket=AWAY, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    for client, bucket in ((home, HOME), (away, AWAY)):
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    replicate(home, "", selected=False)
    server = int((aside.folder / "sandbox.pid").read_text())
    for name in ("one", "two", "three"):
        home.put_object(Bucket=HOME, Key=name, Body=name.encode())
    os.kill(server, signal.SIGTERM)
    assert status_at_rest(aside, server) == "PENDING"
    assert aside.run("up").returncode == 0
    for name in ("one", "two", "three"):
        settled(home, name)
        assert away.get_object(Bucket=AWAY, Key=name)["Body"].read() == name.encode()


def status_at_rest(sandbox, server):
    """What the files say of the last object, once the server has ended."""
    eventually(lambda: not os.path.exists(f"/proc/{server}"))  # noqa: PTH110 - no file of ours
    (kept,) = [path for path in (sandbox.folder / "s3").rglob("three.meta.json") if HOME in path.parts]
    return json.loads(kept.read_text())["versions"][0]["replication_status"]

"""Objects arrive in the other region, under that region's key, when the rule says so."""

import pytest
from botocore.exceptions import ClientError

from ..metrics import total

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


def replicate(home, key, selected, measured=False):
    destination = {"Bucket": f"arn:aws:s3:::{AWAY}"}
    rule = {
        "ID": "logs",
        "Priority": 0,
        "Filter": {},
        "Status": "Enabled",
        "DeleteMarkerReplication": {"Status": "Disabled"},
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


def test_a_replica_is_encrypted_under_the_rules_key(buckets, keys):
    home, away = buckets
    replicate(home, keys[1], selected=True)
    home.put_object(Bucket=HOME, Key="selected", Body=b"body")
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
    assert seen("ReplicationLatency", "us-east-2", "SampleCount") is None, "no metrics unless the rule asks for them"
    replicate(home, keys[1], selected=True, measured=True)
    home.put_object(Bucket=HOME, Key="measured", Body=b"body")
    assert seen("ReplicationLatency", "us-east-2", "SampleCount") == 1
    assert 0 <= seen("ReplicationLatency", "us-east-2", "Maximum") < 60
    assert seen("BytesPendingReplication", "us-east-2") == 0
    assert seen("OperationsPendingReplication", "us-east-2") == 0
    assert seen("OperationsFailedReplication", "us-east-1") == 0
    away.put_bucket_versioning(Bucket=AWAY, VersioningConfiguration={"Status": "Suspended"})
    home.put_object(Bucket=HOME, Key="failed", Body=b"body")
    assert home.head_object(Bucket=HOME, Key="failed")["ReplicationStatus"] == "FAILED"
    assert seen("OperationsFailedReplication", "us-east-1") == 1
    assert seen("ReplicationLatency", "us-east-2", "SampleCount") == 1
    assert seen("ReplicationLatency", "us-east-1", "SampleCount") is None

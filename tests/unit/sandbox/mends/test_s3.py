"""Objects arrive in the other region, under that region's key, when the rule says so."""

import pytest
from botocore.exceptions import ClientError

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


def replicate(home, key, selected):
    destination = {"Bucket": f"arn:aws:s3:::{AWAY}"}
    rule = {
        "ID": "logs",
        "Priority": 0,
        "Filter": {},
        "Status": "Enabled",
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": destination,
    }
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

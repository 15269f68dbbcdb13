"""What a crash left out of the transaction log comes by itself: the schedule finds it in the outbox."""

import pytest

from .api import Api
from .conftest import topology
from .looking import DR, PRIMARY, eventually, log_objects, rows

# A minute until the schedule's next run, and what a busy machine adds.
DEADLINE_SECONDS = 150


@pytest.fixture
def unlogged(deployment, sandbox):
    """A payment as a crash leaves it: committed, in the outbox for a minute, without its object."""
    answer = Api(sandbox).pay("repaired-1")
    assert answer.status == 201, answer
    paid = answer.body
    s3, bucket = sandbox.client("s3", PRIMARY), topology(sandbox)["regions"][PRIMARY]["bucket"]
    (key,) = eventually(lambda: [key for key in log_objects(sandbox) if paid["id"] in key], "the payment's object")
    written = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    eventually(lambda: not outbox(sandbox, paid["id"]), "the outbox without it")
    for version in s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])
    assert key not in log_objects(sandbox)
    put_back = "INSERT INTO outbox VALUES (CAST(:id AS uuid), now() - interval '1 minute')"
    rows(sandbox, PRIMARY, put_back, id=paid["id"])
    return paid["id"], key, written


def outbox(sandbox, identifier):
    return rows(sandbox, PRIMARY, "SELECT 1 FROM outbox WHERE payment_id = CAST(:id AS uuid)", id=identifier)


def test_the_schedule_writes_the_object_that_a_crash_left_out(sandbox, unlogged):
    identifier, key, written = unlogged
    eventually(lambda: key in log_objects(sandbox), "the payment's object", DEADLINE_SECONDS)
    eventually(lambda: not outbox(sandbox, identifier), "the outbox without it")
    for region in (PRIMARY, DR):
        s3, bucket = sandbox.client("s3", region), topology(sandbox)["regions"][region]["bucket"]
        versions = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == written
        assert len(versions) == {PRIMARY: 1, DR: 2}[region], "the standby's bucket keeps what was replicated before"

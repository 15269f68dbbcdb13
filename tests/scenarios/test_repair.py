"""What a crash left out of the transaction log comes by itself: the schedule finds it in the outbox."""

import pytest

from .api import Api
from .conftest import topology
from .looking import DR, PRIMARY, eventually, rows

# A minute until the schedule's next run, and what a busy machine adds.
DEADLINE_SECONDS = 150


class Logged:
    """The transaction log object of one payment, in both regions."""

    def __init__(self, sandbox, payment):
        self.clients = {region: sandbox.client("s3", region) for region in (PRIMARY, DR)}
        self.buckets = {region: topology(sandbox)["regions"][region]["bucket"] for region in (PRIMARY, DR)}
        day = payment["created_at"][:10].replace("-", "/")
        self.key = f"transactions/{day}/{payment['id']}.json"

    def versions(self, region):
        found = self.clients[region].list_object_versions(Bucket=self.buckets[region], Prefix=self.key)
        return [one["VersionId"] for one in found.get("Versions", [])]

    def body(self, region):
        return self.clients[region].get_object(Bucket=self.buckets[region], Key=self.key)["Body"].read()

    def forget(self):
        """As if it had never been put here; deletes of versions are not replicated."""
        for version in self.versions(PRIMARY):
            self.clients[PRIMARY].delete_object(Bucket=self.buckets[PRIMARY], Key=self.key, VersionId=version)


def outbox(sandbox, identifier):
    return rows(sandbox, PRIMARY, "SELECT 1 FROM outbox WHERE payment_id = CAST(:id AS uuid)", id=identifier)


@pytest.fixture
def payment(deployment, sandbox):
    answer = Api(sandbox).pay("repaired-1")
    assert answer.status == 201, answer
    return answer.body


def test_the_schedule_writes_the_object_that_a_crash_left_out(sandbox, payment):
    logged = Logged(sandbox, payment)
    eventually(lambda: logged.versions(DR), "the payment's object in both regions")
    eventually(lambda: not outbox(sandbox, payment["id"]), "the outbox without it")
    written, before = logged.body(PRIMARY), len(logged.versions(DR))

    logged.forget()
    put_back = "INSERT INTO outbox VALUES (CAST(:id AS uuid), now() - interval '1 minute')"
    rows(sandbox, PRIMARY, put_back, id=payment["id"])

    eventually(lambda: logged.versions(PRIMARY), "the payment's object, written by the schedule", DEADLINE_SECONDS)
    eventually(lambda: len(logged.versions(DR)) == before + 1, "its replica")
    eventually(lambda: not outbox(sandbox, payment["id"]), "the outbox without it")
    assert logged.body(PRIMARY) == logged.body(DR) == written

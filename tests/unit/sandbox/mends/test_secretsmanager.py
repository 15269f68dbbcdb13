"""A secret and its replica in the other region."""

import json

import pytest
from botocore.exceptions import ClientError

NAME = "payments/replicated"


@pytest.fixture
def home(sandbox):
    return sandbox.client("secretsmanager")


@pytest.fixture
def away(sandbox):
    return sandbox.client("secretsmanager", "us-east-2")


@pytest.fixture
def secret(home):
    made = home.create_secret(Name=NAME, SecretString="first", AddReplicaRegions=[{"Region": "us-east-2"}])
    yield made
    home.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)


def test_a_secret_is_created_with_its_replica(secret, home, away):
    assert [(s["Region"], s["Status"]) for s in secret["ReplicationStatus"]] == [("us-east-2", "InSync")]
    assert home.describe_secret(SecretId=NAME)["ReplicationStatus"][0]["Status"] == "InSync"
    replica = away.describe_secret(SecretId=NAME)
    assert replica["PrimaryRegion"] == "us-east-1"
    assert replica["ARN"] == secret["ARN"].replace("us-east-1", "us-east-2")


def test_a_new_value_reaches_the_replica(secret, home, away):
    home.put_secret_value(SecretId=NAME, SecretString="second")
    assert away.get_secret_value(SecretId=NAME)["SecretString"] == "second"
    with pytest.raises(ClientError, match="replica"):
        away.put_secret_value(SecretId=NAME, SecretString="third")


def test_a_replica_can_be_taken_away_and_made_again(secret, home, away):
    left = home.remove_regions_from_replication(SecretId=NAME, RemoveReplicaRegions=["us-east-2"])
    assert left["ReplicationStatus"] == []
    assert "ReplicationStatus" not in home.describe_secret(SecretId=NAME)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        away.describe_secret(SecretId=NAME)
    home.replicate_secret_to_regions(SecretId=NAME, AddReplicaRegions=[{"Region": "us-east-2"}])
    assert away.get_secret_value(SecretId=NAME)["SecretString"] == "first"


def test_the_database_secret_is_seeded_in_both_regions(sandbox, home, away):
    password = (sandbox.folder / "database-password").read_text()
    for manager in (home, away):
        value = json.loads(manager.get_secret_value(SecretId="payments/aurora/master")["SecretString"])
        assert value == {"username": "payments", "password": password}

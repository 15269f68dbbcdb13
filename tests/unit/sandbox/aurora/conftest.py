"""A hurried sandbox with a global database of two regions, and connections to it as a function makes them."""

import importlib.util
import os
import signal
import socket
import ssl
import time
from pathlib import Path

import pg8000.native
import pytest

from sandbox.aurora import names, postgres
from tests.unit.sandbox.conftest import in_a_hurry

ENGINE = {"Engine": "aurora-postgresql", "EngineVersion": "17.7"}
PASSWORD = "not-a-secret-1"
SITE = Path(names.__file__).resolve().parents[1] / "lambda_site" / "sitecustomize.py"


class GlobalDatabase:
    """The global database `ledger`: cluster `one` in us-east-1, `two` in us-east-2."""

    regions = {"one": "us-east-1", "two": "us-east-2"}

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.password = PASSWORD

    def rds(self, cluster="one"):
        return self.sandbox.client("rds", self.regions[cluster])

    def data(self, cluster):
        return (self.sandbox.folder / "aurora" / self.regions[cluster] / cluster / "data").resolve()

    def described(self, cluster):
        return self.rds(cluster).describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]

    def group(self):
        return self.rds().describe_global_clusters(GlobalClusterIdentifier="ledger")["GlobalClusters"][0]

    def arn(self, cluster):
        return self.described(cluster)["DBClusterArn"]

    def connect(self, cluster, *, host=None, user="payments", password=None, trusted=None):
        """Connect by the cluster's endpoint, or another name, verifying certificate and name."""
        context = ssl.create_default_context(cafile=str(trusted or self.sandbox.folder / "ca.pem"))
        return pg8000.native.Connection(
            user,
            host=host or self.described(cluster)["Endpoint"],
            port=5432,
            password=password or self.password,
            database="payments",
            ssl_context=context,
            timeout=3,
        )

    def run(self, cluster, sql, **how):
        connection = self.connect(cluster, **how)
        try:
            return connection.run(sql)
        finally:
            connection.close()

    def add_instance(self, cluster):
        self.rds(cluster).create_db_instance(
            DBInstanceIdentifier=f"{cluster}-1",
            DBClusterIdentifier=cluster,
            DBInstanceClass="db.serverless",
            Engine=ENGINE["Engine"],
        )

    def signal(self, cluster, number):
        for pid in postgres.processes(self.data(cluster)):
            os.kill(pid, number)

    def thaw(self, cluster):
        self.signal(cluster, signal.SIGCONT)


def eventually(holds, seconds=20):
    """Return what `holds()` returns as soon as it is true; what it raises meanwhile counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if found := holds():
                return found
            problem = f"still {found!r}"
        except (OSError, pg8000.exceptions.Error) as error:
            problem = repr(error)
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {problem}")
        time.sleep(0.05)


@pytest.fixture(scope="module")
def hurried(tmp_path_factory):
    """A sandbox in which an hour takes a minute."""
    with in_a_hurry(tmp_path_factory.mktemp("aurora") / "sandbox") as made:
        yield made
    assert not list((made.folder / "aurora").glob("*/*/data/postmaster.pid")), "a server outlived the sandbox"


@pytest.fixture(scope="module")
def resolved(hurried):
    """Names of databases resolve in this process as they do in a function."""
    before = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_ENDPOINTS", str(hurried.folder / "aurora" / names.FILE))
        spec = importlib.util.spec_from_file_location("site_of_functions", SITE)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        yield
        socket.getaddrinfo = before


@pytest.fixture(scope="module")
def ledger(hurried, resolved):
    """The global database, with an instance in each region, replicating."""
    made = GlobalDatabase(hurried)
    first, second = made.rds("one"), made.rds("two")
    first.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="strict", Description="-", DBParameterGroupFamily="aurora-postgresql17"
    )
    first.modify_db_cluster_parameter_group(
        DBClusterParameterGroupName="strict",
        Parameters=[
            {"ParameterName": "log_statement", "ParameterValue": "ddl", "ApplyMethod": "immediate"},
            {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"},
        ],
    )
    first.create_global_cluster(GlobalClusterIdentifier="ledger", **ENGINE)
    first.create_db_cluster(
        DBClusterIdentifier="one",
        GlobalClusterIdentifier="ledger",
        DBClusterParameterGroupName="strict",
        MasterUsername="payments",
        MasterUserPassword=PASSWORD,
        DatabaseName="payments",
        **ENGINE,
    )
    second.create_db_cluster(DBClusterIdentifier="two", GlobalClusterIdentifier="ledger", **ENGINE)
    for cluster in ("one", "two"):
        made.add_instance(cluster)
    eventually(lambda: made.run("two", "SELECT pg_is_in_recovery()") == [[True]])
    made.run("one", "CREATE TABLE payments (id integer PRIMARY KEY)")
    return made

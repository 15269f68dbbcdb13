"""What Terraform creates is a real database: TLS, users, replication, crashes, restarts, lag, a function's view."""

import io
import json
import os
import signal
import socket
import ssl
import time
import zipfile

import pg8000.exceptions
import pg8000.native
import pytest
import trustme

from sandbox.aurora import names, postgres
from tests.unit.sandbox.aurora.conftest import PASSWORD, eventually


def put(ledger, cluster, number):
    ledger.run(cluster, f"INSERT INTO payments VALUES ({number})")


def ids(ledger, cluster):
    return [row[0] for row in ledger.run(cluster, "SELECT id FROM payments ORDER BY id")]


def test_every_name_leads_to_the_cluster_over_tls(ledger):
    cluster = ledger.described("one")
    instance = ledger.rds().describe_db_instances(DBInstanceIdentifier="one-1")["DBInstances"][0]
    for name in (
        cluster["Endpoint"],
        cluster["ReaderEndpoint"],
        instance["Endpoint"]["Address"],
        ledger.group()["Endpoint"],
    ):
        assert ledger.run("one", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", host=name) == [[True]]


def test_another_authority_is_not_believed(ledger, tmp_path):
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    with pytest.raises(ssl.SSLCertVerificationError):
        ledger.connect("one", trusted=tmp_path / "other.pem")


def test_without_tls_nobody_comes_in(ledger):
    with pytest.raises(pg8000.exceptions.DatabaseError, match="no pg_hba.conf entry|rejects"):
        pg8000.native.Connection(
            "payments",
            host=ledger.described("one")["Endpoint"],
            port=5432,
            password=PASSWORD,
            database="payments",
            ssl_context=False,
            timeout=3,
        )


def test_a_wrong_password_and_a_stranger_are_refused(ledger):
    with pytest.raises(pg8000.exceptions.DatabaseError, match="28P01"):
        ledger.connect("one", password="guessed")
    for user in ("rdsadmin", "rdsrepladmin"):
        with pytest.raises((pg8000.exceptions.DatabaseError, pg8000.exceptions.InterfaceError)):
            ledger.connect("one", user=user)


def test_the_master_user_owns_the_database_and_is_no_superuser(ledger):
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'payments'"
    assert ledger.run("one", owner) == [["payments"]]
    assert ledger.run(
        "one", "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'payments'"
    ) == [[False, True, True]]


def test_the_cluster_parameter_group_applies(ledger):
    assert ledger.run("one", "SHOW log_statement") == [["ddl"]]


def test_replication_runs_over_tls(ledger):
    put(ledger, "one", 1)
    eventually(lambda: ids(ledger, "two") == [1])
    with pytest.raises(pg8000.exceptions.DatabaseError, match="25006"):
        put(ledger, "two", 2)
    question = "SELECT ssl, usename FROM pg_stat_ssl JOIN pg_stat_replication USING (pid)"
    assert ledger.run("one", question) == [[True, "rdsrepladmin"]]


HANDLER = """
import os, ssl, pg8000.native
def handler(event, context):
    connection = pg8000.native.Connection(
        "payments", host=event["host"], port=5432, password=event["password"], database="payments", timeout=3,
        ssl_context=ssl.create_default_context(cafile=os.environ["DATABASE_CA_FILE"]))
    return connection.run("SELECT count(*) FROM payments")[0][0]
"""


def test_a_function_finds_and_trusts_its_database(ledger):
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", HANDLER)
    functions = ledger.sandbox.client("lambda")
    functions.create_function(
        FunctionName="asks",
        Runtime="python3.13",
        Role="arn:aws:iam::222222222222:role/role-deploy",
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
        Timeout=20,
    )
    event = {"host": ledger.described("one")["Endpoint"], "password": PASSWORD}
    answer = json.load(functions.invoke(FunctionName="asks", Payload=json.dumps(event))["Payload"])
    assert answer == len(ids(ledger, "one"))


def test_a_writer_that_is_killed_comes_back_with_everything(ledger):
    put(ledger, "one", 2)
    before = postgres.postmaster(ledger.data("one"))
    os.kill(before, signal.SIGKILL)
    eventually(lambda: ids(ledger, "one") == [1, 2])
    assert postgres.postmaster(ledger.data("one")) != before
    put(ledger, "one", 3)
    eventually(lambda: ids(ledger, "two") == [1, 2, 3])


def lags(ledger):
    now = time.time()
    points = ledger.sandbox.client("cloudwatch", "us-east-2").get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName="AuroraGlobalDBRPOLag",
        Dimensions=[{"Name": "DBClusterIdentifier", "Value": "two"}],
        StartTime=now - 3600,
        EndTime=now + 60,
        Period=60,
        Statistics=["Minimum", "Maximum"],
    )["Datapoints"]
    return [point["Minimum"] for point in points], [point["Maximum"] for point in points]


def test_the_lag_is_measured(ledger):
    assert eventually(lambda: lags(ledger)[0])[0] == 0
    ledger.signal("one", signal.SIGSTOP)
    try:
        eventually(lambda: max(lags(ledger)[1]) >= 2000)
    finally:
        ledger.thaw("one")
    put(ledger, "one", 4)
    eventually(lambda: ids(ledger, "two") == [1, 2, 3, 4])


def test_the_password_changes_as_the_api_says_and_is_kept_by_the_server_alone(ledger):
    ledger.rds().modify_db_cluster(
        DBClusterIdentifier="one", MasterUserPassword="not-a-secret-2", ApplyImmediately=True
    )
    ledger.password = "not-a-secret-2"
    eventually(lambda: ledger.run("one", "SELECT 1"))
    with pytest.raises(pg8000.exceptions.DatabaseError, match="28P01"):
        ledger.connect("one", password=PASSWORD)
    eventually(lambda: ids(ledger, "two") == [1, 2, 3, 4])


def test_down_and_up_keep_data_ports_and_roles(ledger):
    table = names.read(ledger.sandbox.folder / "aurora")
    assert ledger.sandbox.run("down").returncode == 0
    assert not postgres.processes(ledger.data("one")) + postgres.processes(ledger.data("two"))
    secrets = (PASSWORD.encode(), ledger.password.encode())
    files = [path for path in ledger.sandbox.folder.rglob("*") if path.is_file()]
    assert [path for path in files if any(secret in path.read_bytes() for secret in secrets)] == []
    assert ledger.sandbox.run("up").returncode == 0
    eventually(lambda: ids(ledger, "one") == [1, 2, 3, 4])
    put(ledger, "one", 5)
    eventually(lambda: ids(ledger, "two") == [1, 2, 3, 4, 5])
    assert names.read(ledger.sandbox.folder / "aurora") == table


def test_servers_outlive_a_sandbox_that_is_killed_and_are_taken_over(ledger):
    servers = [postgres.postmaster(ledger.data(cluster)) for cluster in ("one", "two")]
    os.kill(int((ledger.sandbox.folder / "sandbox.pid").read_text()), signal.SIGKILL)
    eventually(lambda: ledger.sandbox.run("up").returncode == 0)
    eventually(lambda: ids(ledger, "two") == [1, 2, 3, 4, 5])
    assert [postgres.postmaster(ledger.data(cluster)) for cluster in ("one", "two")] == servers


def test_a_cluster_that_is_deleted_leaves_nothing(ledger):
    home = ledger.data("two").parent
    second = ledger.rds("two")
    second.remove_from_global_cluster(GlobalClusterIdentifier="ledger", DbClusterIdentifier=ledger.arn("two"))
    eventually(lambda: ledger.run("two", "INSERT INTO payments VALUES (6) RETURNING id"))
    assert ids(ledger, "one") == [1, 2, 3, 4, 5], "detached, it stands alone"
    name = ledger.described("two")["Endpoint"]
    second.delete_db_instance(DBInstanceIdentifier="two-1", SkipFinalSnapshot=True)
    eventually(lambda: name not in names.read(ledger.sandbox.folder / "aurora"))
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(name, 5432)
    second.delete_db_cluster(DBClusterIdentifier="two", SkipFinalSnapshot=True)
    eventually(lambda: not home.exists())
    assert not postgres.processes(home / "data")

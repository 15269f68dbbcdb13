"""What is said to a server as its superuser `rdsadmin`, who logs in by certificate: users, passwords, positions."""

from __future__ import annotations

import contextlib
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pg8000.native
import trustme

from sandbox.aurora import settings

TIMEOUT_SECONDS = 2
# What the master user of RDS is a member of, and may do.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Security.html
SUPERUSER_ROLE = "rds_superuser"
POSITION = "SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END \
- '0/0')::bigint"


class Admin:
    """Logs in to any server of one sandbox."""

    def __init__(self, issuer: trustme.CA) -> None:
        """Have the sandbox's authority certify the superuser."""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname = False  # servers are known by address here; their issuer is verified
        with tempfile.TemporaryDirectory() as folder:
            trusted = Path(folder) / "ca.pem"
            trusted.write_bytes(issuer.cert_pem.bytes())
            self._context.load_verify_locations(trusted)
        issuer.issue_cert(settings.ADMIN, common_name=settings.ADMIN).configure_cert(self._context)

    @contextlib.contextmanager
    def connected(self, address: str, port: int, database: str = "postgres") -> Iterator[pg8000.native.Connection]:
        """Connect for a while; every answer is waited for TIMEOUT_SECONDS at most (OSError, InterfaceError)."""
        connection = pg8000.native.Connection(
            settings.ADMIN,
            host=address,
            port=port,
            database=database,
            ssl_context=self._context,
            timeout=TIMEOUT_SECONDS,
        )
        try:
            yield connection
        finally:
            with contextlib.suppress(Exception):  # a server that died cannot be told goodbye
                connection.close()


def establish(connection: pg8000.native.Connection, user: str, database: str | None) -> None:
    """Make the users of RDS and the cluster's database, where they are not there yet."""
    for role, attributes in (
        (settings.REPLICATOR, "LOGIN REPLICATION"),
        (SUPERUSER_ROLE, "NOLOGIN"),
        (user, "LOGIN CREATEDB CREATEROLE"),
    ):
        if not connection.run("SELECT FROM pg_roles WHERE rolname = :role", role=role):
            connection.run(f"CREATE ROLE {_name(role)} {attributes}")
    connection.run(f"GRANT pg_monitor, pg_signal_backend TO {SUPERUSER_ROLE} WITH ADMIN OPTION")
    connection.run(f"GRANT {SUPERUSER_ROLE} TO {_name(user)}")
    if database and not connection.run("SELECT FROM pg_database WHERE datname = :name", name=database):
        connection.run(f"CREATE DATABASE {_name(database)} OWNER {_name(user)}")


def set_password(connection: pg8000.native.Connection, user: str, password: str) -> None:
    """Give the master user a password, without writing it to the server's log."""
    connection.run("SET log_statement = 'none'")
    connection.run("SET log_min_duration_statement = -1")
    connection.run(f"ALTER ROLE {_name(user)} PASSWORD {pg8000.native.literal(password)}")


def position(connection: pg8000.native.Connection) -> int:
    """Return how far a writer has written, or a standby has replayed, in bytes."""
    return connection.run(POSITION)[0][0]


def streams(connection: pg8000.native.Connection) -> bool:
    """Tell whether a standby receives what the writer writes."""
    return bool(connection.run("SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'"))


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'

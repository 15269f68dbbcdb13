"""The text of a server's postgresql.conf and pg_hba.conf, and of connection strings. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

ADMIN = "rdsadmin"  # as on RDS: the superuser that belongs to AWS; here it logs in by certificate
REPLICATOR = "rdsrepladmin"
FORCE_SSL = "rds.force_ssl"

# What a laptop can carry, and what keeps a standby able to catch up for an hour.
FIXED = {
    "unix_socket_directories": "",
    "ssl": "on",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "wal_level": "replica",
    "max_wal_senders": "8",
    "max_replication_slots": "8",
    "wal_keep_size": "1GB",
    "max_wal_size": "256MB",
    "hot_standby": "on",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "500ms",
    "tcp_user_timeout": "10s",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%t:%r:%u@%d:[%p]:",  # as on RDS
}


def postgresql_conf(own: Mapping[str, str], asked: Mapping[str, str], known: Collection[str]) -> str:
    """Return the configuration file: what the cluster parameter group asks for, under what the sandbox needs.

    `asked` holds Aurora's parameters; those that PostgreSQL does not know (`known` holds its names) stay Aurora's own,
    and so do formulas over the instance's size.
    """
    taken = {name: value for name, value in asked.items() if name in known and "{" not in value}
    settings = {**taken, **FIXED, **own}
    return "".join(f"{name} = {quoted(value)}\n" for name, value in settings.items())


def pg_hba_conf(asked: Mapping[str, str]) -> str:
    """Return who may log in how. RDS refuses connections without TLS where rds.force_ssl is 1, its default since 15.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
    """
    lines = [
        f"hostnossl all,replication {ADMIN},{REPLICATOR} all reject",
        f"hostssl replication {REPLICATOR} all cert",
        f"hostssl all {ADMIN} all cert",
        f"hostssl all {REPLICATOR} all reject",
        "hostssl all all all scram-sha-256",
    ]
    if asked.get(FORCE_SSL, "1") == "0":
        lines.append("hostnossl all all all scram-sha-256")
    return "\n".join(lines) + "\n"


def conninfo(fields: Mapping[str, str | int]) -> str:
    """Return a libpq connection string."""
    return " ".join(f"{name}='{_escaped(str(value))}'" for name, value in fields.items())


def quoted(value: str) -> str:
    """Return a value as postgresql.conf wants it."""
    return "'" + value.replace("'", "''") + "'"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")

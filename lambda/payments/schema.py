"""The database's schema: numbered SQL files, each applied once, in order, and never edited afterwards.

The database of the standby is a copy of the active region's, schema included: there is nothing to migrate in it.
A deployment replaces the function before it migrates, and a way back keeps the newer schema, so a migration must
leave the schema usable for the version before it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .database import Connection

FOLDER = Path(__file__).parent / "migrations"
NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
# Any two numbers that mean this lock and no other; idempotency keys use the locks with one number.
LOCK = "SELECT pg_advisory_xact_lock(1885435245, 1)"
TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
APPLIED = "SELECT version, checksum FROM schema_migrations"
NOTE = """
INSERT INTO schema_migrations (version, name, checksum)
VALUES (CAST(:version AS integer), CAST(:name AS text), CAST(:checksum AS text))
"""


class SchemaError(Exception):
    """The files and the database contradict each other; the message names both."""


@dataclass(frozen=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Changes when the file does."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def load(folder: Path = FOLDER) -> list[Migration]:
    """The migrations in `folder`, numbered from 1 without a gap; raises SchemaError."""
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        if not (parts := NAME.fullmatch(path.name)):
            raise SchemaError(f"{path.name}: a migration is named like 0001_what_it_does.sql")
        migrations.append(Migration(int(parts[1]), parts[2], path.read_text("utf-8")))
    if [one.version for one in migrations] != list(range(1, len(migrations) + 1)):
        raise SchemaError(f"{folder.name}/: migrations are numbered from 0001 without a gap and without a double")
    return migrations


def outstanding(migrations: Sequence[Migration], applied: Mapping[int, str]) -> list[Migration]:
    """What is to be applied, given the checksums that the database has by version; raises SchemaError.

    Versions that are newer than these files are left alone: the function went back to an earlier version.
    """
    for migration in migrations:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise SchemaError(
                f"migration {migration.version} ({migration.name}) was edited after it was applied: "
                "take the edit back, and put the change into a new migration"
            )
    todo = [one for one in migrations if one.version not in applied]
    if todo and applied and todo[0].version < max(applied):
        raise SchemaError(
            f"migration {todo[0].version} ({todo[0].name}) is older than version {max(applied)} "
            "of the database: give it a new number"
        )
    return todo


def migrate(connection: Connection, migrations: Sequence[Migration]) -> tuple[int, list[int]]:
    """Apply what is outstanding, all or nothing, on a writer. Answers the version now, and the versions applied.

    Whoever comes second waits for the lock (up to lock_timeout), and finds nothing left to do.
    """
    connection.run("BEGIN")
    connection.run(LOCK)
    connection.run(TABLE)
    applied = {row["version"]: row["checksum"] for row in connection.query(APPLIED)}
    todo = outstanding(migrations, applied)
    for migration in todo:
        connection.run(migration.sql)
        connection.query(NOTE, version=migration.version, name=migration.name, checksum=migration.checksum)
    connection.run("COMMIT")
    return max([*applied, *(one.version for one in todo)], default=0), [one.version for one in todo]

"""Where the sources are joined: one row for each payment, in a file of SQLite's that only its owner can read.

Sources are added page by page, in any order, a million payments in bounded memory; SQL finds the rows that differ, and
adds up. The file has no name once it is open, so that nothing of it is left behind, not even by a process that was
killed. A row is read as a dict. Ids are kept as 16 bytes, times in milliseconds since the epoch.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .reconciliation import CAUSES, DATABASE, JOURNALS, LOGS, SOURCES

#: Rows that are read, judged and written at a time.
CHUNK = 1000
#: Rows of one statement. While it runs the threads that read may run as well: a statement for each row would wait for
#: them each time.
AT_ONCE = 250
#: Of the pages of the file, so many KiB are kept in memory; the million needs about 120 MiB on disk.
CACHE_KIB = 32 * 1024
#: It is scratch: a crash of the machine loses it, and the next run makes another one.
SETTINGS = f"""
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE; PRAGMA cache_size = -{CACHE_KIB};
"""
TABLE = """
CREATE TABLE payment (
    id          BLOB PRIMARY KEY,
    seen        INTEGER NOT NULL,            -- the sources that have it, as bits
    differs     INTEGER NOT NULL DEFAULT 0,  -- whether two of them contradict each other
    damaged     INTEGER NOT NULL DEFAULT 0,  -- the sources whose copy cannot be read, as bits, and what of the first
    damage      TEXT NOT NULL DEFAULT '',
    waits       INTEGER NOT NULL DEFAULT 0,  -- what of it is still to be written, as the database says
    made        INTEGER NOT NULL,
    key         TEXT,
    fingerprint BLOB,
    amount      INTEGER,
    currency    TEXT,
    booked      INTEGER,                     -- the amount and the currency that the database has
    booked_in   TEXT,
    region      TEXT,
    place       TEXT,                        -- the log object's key
    line        INTEGER,                     -- where its line of the old ledger begins
    status      TEXT NOT NULL DEFAULT '',    -- how S3 replicates its object
    twin        BLOB,                        -- another payment under the same key (find_twins)
    alike       INTEGER NOT NULL DEFAULT 0,
    cause       TEXT NOT NULL DEFAULT '',
    outcome     TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID
"""
# A listing says only that there is an object, so what another source said stays.
ADD = """
INSERT INTO payment (id, seen, waits, made, key, fingerprint, amount, currency, region, place, line, booked, booked_in)
VALUES {rows}
ON CONFLICT (id) DO UPDATE SET
    seen = seen | excluded.seen,
    differs = differs OR coalesce((excluded.key, excluded.fingerprint, excluded.amount, excluded.currency)
                                  <> (key, fingerprint, amount, currency), 0),
    waits = waits | excluded.waits,
    made = CASE WHEN excluded.made <> 0 AND (key IS NULL OR made = 0) THEN excluded.made ELSE made END,
    key = coalesce(key, excluded.key), fingerprint = coalesce(fingerprint, excluded.fingerprint),
    amount = coalesce(amount, excluded.amount), currency = coalesce(currency, excluded.currency),
    booked = coalesce(booked, excluded.booked), booked_in = coalesce(booked_in, excluded.booked_in),
    region = coalesce(region, excluded.region),
    place = coalesce(place, excluded.place), line = coalesce(line, excluded.line)
"""
DAMAGED = "UPDATE payment SET damaged = damaged | ?, damage = coalesce(nullif(damage, ''), ?) WHERE id = ?"
UNNAMED = "length(id) > 16"
#: Every payment is looked at once, and looks an entry up by its key.
JOIN_UNNAMED = (
    f"""
    CREATE TEMP TABLE owner AS
    SELECT entry.id AS unnamed, payment.id AS id, max(payment.seen & {DATABASE})
    FROM payment CROSS JOIN payment AS entry ON entry.key = payment.key
    WHERE length(entry.id) > 16 AND length(payment.id) = 16 GROUP BY entry.id
    """,
    """
    UPDATE payment SET
        seen = payment.seen | entry.seen,
        damaged = payment.damaged | entry.damaged, damage = coalesce(nullif(payment.damage, ''), entry.damage),
        amount = coalesce(payment.amount, entry.amount), currency = coalesce(payment.currency, entry.currency),
        region = coalesce(payment.region, entry.region)
    FROM owner JOIN payment AS entry ON entry.id = owner.unnamed WHERE payment.id = owner.id
    """,
    "DELETE FROM payment WHERE id IN (SELECT unnamed FROM owner)",
    "DROP TABLE owner",
)
#: Who may own a key: (an index, what it holds for, whose twin that is). The first one counts.
TWINS = (
    ("charged", f"seen & {DATABASE} <> 0", "TRUE"),
    ("acknowledged", f"seen & {DATABASE} = 0 AND seen & {JOURNALS} <> 0", f"payment.seen & {JOURNALS} = 0"),
)
FIND_TWINS = f"""
UPDATE payment SET twin = other.id, alike = coalesce(other.fingerprint = payment.fingerprint, FALSE)
FROM payment AS other
WHERE payment.seen & {DATABASE} = 0 AND payment.twin IS NULL AND {{other}} AND {{owner}} AND other.key = payment.key
"""
ODD = f"""
(differs OR damaged OR seen & {DATABASE} = 0 OR seen & {JOURNALS} = 0 OR seen & {LOGS} <> {LOGS})
"""
REPLAYED = ", ".join(repr(cause.name) for cause in CAUSES.values() if cause.replays)
UNEXPLAINED = ", ".join(repr(cause.name) for cause in CAUSES.values() if not cause.explained)


@dataclasses.dataclass(frozen=True)
class Sighting:
    """What one source says of one payment. A listing of objects knows the id, the day and the object's key only.

    `damage` says what cannot be read, if anything; then the rest is what can, `made` is 0 where nothing says when, and
    where nothing names the payment the id is one of our own, longer than any.
    """

    id: bytes
    made: int
    key: str | None = None
    fingerprint: bytes | None = None
    amount: int | None = None
    currency: str | None = None
    region: str | None = None
    waits: int = 0
    place: str | None = None
    line: int | None = None
    damage: str = ""


class Table:
    """The join. Close it, or use it in a `with`."""

    def __init__(self, folder: Path) -> None:
        """The file is made in `folder`, readable by nobody else. Raises OSError."""
        path = folder / f".reconcile-{uuid.uuid4().hex}.sqlite"
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            self._sql = sqlite3.connect(path, isolation_level=None)
            self._sql.row_factory = sqlite3.Row
            self._sql.executescript(SETTINGS + TABLE)  # opens the file
        finally:
            path.unlink()

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Ends the file, too."""
        self._sql.close()

    def size(self) -> int:
        """The bytes of the file."""
        return self._one("PRAGMA page_count") * self._one("PRAGMA page_size")

    def add(self, source: int, sightings: Iterable[Sighting]) -> None:
        """A page of a source."""
        sightings = list(sightings)
        rows = [
            (one.id, source, one.waits, one.made, one.key, one.fingerprint, one.amount, one.currency, one.region)
            + (one.place, one.line)
            + ((one.amount, one.currency) if source & DATABASE else (None, None))
            for one in sightings
        ]
        with self._together():
            for start in range(0, len(rows), AT_ONCE):
                some = rows[start : start + AT_ONCE]
                marks = ", ".join([f"({', '.join('?' * len(some[0]))})"] * len(some))
                self._sql.execute(ADD.format(rows=marks), list(itertools.chain.from_iterable(some)))
            damaged = [(source, one.damage, one.id) for one in sightings if one.damage]
            self._sql.executemany(DAMAGED, damaged)

    def join_unnamed(self) -> None:
        """Notes an entry that does not say which payment it is at the one that has its key, the database's if there."""
        if not self._one(f"SELECT EXISTS (SELECT 1 FROM payment WHERE {UNNAMED} AND key IS NOT NULL)"):
            return
        self._sql.execute(f"CREATE INDEX IF NOT EXISTS unnamed ON payment (key) WHERE {UNNAMED}")
        with self._together():
            for statement in JOIN_UNNAMED:
                self._sql.execute(statement)

    def find_twins(self) -> None:
        """Notes for what the database lacks which other payment has its key, and whether it is alike: one that the
        database has, or that a journal has where none has this one: that is replayed, and was acknowledged."""
        if not self._one(f"SELECT EXISTS (SELECT 1 FROM payment WHERE seen & {DATABASE} = 0 AND key IS NOT NULL)"):
            return
        for name, owner, other in TWINS:
            self._sql.execute(f"CREATE INDEX IF NOT EXISTS {name} ON payment (key) WHERE {owner}")
            self._sql.execute(FIND_TWINS.format(owner=owner.replace("seen", "other.seen"), other=other))

    def odd(self) -> Iterator[list[dict[str, Any]]]:
        """The payments that are not in every source, or differ, in the order of their ids."""
        yield from self._chunks(f"{ODD} AND id > :id", "id", {"id": b""})

    def differences(self) -> Iterator[list[dict[str, Any]]]:
        """The payments that have a cause, in the order of their ids."""
        yield from self._chunks("cause <> '' AND id > :id", "id", {"id": b""})

    def to_replay(self, size: int) -> Iterator[list[dict[str, Any]]]:
        """The payments that the database is to get, in the order in which they were made, `size` at a time."""
        self._sql.execute(f"CREATE INDEX IF NOT EXISTS lost ON payment (made, id) WHERE cause IN ({REPLAYED})")
        after = {"made": -1, "id": b""}
        yield from self._chunks(f"cause IN ({REPLAYED}) AND (made, id) > (:made, :id)", "made, id", after, size)

    def judge(self, judgements: Sequence[tuple[str, str, bytes]]) -> None:
        """Keeps (cause, outcome, id) of payments."""
        if judgements:
            with self._together():
                self._sql.executemany("UPDATE payment SET cause = ?, outcome = ? WHERE id = ?", judgements)

    def repaired(self, causes: Sequence[str], outcome: str) -> None:
        """Gives all payments with one of the causes the same outcome."""
        marks = ", ".join("?" * len(causes))
        self._sql.execute(f"UPDATE payment SET outcome = ? WHERE cause IN ({marks})", (outcome, *causes))

    def replicating(self, statuses: Sequence[tuple[str, bytes]]) -> None:
        """Keeps (status, id): how S3 replicates the only object of a payment."""
        with self._together():
            self._sql.executemany("UPDATE payment SET status = ? WHERE id = ?", statuses)

    def counts(self) -> dict[str, int]:
        """How many payments each source has, and how many there are in all."""
        sums = ", ".join(f'coalesce(sum(seen & {bit} <> 0), 0) AS "{name}"' for name, bit in SOURCES.items())
        return dict(self._sql.execute(f"SELECT count(*) AS payments, {sums} FROM payment").fetchone())

    def causes(self) -> dict[str, int]:
        """How many payments have each cause."""
        rows = self._sql.execute("SELECT cause, count(*) FROM payment WHERE cause <> '' GROUP BY cause ORDER BY cause")
        return dict(list(rows))

    def unexplained(self) -> int:
        """How many payments a person has to look at."""
        return self._one(f"SELECT count(*) FROM payment WHERE cause IN ({UNEXPLAINED})")

    def sums(self) -> list[dict[str, Any]]:
        """By currency, the database's own currency, cause and whether the database has it: how many payments, how much
        the others say, and how much the database says. Currency "" where no source says it."""
        rows = self._sql.execute(
            f"""
            SELECT coalesce(currency, '') AS currency, coalesce(booked_in, '') AS booked_in, cause, outcome,
                   seen & {DATABASE} <> 0 AS charged, seen & {JOURNALS} <> 0 AS journaled,
                   count(*) AS count, coalesce(sum(amount), 0) AS amount, coalesce(sum(booked), 0) AS booked
            FROM payment GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
            """
        )
        return [dict(row) for row in rows]

    def _chunks(
        self, condition: str, order: str, after: dict[str, Any], size: int = CHUNK
    ) -> Iterator[list[dict[str, Any]]]:
        """Page by page, so that the rows may be changed in between."""
        query = f"SELECT * FROM payment WHERE {condition} ORDER BY {order} LIMIT {size:d}"
        while rows := [dict(row) for row in self._sql.execute(query, after)]:
            yield rows
            after = {name: rows[-1][name] for name in after}

    def _one(self, query: str) -> int:
        return int(self._sql.execute(query).fetchone()[0])

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        """One transaction."""
        self._sql.execute("BEGIN")
        yield
        self._sql.execute("COMMIT")

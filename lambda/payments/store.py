"""Payments in the database. The idempotency key is unique there, so it holds whatever instance or retry comes."""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from .cursors import Cursor
from .database import Connection
from .faults import standby
from .problems import SOON, Problem, Unavailable, invalid
from .rules import Fault, Order

COLUMNS = "id, status, region, created_at, amount, currency, reference, metadata"

# One statement, one transaction, one round trip: payment, key and outbox come together or not at all. Whoever has the
# key's lock is in flight; the others do not wait. The lock may be had just after another's commit that this
# statement does not see yet: then the conflict makes nothing, and the payment is read below.
RECORD = f"""
WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(hashtextextended(CAST(:key AS text), 0)) AS mine
), made AS (
    INSERT INTO payments (id, idempotency_key, fingerprint, amount, currency, reference, metadata, status, region,
                          created_at)
    SELECT CAST(:id AS uuid), CAST(:key AS text), CAST(:fingerprint AS bytea), CAST(:amount AS bigint),
           CAST(:currency AS text), CAST(:reference AS text), CAST(:metadata AS jsonb), 'accepted',
           CAST(:region AS text), now()
    FROM turn WHERE mine
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING {COLUMNS}
), noted AS (
    INSERT INTO outbox (payment_id, created_at) SELECT id, created_at FROM made
)
SELECT {COLUMNS} FROM made
"""
# No row in the outbox: nothing is left to do.
KNOWN = f"""
SELECT {COLUMNS}, fingerprint, coalesce(logged, true) AS logged, coalesce(journaled, true) AS journaled
FROM payments LEFT JOIN (SELECT payment_id, logged, journaled FROM outbox) AS unfinished ON payment_id = id
WHERE idempotency_key = CAST(:key AS text)
"""
ONE = f"SELECT {COLUMNS} FROM payments WHERE id = CAST(:id AS uuid)"
FIRST_PAGE = f"SELECT {COLUMNS} FROM payments ORDER BY created_at DESC, id DESC LIMIT CAST(:limit AS int)"
NEXT_PAGE = f"""
SELECT {COLUMNS} FROM payments
WHERE (created_at, id) < (CAST(:created_at AS timestamptz), CAST(:id AS uuid))
ORDER BY created_at DESC, id DESC LIMIT CAST(:limit AS int)
"""
# Aurora's readers, and every standby, say that they recover; a fenced writer says that it is read-only.
ROLE = """
SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only,
       to_regclass('payments') IS NOT NULL AND to_regclass('outbox') IS NOT NULL AS migrated
"""
# Losing these in a crash only repeats what changes nothing, so nobody waits for the disk.
QUICKLY = "WITH quickly AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"
FINISHED = f"{QUICKLY} DELETE FROM outbox USING quickly WHERE payment_id = CAST(:id AS uuid)"
FURTHER = f"""
{QUICKLY}
UPDATE outbox SET logged = logged OR CAST(:logged AS boolean), journaled = journaled OR CAST(:journaled AS boolean)
FROM quickly WHERE payment_id = CAST(:id AS uuid)
"""
SWEEP = f"{QUICKLY} DELETE FROM outbox USING quickly WHERE payment_id = CAST(:id AS uuid) AND logged AND journaled"


@dataclass(frozen=True)
class Payment:
    """A payment as it was accepted, once and for ever."""

    id: uuid.UUID
    status: str
    region: str
    created_at: datetime
    amount: int
    currency: str
    reference: str
    metadata: dict[str, str]

    def document(self) -> dict[str, Any]:
        """What clients and the transaction log are told; the same for the same payment, to the byte."""
        return {
            "id": str(self.id),
            "status": self.status,
            "region": self.region,
            "created_at": self.created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "amount": self.amount,
            "currency": self.currency,
            "reference": self.reference,
            "metadata": self.metadata,
        }


@dataclass(frozen=True)
class Entry:
    """A payment with what its retries are known by."""

    payment: Payment
    key: str
    fingerprint: bytes


@dataclass(frozen=True)
class Record:
    """A payment in the database: whether it was there before, has its log object, and is in the peer's journal."""

    entry: Entry
    replayed: bool
    logged: bool
    journaled: bool


def record(connection: Connection, order: Order, key: str, region: str) -> Record:
    """The payment for `key`, made unless it is there. Safe to repeat: the key decides.

    Raises Problem: 409 while another request with the key is in flight, 422 when the key stands for another order.
    """
    fingerprint = order.fingerprint()
    made = connection.query(
        RECORD,
        key=key,
        id=str(new_id()),
        fingerprint=fingerprint,
        amount=order.amount,
        currency=order.currency,
        reference=order.reference,
        metadata=json.dumps(order.metadata),
        region=region,
    )
    if made:
        return Record(Entry(Payment(**made[0]), key, fingerprint), replayed=False, logged=False, journaled=False)
    known = connection.query(KNOWN, key=key)
    if not known:
        detail = "A request with this Idempotency-Key is being handled. Send this one again."
        raise Problem(HTTPStatus.CONFLICT, "idempotency-key-in-flight", detail, headers={"Retry-After": str(SOON)})
    row = known[0]
    if row.pop("fingerprint") != fingerprint:
        fault = Fault("Idempotency-Key", "was used for another payment")
        reused = invalid(HTTPStatus.UNPROCESSABLE_ENTITY, [fault])
        reused.code = "idempotency-key-reused"
        raise reused
    logged, journaled = row.pop("logged"), row.pop("journaled")
    return Record(Entry(Payment(**row), key, fingerprint), replayed=True, logged=logged, journaled=journaled)


def find(connection: Connection, identifier: uuid.UUID) -> Payment | None:
    """The payment with that id."""
    rows = connection.query(ONE, id=str(identifier))
    return Payment(**rows[0]) if rows else None


def page(connection: Connection, cursor: Cursor | None, limit: int) -> tuple[list[Payment], Cursor | None]:
    """Up to `limit` payments after the cursor, the newest first, and the cursor of what follows if anything does."""
    if cursor is None:
        rows = connection.query(FIRST_PAGE, limit=limit + 1)
    else:
        rows = connection.query(NEXT_PAGE, limit=limit + 1, created_at=cursor.created_at, id=str(cursor.id))
    payments = [Payment(**row) for row in rows[:limit]]
    more = len(rows) > limit
    return payments, Cursor(payments[-1].created_at, payments[-1].id) if more else None


def must_be_writer(connection: Connection) -> None:
    """Raises Unavailable unless a payment could be written here now."""
    role = connection.query(ROLE)[0]
    if role["read_only"]:
        raise standby()
    if not role["migrated"]:
        raise Unavailable("schema-missing", "The database has no payments yet: it has to be migrated.")


def mark(connection: Connection, identifier: uuid.UUID, *, logged: bool, journaled: bool) -> None:
    """The payment's object is in the transaction log, it is in the peer's journal, or both. What was so stays so."""
    if logged and journaled:
        connection.query(FINISHED, id=str(identifier))
    else:
        connection.query(FURTHER, id=str(identifier), logged=logged, journaled=journaled)
        connection.query(SWEEP, id=str(identifier))


def new_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, section 5.7): unique without asking anybody, and in the order of time."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0b11 << 62) | 0b10 << 62)

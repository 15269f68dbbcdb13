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
KNOWN = f"SELECT {COLUMNS}, fingerprint FROM payments WHERE idempotency_key = CAST(:key AS text)"
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
# Losing this in a crash only repeats a put that changes nothing, so nobody waits for the disk.
LOGGED = """
WITH quickly AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
DELETE FROM outbox USING quickly WHERE payment_id = CAST(:id AS uuid)
"""
PENDING = f"""
SELECT {COLUMNS} FROM payments
WHERE id IN (SELECT payment_id FROM outbox WHERE created_at < now() - make_interval(secs => CAST(:age AS float))
             ORDER BY created_at LIMIT CAST(:limit AS int))
ORDER BY created_at
"""


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


def record(connection: Connection, order: Order, key: str, region: str) -> tuple[Payment, bool]:
    """The payment for `key`, and whether it was there before. Safe to repeat: the key decides.

    Raises Problem: 409 while another request with the key is in flight, 422 when the key stands for another order.
    """
    made = connection.query(
        RECORD,
        key=key,
        id=str(new_id()),
        fingerprint=order.fingerprint(),
        amount=order.amount,
        currency=order.currency,
        reference=order.reference,
        metadata=json.dumps(order.metadata),
        region=region,
    )
    if made:
        return Payment(**made[0]), False
    known = connection.query(KNOWN, key=key)
    if not known:
        detail = "A request with this Idempotency-Key is being handled. Send this one again."
        raise Problem(HTTPStatus.CONFLICT, "idempotency-key-in-flight", detail, headers={"Retry-After": str(SOON)})
    if known[0].pop("fingerprint") != order.fingerprint():
        fault = Fault("Idempotency-Key", "was used for another payment")
        reused = invalid(HTTPStatus.UNPROCESSABLE_ENTITY, [fault])
        reused.code = "idempotency-key-reused"
        raise reused
    return Payment(**known[0]), True


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


def mark_logged(connection: Connection, identifier: uuid.UUID) -> None:
    """The payment's object is in the transaction log."""
    connection.query(LOGGED, id=str(identifier))


def pending(connection: Connection, age: float, limit: int) -> list[Payment]:
    """Payments older than `age` seconds whose object is not known to be written, the oldest first."""
    return [Payment(**row) for row in connection.query(PENDING, age=age, limit=limit)]


def new_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, section 5.7): unique without asking anybody, and in the order of time."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0b11 << 62) | 0b10 << 62)

"""What operations ask of the payments in the database: what is unfinished, all of them, and those that it lacks."""

from __future__ import annotations

import json
import uuid
from typing import Any

from .database import Connection, Row
from .store import COLUMNS, Entry, Payment

#: Before every payment. Ids are in the order of time (store.new_id).
FIRST = uuid.UUID(int=0)
UNFINISHED = f"""
SELECT {COLUMNS}, idempotency_key, fingerprint FROM payments
WHERE id IN (SELECT payment_id FROM outbox WHERE %s AND payment_id > CAST(:after AS uuid)
             AND created_at < now() - make_interval(secs => CAST(:age AS float))
             ORDER BY payment_id LIMIT CAST(:limit AS int))
ORDER BY id
"""
UNLOGGED, UNJOURNALED = UNFINISHED % "NOT logged", UNFINISHED % "NOT journaled"
LEFT = """
SELECT count(*) FILTER (WHERE NOT logged) AS unlogged, count(*) FILTER (WHERE NOT journaled) AS unjournaled
FROM outbox WHERE created_at < now() - make_interval(secs => CAST(:age AS float))
"""
LEDGER = """
SELECT id, idempotency_key, fingerprint, status, region, created_at, amount, currency,
       coalesce(logged, true) AS logged, coalesce(journaled, true) AS journaled
FROM payments LEFT JOIN (SELECT payment_id, logged, journaled FROM outbox) AS unfinished ON payment_id = id
WHERE id > CAST(:after AS uuid) ORDER BY id LIMIT CAST(:limit AS int)
"""
# As it was acknowledged elsewhere, unless key or id is taken. Object and entry may be missing where they should be.
RESTORE = """
WITH made AS (
    INSERT INTO payments (id, idempotency_key, fingerprint, amount, currency, reference, metadata, status, region,
                          created_at)
    VALUES (CAST(:id AS uuid), CAST(:key AS text), CAST(:fingerprint AS bytea), CAST(:amount AS bigint),
            CAST(:currency AS text), CAST(:reference AS text), CAST(:metadata AS jsonb), CAST(:status AS text),
            CAST(:region AS text), CAST(:created_at AS timestamptz))
    ON CONFLICT DO NOTHING
    RETURNING id
), noted AS (
    INSERT INTO outbox (payment_id, created_at) SELECT id, now() FROM made
)
SELECT id FROM made
"""
THERE = """
SELECT id FROM payments
WHERE id = CAST(:id AS uuid) AND idempotency_key = CAST(:key AS text) AND fingerprint = CAST(:fingerprint AS bytea)
"""
INSERTED, PRESENT, CONFLICT = "inserted", "there", "conflict"


def unfinished(connection: Connection, statement: str, age: float, limit: int, after: uuid.UUID = FIRST) -> list[Entry]:
    """The next payments after an id that lack what the statement names, and are older than `age` seconds."""
    return [_entry(row) for row in connection.query(statement, age=age, limit=limit, after=str(after))]


def left(connection: Connection, age: float) -> tuple[int, int]:
    """How many payments older than `age` seconds lack their object, and their entry in the peer's journal."""
    row = connection.query(LEFT, age=age)[0]
    return row["unlogged"], row["unjournaled"]


def ledger(connection: Connection, after: uuid.UUID, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` payments after an id, by id. Neither reference nor metadata: the fingerprint stands for them."""
    return [_line(row) for row in connection.query(LEDGER, after=str(after), limit=limit)]


def restore(connection: Connection, entry: Entry) -> str:
    """Make the payment as it was acknowledged elsewhere: `inserted`, `there`, or `conflict` with another one."""
    payment = entry.payment
    known = {"id": str(payment.id), "key": entry.key, "fingerprint": entry.fingerprint}
    made = connection.query(
        RESTORE,
        **known,
        amount=payment.amount,
        currency=payment.currency,
        reference=payment.reference,
        metadata=json.dumps(payment.metadata),
        status=payment.status,
        region=payment.region,
        created_at=payment.created_at,
    )
    if made:
        return INSERTED
    return PRESENT if connection.query(THERE, **known) else CONFLICT


def _entry(row: Row) -> Entry:
    key, fingerprint = row.pop("idempotency_key"), row.pop("fingerprint")
    return Entry(Payment(**row), key, fingerprint)


def _line(row: Row) -> dict[str, Any]:
    moment = row["created_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**row, "id": str(row["id"]), "fingerprint": row["fingerprint"].hex(), "created_at": moment}

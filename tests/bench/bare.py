"""A payment without the product: the same INSERT and the same PUT, by a script that keeps both its connections."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.scenarios.conftest import Sandbox, topology
from tests.scenarios.looking import PRIMARY, session

# The columns, limits and indexes of payments, apart from it, so that the proof can count what is there.
TABLE = "CREATE TABLE IF NOT EXISTS bare_payments (LIKE payments INCLUDING ALL)"
INSERT = """
INSERT INTO bare_payments (id, idempotency_key, fingerprint, amount, currency, reference, metadata, status, region,
                           created_at)
VALUES (CAST(:id AS uuid), CAST(:key AS text), CAST(:fingerprint AS bytea), CAST(:amount AS bigint),
        CAST(:currency AS text), CAST(:reference AS text), CAST(:metadata AS jsonb), 'accepted', CAST(:region AS text),
        CAST(:created_at AS timestamptz))
"""


class BareScript:
    """Pays by a prepared statement and an S3 client as boto3 makes it."""

    def __init__(self, connection: Any, s3: Any, bucket: str) -> None:
        connection.run(TABLE)
        self._insert = connection.prepare(INSERT)
        self._s3, self._bucket = s3, bucket

    def pay(self) -> None:
        """One payment: committed, then logged. What it writes is as long as what the function writes."""
        identifier, now = str(uuid.uuid4()), datetime.now(UTC).isoformat()
        payment = {"id": identifier, "amount": 1250, "currency": "EUR", "reference": identifier, "region": PRIMARY}
        values = {"metadata": "{}", "key": identifier, "fingerprint": bytes(32), "created_at": now}
        self._insert.run(**payment, **values)
        body = {**payment, "status": "accepted", "created_at": now, "metadata": {}}
        self._s3.put_object(
            Bucket=self._bucket,
            Key=f"bare/{identifier}.json",
            Body=json.dumps(body).encode(),
            ContentType="application/json",
        )


@contextmanager
def bare_script(sandbox: Sandbox) -> Iterator[BareScript]:
    """A script beside the deployed function: same database, same bucket, same kind of connections."""
    with session(sandbox) as connection:
        bucket = topology(sandbox)["regions"][PRIMARY]["bucket"]
        yield BareScript(connection, sandbox.client("s3"), bucket)

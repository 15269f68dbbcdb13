"""The transaction log: one object in S3 for every committed payment, under a key that only the payment decides."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from botocore.exceptions import ClientError

from .clients import answered
from .store import Entry, Payment

# What S3 answers when the object is there: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
THERE = "PreconditionFailed"


def key_of(payment: Payment) -> str:
    """Where the payment's object is, in every region and at every attempt."""
    return f"transactions/{payment.created_at.astimezone(UTC):%Y/%m/%d}/{payment.id}.json"


class TransactionLog:
    """This region's bucket; S3 replicates it to the peer's."""

    def __init__(self, client: Any, bucket: str) -> None:
        """`client` is an S3 client whose own time-outs bound a put."""
        self._client, self._bucket = client, bucket

    def put(self, entry: Entry) -> None:
        """Write the payment's object unless it is there, so that a repetition makes no second version of it.

        Its metadata has what the payment's retries are known by, so that a payment can be restored from it alone.

        Raises botocore's errors.
        """
        try:
            answered(
                self._client.put_object,
                Bucket=self._bucket,
                Key=key_of(entry.payment),
                Body=json.dumps(entry.payment.document(), separators=(",", ":")).encode(),
                ContentType="application/json",
                Metadata={"idempotency-key": entry.key, "fingerprint": entry.fingerprint.hex()},
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != THERE:
                raise

"""Where a page of payments ends, as an opaque word that the client hands back."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
#: Eight bytes of milliseconds since 1970, sixteen of the payment's id.
LENGTH = 24
LATEST = 253_402_300_800_000  # the year 10000, which neither Python nor a payment reaches


@dataclass(frozen=True)
class Cursor:
    """The last payment of a page: the next page starts after it, whatever came in meanwhile."""

    created_at: datetime
    id: uuid.UUID

    def encode(self) -> str:
        """URL-safe, without padding."""
        milliseconds = (self.created_at - EPOCH) // MILLISECOND
        return base64.urlsafe_b64encode(milliseconds.to_bytes(8, "big") + self.id.bytes).decode().rstrip("=")


def decode(word: str) -> Cursor:
    """Raises ValueError for anything that `encode` did not write."""
    try:
        raw = base64.b64decode(word.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("not a cursor") from error
    milliseconds = int.from_bytes(raw[:8], "big")
    if len(raw) != LENGTH or milliseconds >= LATEST:
        raise ValueError("not a cursor")
    return Cursor(EPOCH + milliseconds * MILLISECOND, uuid.UUID(bytes=raw[8:]))

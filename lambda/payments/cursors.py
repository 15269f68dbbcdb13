"""Where a page of payments ends, as an opaque word that the client hands back."""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
#: Six bytes of milliseconds since 1970 and sixteen of the payment's id, in base64; the last character holds two bits.
WORD = re.compile(r"[A-Za-z0-9_-]{29}[AQgw]")
TIME_BYTES = 6
LAST = 253_402_300_799_999  # of the year 9999, where Python's time ends


@dataclass(frozen=True)
class Cursor:
    """The last payment of a page: the next page starts after it, whatever came in meanwhile."""

    created_at: datetime
    id: uuid.UUID

    def encode(self) -> str:
        """URL-safe, without padding."""
        milliseconds = (self.created_at - EPOCH) // MILLISECOND
        packed = milliseconds.to_bytes(TIME_BYTES, "big") + self.id.bytes
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(word: str) -> Cursor:
    """Raises ValueError for what has not the form of a cursor. Any other is a place among the payments."""
    if not WORD.fullmatch(word):
        raise ValueError("not a cursor")
    packed = base64.urlsafe_b64decode(f"{word}==")
    milliseconds = min(int.from_bytes(packed[:TIME_BYTES], "big"), LAST)
    return Cursor(EPOCH + milliseconds * MILLISECOND, uuid.UUID(bytes=packed[TIME_BYTES:]))

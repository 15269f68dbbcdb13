"""A payment as a source tells it, in plain values, read as far as it can be. Pure.

What cannot be read is never made up: it is named by its field, and left to a person. The limits are the database's
(lambda/payments/migrations): a payment beyond them cannot be put into it.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from .reconciliation import UNJOURNALED, UNLOGGED
from .reconciliation_table import Sighting

ID_BYTES, FINGERPRINT_BYTES = 16, 32
LARGEST_AMOUNT = 9_999_999_999
LONGEST_KEY, LONGEST_REFERENCE = 255, 64
CURRENCY = re.compile("[A-Z]{3}")
DIGITS = re.compile("[0-9]{1,10}")
EPOCH = datetime.datetime.fromtimestamp(0, datetime.UTC)
MILLISECOND = datetime.timedelta(milliseconds=1)
#: The year 10000, which no calendar of ours has.
LATEST = 253_402_300_800_000
#: What a reader raises over a value that is none of its field's.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


class SourceError(ValueError):
    """Something in a source is no payment; the message names the place and the field."""


def sight(row: Mapping[str, Any], where: str, line: int | None = None, without: tuple[str, ...] = ()) -> Sighting:
    """What can be read of a payment with its key, as the function, DynamoDB and PostgreSQL tell it; `damage` names the
    first field that cannot, if any. Fields `without` are not there, and need not be."""
    found: dict[str, Any] = {}
    damage = ""
    for field, read in READERS.items():
        if field in without:
            continue
        try:
            found[field] = read(row[field])
        except UNREADABLE:
            damage = damage or told(where, field)
    identifier = found.get("id", b"")
    return Sighting(
        id=identifier,
        made=found["created_at"] if "created_at" in found else moment_of(identifier) or 0,
        key=found.get("idempotency_key"),
        fingerprint=found.get("fingerprint"),
        amount=found.get("amount"),
        currency=found.get("currency"),
        region=found.get("region"),
        waits=(0 if row.get("journaled", True) else UNJOURNALED) | (0 if row.get("logged", True) else UNLOGGED),
        line=line,
        damage=damage,
    )


def parse(row: Mapping[str, Any], where: str, line: int | None = None) -> Sighting:
    """A payment with its key, all of it. Raises SourceError naming the field."""
    seen = sight(row, where, line)
    if seen.damage:
        raise SourceError(seen.damage)
    return seen


def as_entry(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A payment as a journal has it, in plain values, from any source's row: what the function puts into the database.
    Raises SourceError naming the field."""
    seen = parse(row, where)
    field = "reference"
    try:
        reference = _text(row["reference"], LONGEST_REFERENCE)
        field = "status"
        if row["status"] != "accepted":
            raise ValueError
        field = "metadata"
        metadata = _metadata(row["metadata"])
    except UNREADABLE as error:
        raise SourceError(told(where, field)) from error
    return {
        **{name: row[name] for name in ("idempotency_key", "currency", "region", "status", "created_at")},
        "id": str(uuid.UUID(bytes=seen.id)),
        "fingerprint": row["fingerprint"].removeprefix("\\x"),
        "amount": seen.amount,
        "reference": reference,
        "metadata": metadata,
    }


def told(where: str, field: str) -> str:
    """The words for a field that cannot be read."""
    return f"{where}: {field}: missing, or not as a payment has it"


def milliseconds(text: str) -> int:
    """ISO 8601 with a time zone, as milliseconds since the epoch, which it is after. Raises ValueError."""
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("without a time zone")
    since = (moment - EPOCH) // MILLISECOND
    if not 0 < since < LATEST:
        raise ValueError("not of this age")
    return since


def moment_of(identifier: bytes) -> int | None:
    """When an id was made (ms), which a UUID of version 7 begins with; None of any other."""
    return int.from_bytes(identifier[:6], "big") if identifier and identifier[6] >> 4 == 7 else None


def _identifier(value: Any) -> bytes:
    identifier = bytes.fromhex(value.replace("-", ""))
    if len(identifier) != ID_BYTES:
        raise ValueError
    return identifier


def _fingerprint(value: Any) -> bytes:
    fingerprint = bytes.fromhex(value.removeprefix("\\x"))
    if len(fingerprint) != FINGERPRINT_BYTES:
        raise ValueError
    return fingerprint


def _amount(value: Any) -> int:
    """DynamoDB has numbers as texts. Neither a truth nor a fraction is an amount."""
    amount = int(value) if isinstance(value, str) and DIGITS.fullmatch(value) else value
    if type(amount) is not int or not 1 <= amount <= LARGEST_AMOUNT:
        raise ValueError
    return amount


def _currency(value: Any) -> str:
    if not CURRENCY.fullmatch(value):
        raise ValueError
    return str(value)


def _text(value: Any, longest: int = sys.maxsize, shortest: int = 1) -> str:
    """A text that PostgreSQL takes."""
    if not isinstance(value, str) or not shortest <= len(value) <= longest or "\0" in value:
        raise ValueError
    value.encode()  # half of a surrogate pair is no text
    return value


def _metadata(value: Any) -> str:
    """As JSON: an object of texts."""
    found = json.loads(value) if isinstance(value, str) else value
    for name, text in found.items():
        _text(name)
        _text(text, shortest=0)
    return value if isinstance(value, str) else json.dumps(found)


READERS: dict[str, Callable[[Any], Any]] = {
    "id": _identifier,
    "created_at": milliseconds,
    "fingerprint": _fingerprint,
    "amount": _amount,
    "idempotency_key": lambda value: _text(value, LONGEST_KEY),
    "currency": _currency,
    "region": _text,
}

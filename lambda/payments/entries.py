"""Payments as the journal has them: with their key and fingerprint, so that another region can answer their retries."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .store import Entry, Payment

#: The attributes that say what was paid, all of them texts but the amount. DynamoDB has numbers as texts, too.
TEXTS = ("idempotency_key", "id", "fingerprint", "currency", "reference", "metadata", "status", "region", "created_at")


class EntryError(ValueError):
    """No journal entry; the message names the field, and not what is in it."""


def as_item(entry: Entry, epoch: int, expires: int) -> dict[str, dict[str, str]]:
    """The entry as DynamoDB has it; `expires` in seconds since 1970."""
    document = entry.payment.document()
    texts = {
        **{name: document[name] for name in ("id", "status", "region", "created_at", "currency", "reference")},
        "idempotency_key": entry.key,
        "fingerprint": entry.fingerprint.hex(),
        "metadata": json.dumps(document["metadata"]),
    }
    numbers = {"amount": document["amount"], "epoch": epoch, "expires": expires}
    return {
        **{name: {"S": text} for name, text in texts.items()},
        **{name: {"N": str(number)} for name, number in numbers.items()},
    }


def from_item(item: Mapping[str, Mapping[str, Any]]) -> Entry:
    """The entry that DynamoDB has. Raises EntryError."""
    return parse({name: next(iter(value.values()), None) for name, value in item.items()})


def parse(fields: Mapping[str, Any]) -> Entry:
    """The entry from its attributes as plain values; the amount may be a text of digits, and others are ignored.

    Raises EntryError.
    """
    for name in (*TEXTS, "amount"):
        if not isinstance(fields.get(name), (str, int) if name == "amount" else str):
            raise EntryError(f"{name}: missing, or not of its type")
    reading = ""
    try:
        made: dict[str, Any] = {}
        for reading, read in (("id", uuid.UUID), ("amount", int), ("metadata", json.loads), ("created_at", _moment)):
            made[reading] = read(fields[reading])
        reading = "fingerprint"
        fingerprint = bytes.fromhex(fields["fingerprint"])
    except ValueError:
        raise EntryError(f"{reading}: cannot be read") from None
    texts = {name: fields[name] for name in ("status", "region", "currency", "reference")}
    return Entry(Payment(**texts, **made), fields["idempotency_key"], fingerprint)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("without a time zone")
    return moment

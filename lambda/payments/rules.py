"""What a payment must look like. Pure: bytes and headers in, an order or the list of what is wrong with it out.

What is refused here is refused for every field at once, so that a client learns all of it from one answer.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from .cards import looks_like_card
from .currencies import CURRENCIES

#: Minor units. Ten digits: enough for any currency's payments, too short for a card number.
LARGEST_AMOUNT = 9_999_999_999
LONGEST_REFERENCE = 64
LONGEST_KEY = 255
MOST_METADATA = 20
LONGEST_METADATA_VALUE = 200
#: Bytes. The largest valid payment, escaped to the last character, fits.
LARGEST_BODY = 65_536
FIELDS = frozenset({"amount", "currency", "reference", "metadata"})
KEY = re.compile(r"[!-~]+")
METADATA_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: What API Gateway puts in place of bytes that are no UTF-8, before the function sees them.
LOST = "\N{REPLACEMENT CHARACTER}"
NO_CARDS = "must not hold a card number"


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field, in words that fit after its name."""

    field: str
    detail: str


class BodyError(ValueError):
    """The body is no JSON object in UTF-8; the message says why."""


@dataclass(frozen=True)
class Order:
    """A payment as a client asks for it, valid."""

    amount: int
    currency: str
    reference: str
    metadata: dict[str, str] = field(default_factory=dict)

    def fingerprint(self) -> bytes:
        """The same 32 bytes for the same payment, however its JSON was spaced and ordered."""
        parts = [self.amount, self.currency, self.reference, sorted(self.metadata.items())]
        return hashlib.sha256(json.dumps(parts).encode()).digest()


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; raises BodyError. A name that comes twice is refused: readers disagree on it."""
    if not body:
        raise BodyError("The body is empty.")
    try:
        document = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise BodyError("The body is not in UTF-8.") from None
    except RecursionError:
        raise BodyError("The body is nested too deeply.") from None
    except BodyError:
        raise
    except ValueError as error:  # the position only: the message may quote the body
        place = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise BodyError(f"The body is not JSON{place}.") from None
    if not isinstance(document, dict):
        raise BodyError("The body is not a JSON object.")
    return document


def check(document: dict[str, Any]) -> tuple[Order | None, list[Fault]]:
    """The order, or None and every fault."""
    unknown = [Fault(shown(name), "is not a field of a payment") for name in sorted(set(document) - FIELDS)]
    missing = [Fault(name, "is missing") for name in ("amount", "currency", "reference") if name not in document]
    faults = [
        *unknown,
        *missing,
        *(_amount(document["amount"]) if "amount" in document else []),
        *(_currency(document["currency"]) if "currency" in document else []),
        *(_text("reference", document["reference"], LONGEST_REFERENCE) if "reference" in document else []),
        *_metadata(document.get("metadata", {})),
    ]
    return (None, faults) if faults else (Order(**{**document, "amount": int(document["amount"])}), [])


def check_key(values: list[str]) -> list[Fault]:
    """What is wrong with the Idempotency-Key, from every value that the header came with."""
    if not values:
        return [Fault("Idempotency-Key", "is missing")]
    if len(values) > 1:
        return [Fault("Idempotency-Key", "must come once")]
    key = values[0]
    if len(key) > LONGEST_KEY:
        return [Fault("Idempotency-Key", f"must have at most {LONGEST_KEY} characters")]
    if not KEY.fullmatch(key):
        return [Fault("Idempotency-Key", "must be visible ASCII characters without spaces")]
    return [Fault("Idempotency-Key", NO_CARDS)] if looks_like_card(key) else []


def _amount(value: Any) -> list[Fault]:
    # 10.0 is an integer to JSON Schema, and to JavaScript.
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if not whole or isinstance(value, bool):
        return [Fault("amount", "must be an integer, in the currency's minor units")]
    if not 1 <= value <= LARGEST_AMOUNT:
        return [Fault("amount", f"must be between 1 and {LARGEST_AMOUNT}")]
    return []


def _currency(value: Any) -> list[Fault]:
    if not isinstance(value, str) or value not in CURRENCIES:
        return [Fault("currency", "must be an ISO 4217 code in capital letters, such as USD")]
    return []


def _metadata(value: Any) -> list[Fault]:
    if not isinstance(value, dict):
        return [Fault("metadata", "must be an object of strings")]
    if len(value) > MOST_METADATA:
        return [Fault("metadata", f"must have at most {MOST_METADATA} entries")]
    faults: list[Fault] = []
    for name, text in value.items():
        if not METADATA_NAME.fullmatch(name) or looks_like_card(name):
            detail = "names must be 1 to 40 letters, digits, dots, hyphens or underscores, and no card number"
            return [*faults, Fault("metadata", detail)]
        faults += _text(f"metadata.{name}", text, LONGEST_METADATA_VALUE, shortest=0)
    return faults


def _text(name: str, value: Any, longest: int, shortest: int = 1) -> list[Fault]:
    if not isinstance(value, str):
        return [Fault(name, "must be a string")]
    if not shortest <= len(value) <= longest:
        return [Fault(name, f"must have {shortest} to {longest} characters")]
    if LOST in value:
        return [Fault(name, "must be in UTF-8: characters of it were lost on the way (U+FFFD)")]
    if CONTROL.search(value) or any("\ud800" <= character <= "\udfff" for character in value):
        return [Fault(name, "must not hold control characters or half a surrogate pair")]
    return [Fault(name, NO_CARDS)] if looks_like_card(value) else []


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise BodyError("The body has a name twice in the same object.")
    return document


def _no_constant(name: str) -> Any:
    raise BodyError(f"The body is not JSON: {name} is no number.")


def shown(name: str) -> str:
    """An unknown field's name as it may be repeated: short, in ASCII, and not if somebody put a card number there."""
    return "(card number)" if looks_like_card(name) else ascii(name[:40])[1:-1]

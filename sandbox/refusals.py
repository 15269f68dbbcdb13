"""The answers of an API that is out or overloaded, in the words and the wire format of each protocol. Pure.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[bytes, bytes]]
REQUEST_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Refusal:
    """An error answer; `code` as the SDKs know it."""

    status: int
    code: str
    message: str


UNAVAILABLE = Refusal(503, "ServiceUnavailable", "The service is temporarily unavailable.")
FUNCTIONS_OUT = Refusal(500, "ServiceException", "The Lambda service encountered an internal error.")


def throttled(service: str, wire: str) -> Refusal:
    """Return what a service answers to calls that come too fast."""
    if service == "s3":
        return Refusal(503, "SlowDown", "Please reduce your request rate.")
    if service == "ec2":
        return Refusal(503, "RequestLimitExceeded", "Request limit exceeded.")
    if service == "lambda":
        return Refusal(429, "TooManyRequestsException", "Rate exceeded")
    return Refusal(400, "Throttling" if wire == "query" else "ThrottlingException", "Rate exceeded")


def answer(refusal: Refusal, wire: str) -> tuple[int, Headers, bytes]:
    """Return status, headers and body; `wire` is json, cbor, rest, query or xml."""
    kind, body = _WIRES[wire](refusal)
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-requestid", REQUEST_ID.encode()),
        (b"x-amzn-errortype", refusal.code.encode()),
    ]
    if wire == "cbor":
        headers.append((b"smithy-protocol", b"rpc-v2-cbor"))
    return refusal.status, headers, body


def _json(refusal: Refusal) -> tuple[bytes, bytes]:
    text = json.dumps({"__type": refusal.code, "message": refusal.message})
    return b"application/x-amz-json-1.1", text.encode()


def _cbor(refusal: Refusal) -> tuple[bytes, bytes]:
    pairs = (("__type", refusal.code), ("message", refusal.message))
    return b"application/cbor", b"\xa2" + b"".join(_cbor_text(text) for pair in pairs for text in pair)


def _cbor_text(text: str) -> bytes:
    """RFC 8949, major type 3, for up to 255 bytes."""
    raw = text.encode()
    return bytes([0x78, len(raw)]) + raw


def _query(refusal: Refusal) -> tuple[bytes, bytes]:
    at_fault = "Receiver" if refusal.status >= 500 else "Sender"
    text = (
        f"<ErrorResponse><Error><Type>{at_fault}</Type><Code>{refusal.code}</Code><Message>{refusal.message}</Message>"
        f"</Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    )
    return b"text/xml", text.encode()


def _xml(refusal: Refusal) -> tuple[bytes, bytes]:
    said = f"<Code>{refusal.code}</Code><Message>{refusal.message}</Message><RequestId>{REQUEST_ID}</RequestId>"
    return b"application/xml", f"<Error>{said}</Error>".encode()


_WIRES = {"json": _json, "rest": _json, "cbor": _cbor, "query": _query, "xml": _xml}

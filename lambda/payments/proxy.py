"""API Gateway's proxy events, as requests; answers, as what API Gateway wants back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from .problems import CONTENT_TYPE, Problem


@dataclass(frozen=True)
class Request:
    """Header names are in small letters; each name has every value that it came with."""

    method: str
    path: str
    correlation_id: str
    headers: Mapping[str, list[str]]
    query: Mapping[str, list[str]]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """A status and a JSON document."""

    status: HTTPStatus
    document: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @classmethod
    def of(cls, problem: Problem, **members: Any) -> Answer:
        """The problem as an answer; `members` are added to its document (RFC 9457, section 3.2)."""
        return cls(problem.status, {**problem.document(), **members}, problem.headers, CONTENT_TYPE)


def read(event: dict[str, Any]) -> Request:
    """Raises Problem when the body's encoding is broken."""
    headers: dict[str, list[str]] = {}
    for name, values in _multiple(event, "multiValueHeaders", "headers").items():
        headers.setdefault(name.lower(), []).extend(value.strip() for value in values)
    return Request(
        method=event["httpMethod"],
        path=event["path"],
        correlation_id=correlation_id(event),
        headers=headers,
        query=_multiple(event, "multiValueQueryStringParameters", "queryStringParameters"),
        body=_body(event),
    )


def write(answer: Answer, correlation: str) -> dict[str, Any]:
    """No cache on the way may keep an answer about money, or about health."""
    headers = {
        "Content-Type": answer.content_type,
        "Cache-Control": "no-store",
        "X-Correlation-Id": correlation,
        **answer.headers,
    }
    body = json.dumps(answer.document, separators=(",", ":"))
    return {"statusCode": int(answer.status), "headers": headers, "body": body, "isBase64Encoded": False}


def correlation_id(event: dict[str, Any]) -> str:
    """API Gateway's id of the request, which its access log has too."""
    return str((event.get("requestContext") or {}).get("requestId", ""))


def _multiple(event: dict[str, Any], several: str, single: str) -> dict[str, list[str]]:
    """API Gateway sends both forms, and null for none; a test event from the console may have the short one only."""
    if event.get(several):
        return event[several]
    return {name: [value] for name, value in (event.get(single) or {}).items()}


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    try:
        return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode("utf-8")
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise Problem(HTTPStatus.BAD_REQUEST, "body", "The body is not in UTF-8.") from None

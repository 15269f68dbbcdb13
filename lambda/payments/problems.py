"""Errors as RFC 9457 problem details."""

from __future__ import annotations

import json
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response


def problem(status: HTTPStatus, detail: str) -> Response:
    """A problem document without a type of its own: the status says the kind (RFC 9457, section 4.2.1)."""
    body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    return Response(status_code=int(status), content_type="application/problem+json", body=json.dumps(body))

"""Errors as RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from .rules import Fault

CONTENT_TYPE = "application/problem+json"
#: Seconds until it is worth to come back, where a server can know.
SOON, LATER = 1, 30


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """What ends a request: a status, a code that programs can go by, and a sentence for people.

    `about:blank` as the type means that the status says the kind (RFC 9457, section 4.2.1); `code` says it finer.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.faults, self.headers = faults, headers or {}

    def document(self) -> dict[str, Any]:
        """The body."""
        document = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "code": self.code,
            "detail": self.detail,
        }
        if self.faults:
            document["errors"] = [{"field": fault.field, "detail": fault.detail} for fault in self.faults]
        return document


class Unavailable(Problem):
    """No payment can be taken here now: 503, and when to come back. Nothing is wrong with the request."""

    def __init__(self, code: str, detail: str, retry_after: int = SOON) -> None:
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, code, detail, headers={"Retry-After": str(retry_after)})


def invalid(status: HTTPStatus, faults: Sequence[Fault]) -> Problem:
    """One or more fields are wrong; the sentence names the first."""
    first = faults[0]
    more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
    return Problem(status, "invalid", f"{first.field} {first.detail}{more}.", faults)

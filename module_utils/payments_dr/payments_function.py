"""Asks the payments function for what only it can do: it alone stands where the database is."""

from __future__ import annotations

import json
from typing import Any

from .calls import AwsFailure, Patience, describing

#: A function of an API answers within 29 s; a lost answer is asked for again, which every action bears.
PATIENCE = Patience(connect=3, read=35, attempts=2)
#: What the runtime says of an answer of more than 6 MB:
#: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
TOO_LARGE = "Function.ResponseSizeTooLarge"


class FunctionFailed(AwsFailure):
    """The function was there, and failed. `code` is the type of its error."""


def ask(functions: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """The function's answer to {"action": …}. `functions` is a Lambda client with PATIENCE.

    Raises AwsFailure when it could not be invoked, FunctionFailed when it failed.
    """
    with describing(f"invoke {name}", functions.meta.region_name):
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        said = payload if isinstance(payload, dict) else {}
        words = said.get("errorMessage", payload)
        kind = said.get("errorType") or answer["FunctionError"]
        raise FunctionFailed(f"The action {event['action']} of {name} failed: {words} (its log says more)", kind)
    return payload

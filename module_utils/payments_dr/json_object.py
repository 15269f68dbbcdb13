"""JSON from outside, of which only an object is of use. Pure."""

from __future__ import annotations

import json
from typing import Any


def json_object(text: str | bytes) -> dict[str, Any]:
    """The object in a text; {} when it is none, or no JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):  # nested too deeply
        return {}
    return found if isinstance(found, dict) else {}

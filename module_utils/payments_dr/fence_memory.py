"""What a region remembers of the fences that it has put up around the other: by region, the reserved concurrency that
its payments function had before; None where nothing was reserved.

Each region has an SSM parameter of its own for it, which only fencing writes.
"""

from __future__ import annotations

import json
from typing import Any

from . import parameters
from .names import resource_name
from .parameters import ParameterError

WHAT = "the memory of fences"
#: It is what Terraform puts there first. What is lost with it is in the inventory, too.
MEND = "put {} there, then give reserved_concurrency where the fence is opened"
Fences = dict[str, int | None]


def parameter_name(environment: str, environment_suffix: str) -> str:
    """The SSM parameter that holds the memory; the same name in both regions."""
    return resource_name("parameter-fence", environment, environment_suffix)


def parse(text: str) -> Fences:
    """From the parameter's JSON. Raises ParameterError: what cannot be read must not pass for an open region."""
    found = parameters.parse_json(text)
    if not isinstance(found, dict) or not all(_concurrency(value) for value in found.values()):
        raise ParameterError(f"expected a number or null for each fenced region, found {found!r}")
    return found


def read(ssm: Any, name: str) -> Fences:
    """The memory of the client's region. Raises AwsFailure, and ParameterError."""
    return parameters.read(ssm, name, parse, WHAT, MEND)


def write(ssm: Any, name: str, fences: Fences) -> None:
    """Puts the memory. Raises AwsFailure."""
    parameters.write(ssm, name, json.dumps(fences), WHAT)


def _concurrency(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)

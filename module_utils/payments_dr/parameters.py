"""SSM parameters whose values are operations': Terraform makes them, and leaves what is in them alone.

SSM has no conditional write, so that each of them has one kind of writer: who reads one and puts it again must not
take another's word back (docs/decisions/0012).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from .calls import describing

Value = TypeVar("Value")


class ParameterError(ValueError):
    """A parameter is missing, or holds something else; the message names it, the field and the mend."""


def parse_json(text: str) -> Any:
    """The value of a parameter that holds JSON. Raises ParameterError."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ParameterError(f"not JSON ({error})") from error


def read(ssm: Any, name: str, parse: Callable[[str], Value], what: str, mend: str) -> Value:
    """What `parse` makes of the value in the client's region; `what` and `mend` are for people.

    Raises AwsFailure; and ParameterError, also for one that `parse` raises, saying which parameter and what to do.
    """
    region = ssm.meta.region_name
    with describing(f"read {what} {name}", region):
        try:
            text = ssm.get_parameter(Name=name)["Parameter"]["Value"]
        except ssm.exceptions.ParameterNotFound as error:
            raise ParameterError(f"parameter {name} not found in {region}: run deploy.yml") from error
    try:
        return parse(text)
    except ParameterError as error:
        raise ParameterError(f"parameter {name} in {region}: {error}: {mend}") from error


def write(ssm: Any, name: str, value: str, what: str) -> None:
    """Puts the value; the parameter has to be there already, since it is Terraform's. Raises AwsFailure."""
    with describing(f"put {what} {name}", ssm.meta.region_name):
        ssm.put_parameter(Name=name, Value=value, Overwrite=True)

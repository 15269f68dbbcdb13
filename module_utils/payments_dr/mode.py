"""The failover mode of a region: whether its failover function may act, and who said so.

Each region has an SSM parameter of its own, which the function of that region reads; Terraform makes it and leaves its
value to operations.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from . import parameters
from .names import resource_name
from .parameters import ParameterError

AUTOMATIC, MANUAL = "automatic", "manual"
MODES = (AUTOMATIC, MANUAL)
WHAT = "the failover mode"


@dataclasses.dataclass(frozen=True)
class Mode:
    """Who put the mode so, why, and when (ISO 8601)."""

    mode: str
    by: str
    why: str
    at: str

    @classmethod
    def parse(cls, text: str) -> Mode:
        """From the parameter's JSON. Raises ParameterError: a mode that cannot be read is not automatic."""
        found = parameters.parse_json(text)
        if not isinstance(found, dict) or found.get("mode") not in MODES:
            seen = found.get("mode") if isinstance(found, dict) else found
            raise ParameterError(f"mode: expected {' or '.join(MODES)}, found {seen!r}")
        return cls(**{field.name: str(found.get(field.name, "")) for field in dataclasses.fields(cls)})

    def as_json(self) -> str:
        """The parameter's value, as Terraform writes it first."""
        return json.dumps(dataclasses.asdict(self))


def parameter_name(environment: str, environment_suffix: str) -> str:
    """The SSM parameter that holds the mode; the same name in both regions."""
    return resource_name("parameter-failover-mode", environment, environment_suffix)


def read(ssm: Any, name: str) -> Mode:
    """The mode of the client's region. Raises AwsFailure, or ParameterError saying which parameter and what to do."""
    return parameters.read(ssm, name, Mode.parse, WHAT, "set it with mode.yml")


def write(ssm: Any, name: str, mode: Mode) -> None:
    """Puts the mode. Raises AwsFailure."""
    parameters.write(ssm, name, mode.as_json(), WHAT)


def set_mode(ssm: Any, name: str, wanted: Mode, changing: bool = True) -> tuple[Mode | None, bool]:
    """Makes the mode `wanted.mode`; answers (what was there, whether it differed).

    The same mode again is no change, whoever asks and why: the one who changed it is the one to ask about it. A
    document that cannot be read is replaced, and counts as None. Nothing is put unless `changing`. Raises AwsFailure.
    """
    try:
        before = read(ssm, name)
    except ParameterError:
        before = None
    if before and before.mode == wanted.mode:
        return before, False
    if changing:
        write(ssm, name, wanted)
    return before, True

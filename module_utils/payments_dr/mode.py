"""The failover mode of a region: whether its failover function may act, who said so, and which fences stand.

Each region has an SSM parameter of its own, which the function of that region reads; Terraform makes it and leaves its
value to operations. The same document remembers the fences that this region has put up around the other.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from .calls import describing
from .names import resource_name

AUTOMATIC, MANUAL = "automatic", "manual"
MODES = (AUTOMATIC, MANUAL)
UNLIMITED = None


class ModeError(ValueError):
    """The parameter does not hold a mode; the message names it, the field and the mend."""


@dataclasses.dataclass(frozen=True)
class Mode:
    """Who put the mode so, why, and when (ISO 8601). `fences` holds, by region, the reserved concurrency that its
    payments function had before it was fenced; None where nothing was reserved."""

    mode: str
    by: str
    why: str
    at: str
    fences: dict[str, int | None] = dataclasses.field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Mode:
        """From the parameter's JSON. Raises ModeError: a mode that cannot be read is not automatic."""
        try:
            found = json.loads(text)
        except ValueError as error:
            raise ModeError(f"not JSON ({error})") from error
        if not isinstance(found, dict) or found.get("mode") not in MODES:
            seen = found.get("mode") if isinstance(found, dict) else found
            raise ModeError(f"mode: expected {' or '.join(MODES)}, found {seen!r}")
        fences = found.get("fences", {})
        if not isinstance(fences, dict) or not all(_concurrency(value) for value in fences.values()):
            raise ModeError(f"fences: expected a number or null for each region, found {fences!r}")
        return cls(**{name: str(found.get(name, "")) for name in ("mode", "by", "why", "at")}, fences=fences)

    def as_json(self) -> str:
        """The parameter's value; without fences when there are none, as Terraform writes it first."""
        document = dataclasses.asdict(self)
        if not self.fences:
            del document["fences"]
        return json.dumps(document)


def _concurrency(value: Any) -> bool:
    return value is UNLIMITED or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


def parameter_name(environment: str, environment_suffix: str) -> str:
    """The SSM parameter that holds the mode; the same name in both regions."""
    return resource_name("parameter-failover-mode", environment, environment_suffix)


def read(ssm: Any, name: str) -> Mode:
    """The mode of the client's region. Raises AwsFailure, or ModeError saying which parameter and what to do."""
    region = ssm.meta.region_name
    with describing(f"read the failover mode {name}", region):
        try:
            text = ssm.get_parameter(Name=name)["Parameter"]["Value"]
        except ssm.exceptions.ParameterNotFound as error:
            raise ModeError(f"parameter {name} not found in {region}: run deploy.yml") from error
    try:
        return Mode.parse(text)
    except ModeError as error:
        raise ModeError(f"parameter {name} in {region}: {error}: set it with mode.yml") from error


def write(ssm: Any, name: str, mode: Mode) -> None:
    """Puts the document; the parameter is Terraform's and has to be there. Raises AwsFailure."""
    with describing(f"put the failover mode {name}", ssm.meta.region_name):
        ssm.put_parameter(Name=name, Value=mode.as_json(), Overwrite=True)


def set_mode(ssm: Any, name: str, wanted: Mode, changing: bool = True) -> tuple[Mode | None, bool]:
    """Makes the mode `wanted.mode`, keeping the fences; answers (what was there, whether it differed).

    The same mode again is no change, whoever asks and why: the one who changed it is the one to ask about it. A
    document that cannot be read is replaced, and counts as None. Nothing is put unless `changing`. Raises AwsFailure.
    """
    try:
        before = read(ssm, name)
    except ModeError:
        before = None
    if before and before.mode == wanted.mode:
        return before, False
    if changing:
        write(ssm, name, dataclasses.replace(wanted, fences=before.fences if before else {}))
    return before, True

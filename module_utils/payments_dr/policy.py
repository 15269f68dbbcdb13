"""How patient a recovery is, and how much it may lose. Pure; every number is in seconds."""

from __future__ import annotations

import dataclasses
import json
from typing import Any


class PolicyError(ValueError):
    """A policy that nobody should act by; the message names the field and the mend."""


@dataclasses.dataclass(frozen=True)
class Policy:
    """What the inventory demands of a failover.

    detection_seconds       every probe has to fail for so long. 60, since Aurora replaces a dead writer within its own
                            region in less: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html
    agreement_seconds       how much longer to probe, for Route 53's checkers to agree and for what could not be seen
    probe_interval_seconds  from one probe to the next
    calm_interval_seconds   from one probe to the next while the active region serves
    calm_seconds            how long one run of the function goes on so: most of the minute until the next
    longest_gap_seconds     two probes further apart say nothing about the time between them
    rpo_seconds             the most that a failover by itself may lose
    lag_age_seconds         a lag that was measured longer before the outage is not known any more
    promotion_seconds       what a promotion is reckoned with
    """

    detection_seconds: float = 60
    agreement_seconds: float = 60
    probe_interval_seconds: float = 5
    calm_interval_seconds: float = 10
    calm_seconds: float = 50
    longest_gap_seconds: float = 20
    rpo_seconds: float = 300
    lag_age_seconds: float = 300
    promotion_seconds: float = 120

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
                raise PolicyError(f"{field.name}: expected seconds above 0, found {value!r}: correct the inventory")
        if self.longest_gap_seconds >= self.detection_seconds:
            raise PolicyError("longest_gap_seconds: two probes must not make a detection: lower it under")
        if self.probe_interval_seconds > self.longest_gap_seconds:
            raise PolicyError("probe_interval_seconds: must not exceed longest_gap_seconds, or no outage is ever seen")
        if self.calm_interval_seconds > self.longest_gap_seconds:
            raise PolicyError("calm_interval_seconds: must not exceed longest_gap_seconds, or its probes are none")

    @property
    def settling_seconds(self) -> float:
        """How long Route 53's checkers have to have called the active region down.

        They do so 50 s after it stopped to serve at the earliest (6 looks in a row, 10 s apart): with a sixth of the
        window their word alone proves an outage of a minute, where our own probes may have failed for another reason.
        """
        return self.detection_seconds / 6

    @classmethod
    def parse(cls, document: Any) -> Policy:
        """From a dict, or its JSON; what is left out has its default. Raises PolicyError naming what is wrong."""
        if isinstance(document, str):
            try:
                document = json.loads(document)
            except ValueError as error:
                raise PolicyError(f"not JSON ({error}): run deploy.yml") from error
        if not isinstance(document, dict):
            raise PolicyError(f"expected a dict, found {document!r}: run deploy.yml")
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(document.keys() - known):
            raise PolicyError(f"{', '.join(unknown)}: unknown: expected some of {', '.join(sorted(known))}")
        return cls(**document)

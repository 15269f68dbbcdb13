"""What the function is told by its environment; Terraform sets it, the same way in both regions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    region: str
    version: str
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises KeyError naming the variable that is missing: a function that is set up wrong must not start."""
        return cls(
            region=environment["AWS_REGION"],
            version=environment["PAYMENTS_VERSION"],
            log_level=environment["LOG_LEVEL"],
        )

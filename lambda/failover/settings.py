"""What the function is told by its environment; Terraform sets it, the same way in both regions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from payments_dr.observe import Reach
from payments_dr.policy import Policy

HTTPS = 443


@dataclass(frozen=True)
class Settings:
    """`here` is the region that the function runs in, and would promote."""

    here: str
    version: str
    topology_parameter: str
    policy: Policy
    reach: Reach

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises KeyError naming the variable that is missing, or PolicyError: what is set up wrong must not start."""
        return cls(
            here=environment["AWS_REGION"],
            version=environment["FAILOVER_VERSION"],
            topology_parameter=environment["TOPOLOGY_PARAMETER"],
            policy=Policy.parse(environment["FAILOVER_POLICY"]),
            # Nothing is set where DNS and the API are AWS's own.
            reach=Reach(
                dns_servers=tuple(filter(None, environment.get("DNS_SERVERS", "").split(","))),
                port=int(environment.get("API_PORT") or HTTPS),
                ca_file=environment.get("API_CA_FILE", ""),
            ),
        )

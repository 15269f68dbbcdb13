"""What a check is, and what all of them look at."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..topology import Topology

#: The region of a check that concerns no single region.
GLOBAL = "global"


@dataclasses.dataclass(frozen=True)
class Check:
    """One comparison. Both sides are sentences that name the resource; `ok` is the verdict.

    One that is only a `warning` is told when it fails, and does not make the standby less ready.
    """

    name: str
    region: str
    ok: bool
    expected: str
    observed: str
    warning: bool = False

    @property
    def failed(self) -> bool:
        return not self.ok and not self.warning


@dataclasses.dataclass(frozen=True)
class Policy:
    """What the inventory demands. No check takes its standard from the thing that it checks.

    `instances` is the number of database instances by region; `rule` the id of the replication rule.
    """

    rto_seconds: int
    rpo_seconds: int
    promotion_seconds: int
    record_ttl_seconds: int
    interval_seconds: int
    failure_threshold: int
    reserved_concurrency: int
    instances: dict[str, int]
    certificate_days: int
    lag_required: bool
    rule: str
    replication_minutes: int


@dataclasses.dataclass(frozen=True)
class Scene:
    """Everything that was observed, and what it is held against.

    `facts` has for each region that answered what the info modules returned, by subject (topology, aurora, s3,
    services, failover, journal); `route53` what route53_failover_info returned. `active` and `standby` may be empty:
    nobody knows.
    """

    topology: Topology
    policy: Policy
    active: str
    standby: str
    facts: dict[str, dict[str, Any]]
    route53: dict[str, Any]


def same(name: str, region: str, expected: str, observed: str) -> Check:
    """A check that passes when both sides are the same sentence."""
    return Check(name, region, expected == observed, expected, observed)


def none_of(name: str, region: str, expected: str, faults: list[str]) -> Check:
    """A check that passes when there are no faults; else they are what was observed."""
    return Check(name, region, not faults, expected, "; ".join(faults) or expected)

"""What Route 53 answers to a question, decided from hosted zones and record sets as the Route 53 API gives them.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-complex-configs.html

Not modelled: wildcards, delegation, EvaluateTargetHealth, and every routing policy but simple and failover.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

# RecordSet: a ResourceRecordSet of the Route 53 API, as a dict.
RecordSet = Mapping[str, Any]
LONGEST_CHAIN = 16
OTHER_POLICIES = ("Weight", "Region", "GeoLocation", "MultiValueAnswer", "CidrRoutingConfig", "GeoProximityLocation")


class UnanswerableError(Exception):
    """The state holds something that this model does not know; the message names it."""


@dataclass(frozen=True)
class Zone:
    """A public hosted zone; `name` is canonical."""

    name: str
    records: Sequence[RecordSet]


@dataclass(frozen=True)
class Record:
    """One record of an answer: TTL in seconds, value in zone-file form."""

    name: str
    type: str
    ttl: int
    value: str


@dataclass
class Answer:
    """`rcode` NOERROR without records of the type that was asked is NODATA; negative answers carry the zone's SOA."""

    rcode: str = "NOERROR"
    records: list[Record] = field(default_factory=list)
    authority: list[Record] = field(default_factory=list)


def canonical(name: str) -> str:
    """Lower case, no final dot, and Route 53's octal escapes resolved, so that names compare."""
    plain = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), name)
    return plain.rstrip(".").lower()


def answer(zones: Sequence[Zone], name: str, kind: str, is_healthy: Callable[[str], bool]) -> Answer:
    """Answer a question of type `kind` (A, TXT, ANY…); rcode REFUSED for a name in no zone.

    is_healthy: the status of a health check by its id. CNAMEs are followed as long as they stay in `zones`.
    """
    result = Answer()
    wanted = name
    for _ in range(LONGEST_CHAIN):
        zone = closest(zones, wanted)
        if zone is None:
            # The chain leaves what this server knows: its end is for the client to resolve.
            if not result.records:
                result.rcode = "REFUSED"
            return result
        found = list(_records(zones, wanted, kind, is_healthy))
        result.records += found
        if not found:
            result.rcode = "NOERROR" if _exists(zone, wanted) else "NXDOMAIN"
            result.authority = [_negative(zone)]
        if not found or kind in ("CNAME", "ANY") or found[0].type != "CNAME":
            return result
        wanted = found[0].value
    raise UnanswerableError(f"the CNAMEs from {name} go in a circle")


def closest(zones: Sequence[Zone], name: str) -> Zone | None:
    """The zone with the longest name that `name` is in."""
    labels = f".{canonical(name)}"
    around = [zone for zone in zones if labels.endswith(f".{zone.name}")]
    return max(around, key=lambda zone: len(zone.name), default=None)


def choose(sets: Sequence[RecordSet], is_healthy: Callable[[str], bool]) -> RecordSet:
    """The record set that answers among those of one name and type.

    Failover: the primary while it is healthy, else the secondary while that is; when neither is, the primary. One
    without a health check is always healthy.
    """
    for policy in OTHER_POLICIES:
        if policy in sets[0]:
            raise UnanswerableError(f"{sets[0]['Name']} {sets[0]['Type']} has a routing policy with {policy}")
    ordered = sorted(sets, key=lambda each: each.get("Failover") == "SECONDARY")
    available = (each for each in ordered if "HealthCheckId" not in each or is_healthy(each["HealthCheckId"]))
    return next(available, ordered[0])


def _records(
    zones: Sequence[Zone], name: str, kind: str, is_healthy: Callable[[str], bool], hops: int = 0
) -> Iterator[Record]:
    """Records at `name` of type `kind`, or its CNAME; an alias answers with its target's, under its own name."""
    if hops > LONGEST_CHAIN:
        raise UnanswerableError(f"the aliases to {name} go in a circle")
    zone = closest(zones, name)
    here = [each for each in zone.records if canonical(each["Name"]) == canonical(name)] if zone else []
    for type_ in sorted({each["Type"] for each in here}):
        if type_ not in (kind, "CNAME") and kind != "ANY":
            continue
        chosen = choose([each for each in here if each["Type"] == type_], is_healthy)
        if alias := chosen.get("AliasTarget"):
            for record in _records(zones, alias["DNSName"], type_, is_healthy, hops + 1):
                yield replace(record, name=name)
        else:
            for value in chosen.get("ResourceRecords", []):
                yield Record(name, type_, int(chosen["TTL"]), value)


def _exists(zone: Zone, name: str) -> bool:
    """Whether there is anything at the name or below it (an empty non-terminal exists too)."""
    wanted = canonical(name)
    return any(f".{canonical(each['Name'])}".endswith(f".{wanted}") for each in zone.records)


def _negative(zone: Zone) -> Record:
    """The SOA of a negative answer: its TTL is the smaller of the record's and its last field (RFC 2308, 3)."""
    soa = next(each for each in zone.records if each["Type"] == "SOA")
    value = soa["ResourceRecords"][0]
    return Record(zone.name, "SOA", min(int(soa["TTL"]), int(value.split()[-1])), value)

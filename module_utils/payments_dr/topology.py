"""What was deployed, and who is active: the published document and the answers of Aurora, as dataclasses. Pure."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from .names import resource_name
from .observation import region_of

#: The version of the document that this code reads; Terraform publishes it, terraform/outputs.tf describes it.
VERSION = 1
ROLES = ("primary", "dr")


class TopologyError(ValueError):
    """The document is not what deploy.yml publishes; the message names the field and the mend."""


@dataclasses.dataclass(frozen=True)
class Place:
    """One region of the topology. `dr_role` is its home role, which never changes.

    `address` is the region's own name in DNS and leads to `own_gateway`; the name that fails over leads to `gateway`.
    """

    region: str
    dr_role: str
    cluster: str
    cluster_arn: str
    instances: list[str]
    bucket: str
    kms_key_arn: str
    function: str
    failover_function: str
    address: str
    gateway: str
    own_gateway: str
    certificate_arn: str
    alerts_topic_arn: str
    health_check: str
    beacon: str
    alarms: list[str]


@dataclasses.dataclass(frozen=True)
class Topology:
    """The identifiers of everything that a recovery needs, as published in both regions.

    `primary_check` and `secondary_check` are the health checks of the two failover records of `api_name`.
    """

    environment: str
    environment_suffix: str
    global_cluster: str
    secret_name: str
    function_version: str
    failover_version: str
    zone_id: str
    zone_name: str
    api_name: str
    primary_check: str
    secondary_check: str
    places: dict[str, Place]

    @classmethod
    def parse(cls, document: Any) -> Topology:
        """From the document (a dict, or its JSON). Raises TopologyError naming the first field that is wrong."""
        if isinstance(document, str):
            document = decoded(document)
        if not isinstance(document, dict) or document.get("version") != VERSION:
            found = document.get("version") if isinstance(document, dict) else type(document).__name__
            raise TopologyError(f"version: expected {VERSION}, found {found}: run deploy.yml of the same release")
        places = {region: _place(region, fields) for region, fields in _field(document, "regions", dict).items()}
        if sorted(place.dr_role for place in places.values()) != sorted(ROLES):
            raise TopologyError("regions: expected one with dr_role primary and one with dr_role dr: run deploy.yml")
        return cls(
            **{name: _field(document, name, str) for name in ("environment", "environment_suffix", "global_cluster")},
            **{name: _field(document, name, str) for name in ("secret_name", "function_version", "failover_version")},
            api_name=_field(document, "api_name", str),
            zone_id=_field(document, "zone.id", str),
            zone_name=_field(document, "zone.name", str).rstrip("."),
            primary_check=_field(document, "health_check.primary", str),
            secondary_check=_field(document, "health_check.secondary", str),
            places=places,
        )

    def of_role(self, dr_role: str) -> Place:
        """The region whose home role is primary or dr."""
        return next(place for place in self.places.values() if place.dr_role == dr_role)

    def peer(self, region: str) -> Place:
        """The other region."""
        return next(place for name, place in self.places.items() if name != region)

    def alarm(self, kind: str, region: str) -> str:
        """The name of the alarm of this kind that stands in the region."""
        return resource_name(f"alarm-{kind}", self.environment, self.environment_suffix, region)

    def journal_table(self, region: str) -> str:
        """The region's table of what the other region acknowledged; Terraform composes the same name in locals.tf."""
        return resource_name("table-journal", self.environment, self.environment_suffix, region)

    def epoch_table(self, region: str) -> str:
        """The region's table of the epoch, which says who may acknowledge payments."""
        return resource_name("table-epoch", self.environment, self.environment_suffix, region)

    def rule(self, kind: str, region: str) -> str:
        """The name of the schedule of this kind that runs in the region."""
        return resource_name(f"rule-{kind}", self.environment, self.environment_suffix, region)


@dataclasses.dataclass(frozen=True)
class Member:
    """A cluster in the global database. `role` is writer or reader, now."""

    cluster_arn: str
    cluster: str
    region: str
    role: str
    synchronization_status: str


def parameter_name(environment: str, environment_suffix: str) -> str:
    """The SSM parameter that holds the document; the same name in both regions."""
    return resource_name("parameter-topology", environment, environment_suffix)


def members(global_cluster: dict[str, Any] | None) -> list[Member]:
    """The members of one entry of DescribeGlobalClusters; none when the global cluster does not exist."""
    listed = (global_cluster or {}).get("GlobalClusterMembers", [])
    return [
        Member(
            cluster_arn=entry["DBClusterArn"],
            cluster=entry["DBClusterArn"].rsplit(":", 1)[-1],
            region=region_of(entry["DBClusterArn"]),
            role="writer" if entry.get("IsWriter") else "reader",
            synchronization_status=entry.get("SynchronizationStatus", ""),
        )
        for entry in listed
    ]


def roles(found: list[Member], regions: list[str]) -> tuple[str, str]:
    """(active, standby) regions: active holds the one writer, standby is the other region of the topology.

    Empty strings where nobody can say: no writer, more than one, or a writer in a region that we do not know.
    """
    writers = [member.region for member in found if member.role == "writer"]
    if len(writers) != 1 or writers[0] not in regions:
        return "", ""
    return writers[0], next((region for region in regions if region != writers[0]), "")


def differences(left: Any, right: Any, path: str = "") -> list[str]:
    """The dotted paths at which two documents differ, in order."""
    if isinstance(left, dict) and isinstance(right, dict):
        keys = sorted(left.keys() | right.keys())
        return [
            found for key in keys for found in differences(left.get(key), right.get(key), f"{path}.{key}".lstrip("."))
        ]
    return [] if left == right else [path]


def decoded(text: str) -> Any:
    """The document as published, from its JSON."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise TopologyError(f"not JSON ({error}): run deploy.yml") from error


def _field(document: dict[str, Any], path: str, kind: type) -> Any:
    """The field at a dotted path; TopologyError if it is missing, empty or of another type."""
    value: Any = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, kind) or not value:
        raise TopologyError(f"{path}: expected a {kind.__name__}, found {value!r}: run deploy.yml")
    return value


def _place(region: str, fields: Any) -> Place:
    if not isinstance(fields, dict):
        raise TopologyError(f"regions.{region}: expected a dict, found {fields!r}: run deploy.yml")
    kinds = {"instances": list, "alarms": list}
    names = [field.name for field in dataclasses.fields(Place) if field.name != "region"]
    try:
        return Place(region=region, **{name: _field(fields, name, kinds.get(name, str)) for name in names})
    except TopologyError as error:
        raise TopologyError(f"regions.{region}.{error}") from error

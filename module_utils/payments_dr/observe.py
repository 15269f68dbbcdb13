"""Looks at both regions from one of them: at its own APIs, at public DNS, and at the API's addresses as clients do.

No API of the other region is called, nor one that lives in us-east-1 for the whole world; all looks run side by side,
so that what does not answer costs its time-out once. What could not be seen is left unknown, and `errors` says why.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import random
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from . import epoch as epochs
from . import fence_memory
from . import mode as modes
from .aurora import describe_cluster, list_instances, rpo_lags
from .calls import BRISK, AwsFailure, Clients, concurrently
from .decision_log import remembered_probes
from .dns_query import addresses, ask, name_servers
from .epoch import EpochError
from .evacuation import read_switch
from .global_cluster import handover_of, read_global_cluster
from .health_probe import TRIES, ask_health
from .observation import Checkers, Lag, Observation, Probe, Target, last_known_lag
from .parameters import ParameterError
from .topology import Member, Topology, members, roles
from .waiters import Clock

#: How far back to look for the lag of before an outage: a person may come hours later.
LAG_MINUTES = 180
Found = TypeVar("Found")


@dataclasses.dataclass(frozen=True)
class Reach:
    """How to get to the API from here. `dns_servers` are "host" or "host:port"; with none, addresses come from the
    system's resolver and beacons from the zone's own servers. `ca_file` is a PEM file, "" the system's authorities.
    `connect_seconds` is how long a probe waits for a connection; None means as long as a Route 53 checker."""

    dns_servers: tuple[str, ...] = ()
    port: int = 443
    ca_file: str = ""
    connect_seconds: float | None = None


class _Notes:
    """Keeps why something could not be seen; whoever looks goes on with None."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def seen(self, subject: str, look: Callable[[], Found]) -> Found | None:
        try:
            return look()
        except (AwsFailure, ParameterError, EpochError, OSError) as failure:
            self.errors[subject] = str(failure)
            return None


def observe(
    clients: Clients,
    topology: Topology,
    here: str,
    reach: Reach,
    clock: Clock,
    history: Iterable[Probe] = (),
) -> Observation:
    """Both regions as `here` sees them now. `history` holds earlier probes of the peer; one is added.

    Raises nothing for what does not answer or refuses: Observation.errors has the reasons.
    """
    peer, notes = topology.peer(here).region, _Notes()
    seen = concurrently(
        {
            "database": lambda: _database(clients, topology, here, clock, notes),
            "mode": lambda: notes.seen("mode", lambda: _mode(clients, topology, here)),
            "fenced": lambda: notes.seen("fenced", lambda: _fenced(clients, topology, here)),
            "epoch": lambda: notes.seen("epoch", lambda: _epoch(clients, topology, here)),
            "switch": lambda: notes.seen("switch_on", lambda: _switch(clients, topology, here, clock)),
            "checkers": lambda: notes.seen("checkers", lambda: checkers(topology, peer, reach)),
            "own_checkers": lambda: notes.seen("own_checkers", lambda: checkers(topology, here, reach)),
            "probe": lambda: probe(topology, peer, reach, clock),
            "own": lambda: probe(topology, here, reach, clock, tries=TRIES),
        }
    )
    thought = seen["checkers"] or Checkers.UNKNOWN
    probes = (*history, dataclasses.replace(seen["probe"], checkers=thought))
    mode: modes.Mode | None = seen["mode"]
    lags = seen["database"].pop("lags")
    return Observation(
        now=clock.now(),
        here=here,
        peer=peer,
        mode=mode.mode if mode else "",
        probes=probes,
        checkers=thought,
        own_checkers=seen["own_checkers"] or Checkers.UNKNOWN,
        own_probe=seen["own"],
        lag=last_known_lag(lags, probes),
        switch_on=seen["switch"],
        fenced=seen["fenced"],
        epoch=seen["epoch"],
        errors=notes.errors,
        **seen["database"],
    )


def observe_late(clients: Clients, topology: Topology, here: str, reach: Reach, clock: Clock) -> Observation:
    """`observe` for who comes when the outage is old, a person: when it began is what the function of `here` has seen.

    Where its log cannot be read, the outage seems to begin now; Observation.errors says so.
    """
    group = f"/aws/lambda/{topology.places[here].failover_function}"
    notes = _Notes()
    history = notes.seen("memory", lambda: remembered_probes(clients, here, group, clock)) or ()
    seen = observe(clients, topology, here, reach, clock, history)
    return dataclasses.replace(seen, errors={**notes.errors, **seen.errors})


def glance(topology: Topology, region: str, reach: Reach, clock: Clock) -> Probe:
    """One look at the region from outside, as clients and Route 53's checkers have it: no API of AWS is asked, so that
    it may be done often. Raises nothing."""
    notes = _Notes()
    seen = concurrently(
        {
            "probe": lambda: probe(topology, region, reach, clock),
            "checkers": lambda: notes.seen("checkers", lambda: checkers(topology, region, reach)),
        }
    )
    return dataclasses.replace(seen["probe"], checkers=seen["checkers"] or Checkers.UNKNOWN)


def probe(topology: Topology, region: str, reach: Reach, clock: Clock, tries: int = 1) -> Probe:
    """One look at the region's own address, with the patience of a Route 53 checker. Raises nothing.

    An answer that comes too late is asked for `tries` times in all: a standby's function that has to start is slow
    once, and no reason to refuse a failover.

    Of several addresses one is taken at random: a single gateway that is ill does not fail every probe.
    """
    at, started = clock.now(), clock.monotonic()
    host = topology.places[region].address
    try:
        address = random.choice(addresses(host, list(reach.dns_servers)))
    except OSError as error:
        return Probe(at, False, f"{host}: {error}", round(clock.monotonic() - started, 3))
    answer = ask_health(host, address, reach.port, reach.ca_file, tries, reach.connect_seconds)
    status, body = answer["status_code"], answer["body"]
    ok = status == 200 and body.get("region") == region
    return Probe(at, ok, _told(answer, region), round(clock.monotonic() - started, 3), status)


def _told(answer: dict[str, Any], region: str) -> str:
    """What the answer says, in a word or a sentence."""
    status, body = answer["status_code"], answer["body"]
    if status is None:
        return answer["error"]
    if body.get("region", region) != region:
        return f"{status} from {body['region']}"
    return str(body.get("code") or body.get("status") or f"HTTP {status}")


def checkers(topology: Topology, region: str, reach: Reach) -> Checkers:
    """What Route 53's checkers think of the region: the beacon, as every server that answers has it.

    Raises OSError, saying why, when nobody answers or the servers differ.
    """
    beacon = topology.places[region].beacon
    servers = list(reach.dns_servers) or name_servers(topology.zone_name)
    answers = concurrently({server: functools.partial(ask, beacon, "TXT", server) for server in servers})
    said = {value for answer in answers.values() for value in answer["values"]}
    if said in ({"up"}, {"down"}):
        return Checkers(said.pop())
    if said:
        raise OSError(f"the servers differ about {beacon}: {', '.join(sorted(said))}")
    raise OSError("; ".join(answer["error"] or f"{server} has no {beacon}" for server, answer in answers.items()))


def _mode(clients: Clients, topology: Topology, here: str) -> modes.Mode:
    return modes.read(
        clients("ssm", here, BRISK), modes.parameter_name(topology.environment, topology.environment_suffix)
    )


def _fenced(clients: Clients, topology: Topology, here: str) -> bool:
    """Whether a fence around the other region is remembered in `here`."""
    name = fence_memory.parameter_name(topology.environment, topology.environment_suffix)
    return topology.peer(here).region in fence_memory.read(clients("ssm", here, BRISK), name)


def _epoch(clients: Clients, topology: Topology, here: str) -> epochs.Epoch:
    return epochs.read(clients("dynamodb", here, BRISK), topology.epoch_table(here))


def _switch(clients: Clients, topology: Topology, here: str, clock: Clock) -> bool | None:
    """Whether the switch in `here` sends the traffic away from the other region, or soon will."""
    switch = read_switch(clients("cloudwatch", here, BRISK), topology, topology.peer(here).region, clock.now())
    return switch.on if switch.said is None else switch.said


def _database(clients: Clients, topology: Topology, here: str, clock: Clock, notes: _Notes) -> dict[str, Any]:
    """What Observation has of Aurora, and `lags`, as the region's own APIs describe it."""
    nothing: dict[str, Any] = {
        "active": "",
        "standby": "",
        "synchronization": "",
        "handover": None,
        "target": None,
        "lags": [],
    }
    rds = notes.seen("global_cluster", lambda: clients("rds", here, BRISK))
    found = rds and notes.seen("global_cluster", lambda: _global_cluster(rds, topology.global_cluster))
    if not found:
        return {**nothing, "active_engine_version": ""}
    listed = members(found)
    active, other = roles(listed, list(topology.places))
    follower = next((member for member in listed if member.region == other), None)
    if not active:
        notes.errors["global_cluster"] = _without_writer(topology.global_cluster, listed)
    mine = next((member for member in listed if member.region == here), None)
    parts = _cluster(clients, rds, mine, here, clock, notes)
    return {
        "active": active,
        "standby": follower.region if follower else "",
        "synchronization": follower.synchronization_status if follower else "",
        "handover": handover_of(found),
        "active_engine_version": found.get("EngineVersion", ""),
        **parts,
    }


def _global_cluster(rds: Any, identifier: str) -> dict[str, Any]:
    found = read_global_cluster(rds, identifier)
    if found is None:
        raise AwsFailure(f"The global database {identifier} does not exist: run deploy.yml", "NotFound")
    return found


def _without_writer(identifier: str, listed: list[Member]) -> str:
    writers = [member.cluster for member in listed if member.role == "writer"]
    return f"{identifier} has {len(writers)} writers ({', '.join(writers) or 'none'}) among {len(listed)} members"


def _cluster(
    clients: Clients, rds: Any, member: Member | None, here: str, clock: Clock, notes: _Notes
) -> dict[str, Any]:
    """The cluster of `here`, and its lags."""
    if member is None:
        notes.errors["target"] = notes.errors["lag"] = f"{here} has no cluster in the global database"
        return {"target": None, "lags": []}
    now = datetime.datetime.fromtimestamp(clock.now(), datetime.UTC)
    seen = concurrently(
        {
            "cluster": lambda: notes.seen("target", lambda: describe_cluster(rds, member.cluster)),
            "instances": lambda: notes.seen("target", lambda: list_instances(rds, member.cluster)),
            "lags": lambda: notes.seen(
                "lag", lambda: rpo_lags(clients("cloudwatch", here, BRISK), member.cluster, LAG_MINUTES, now)
            ),
        }
    )
    lags = [Lag(milliseconds, moment.timestamp()) for milliseconds, moment in seen["lags"] or []]
    return {"target": _target(member, seen["cluster"], seen["instances"]), "lags": lags}


def _target(member: Member, cluster: dict[str, Any] | None, instances: list[dict[str, Any]] | None) -> Target | None:
    """Only what was seen whole: a cluster whose instances are not known is not known."""
    if cluster is None or instances is None:
        return None
    available = [one for one in instances if one.get("DBInstanceStatus") == "available"]
    return Target(
        region=member.region,
        cluster_arn=cluster["DBClusterArn"],
        status=cluster.get("Status", ""),
        available_instances=len(available),
        engine_version=cluster.get("EngineVersion", ""),
    )

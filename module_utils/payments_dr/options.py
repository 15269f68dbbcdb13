"""Options that several modules share, and what is made of them."""

from __future__ import annotations

from typing import Any

from .observe import Reach
from .topology import Topology, TopologyError

#: The document that topology_info returns.
TOPOLOGY_SPEC = {"topology": {"type": "dict", "required": True}}
#: How to get to the API from here.
REACH_SPEC = {
    "dns_servers": {"type": "list", "elements": "str", "default": []},
    "api_port": {"type": "int", "default": 443},
    "api_ca_file": {"type": "path", "default": ""},
}


def reach_of(params: dict[str, Any]) -> Reach:
    """From the options in REACH_SPEC."""
    return Reach(tuple(params["dns_servers"]), params["api_port"], params["api_ca_file"] or "")


def topology_of(params: dict[str, Any], option: str) -> tuple[Topology, str]:
    """The topology, and the region that `option` names. Raises TopologyError, naming the option that is wrong."""
    try:
        topology = Topology.parse(params["topology"])
    except TopologyError as error:
        raise TopologyError(f"topology: {error}") from error
    region = params[option]
    if region not in topology.places:
        raise TopologyError(f"{option}: expected {' or '.join(topology.places)}, found {region!r}")
    return topology, region

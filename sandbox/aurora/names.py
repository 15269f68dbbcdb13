"""Which names lead to which server: `endpoints.json`, what Route 53's private answers are to AWS.

Functions read it (sandbox/lambda_site). All names of a cluster lead to its one server. A secondary's own writer
endpoint is inactive on AWS; here it leads to the read-only server too.
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.Endpoints.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from sandbox.aurora.plan import Found, Key, Wanted

FILE = "endpoints.json"

Endpoints = dict[str, tuple[str, int]]


def endpoints(
    clusters: Iterable[tuple[Wanted, Found]], addresses: Mapping[str, str], global_names: Mapping[str, Key]
) -> Endpoints:
    """Return (address, port) for every name of the clusters that have an instance.

    `global_names` says of each global database's own endpoint which cluster writes.
    """
    found: Endpoints = {}
    servers: dict[Key, tuple[str, int]] = {}
    for wanted, server in clusters:
        if wanted.instances and server.complete:
            servers[wanted.key] = addresses[wanted.key[0]], server.port
            found |= dict.fromkeys(wanted.hosts, servers[wanted.key])
    return found | {name: servers[key] for name, key in global_names.items() if key in servers}


def write(folder: Path, table: Endpoints) -> None:
    """Put the table in place whole."""
    scratch = folder / f"{FILE}.new"
    scratch.write_text(json.dumps(table, indent=2, sort_keys=True) + "\n")
    scratch.replace(folder / FILE)


def read(folder: Path) -> Endpoints:
    """Return the table; empty where none was written yet."""
    try:
        return {name: (address, port) for name, (address, port) in json.loads((folder / FILE).read_text()).items()}
    except FileNotFoundError:
        return {}

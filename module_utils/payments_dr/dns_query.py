"""Asks DNS servers directly, so that no resolver's cache stands between us and what clients will be told."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path
from typing import Any

from .dns_wire import Answer, answer, question

#: Seconds for one question, over UDP and again over TCP when the answer was truncated.
TIMEOUT = 2.0
#: How many CNAMEs an address may hide behind.
LONGEST_CHAIN = 8
#: Where the system says whom it asks: resolv.conf(5).
RESOLVERS = Path("/etc/resolv.conf")
LARGEST_DATAGRAM = 65535


def name_servers(zone: str, timeout: float = TIMEOUT) -> list[str]:
    """The zone's authoritative servers as public DNS names them. Raises OSError, saying what each resolver answered."""
    said = []
    for resolver in _resolvers():
        found = ask(zone, "NS", resolver, timeout)
        if found["values"]:
            return found["values"]
        said.append(found["error"] or f"{resolver} says {found['rcode']}")
    raise OSError(f"nobody names the servers of {zone}: {'; '.join(said) or f'{RESOLVERS} names no resolver'}")


def _resolvers() -> list[str]:
    """The system's resolvers with an IPv4 address."""
    words = [line.split() for line in RESOLVERS.read_text().splitlines()]
    return [line[1] for line in words if len(line) > 1 and line[0] == "nameserver" and ":" not in line[1]]


def ask(name: str, kind: str, server: str, timeout: float = TIMEOUT) -> dict[str, Any]:
    """One question to one server ("host" or "host:port"), as a dict that says everything.

    values are texts without quotes and names without their last dot; error is empty when the server answered,
    whatever it answered: rcode then says NOERROR, NXDOMAIN and so on.
    """
    asked = {"name": name, "type": kind, "server": server}
    try:
        response = _exchange(name, kind, server, timeout)
    except OSError as error:
        reason = str(error) or type(error).__name__
        return {**asked, "rcode": "", "values": [], "ttl_seconds": None, "error": f"no answer from {server}: {reason}"}
    found = [record for record in response.records if record.kind == kind]
    return {
        **asked,
        "rcode": response.rcode,
        "values": sorted(record.value for record in found),
        "ttl_seconds": min((record.ttl_seconds for record in found), default=None),
        "error": "",
    }


def addresses(name: str, servers: list[str]) -> list[str]:
    """IPv4 addresses of a name: from `servers` in turn, or from the system's resolver when the list is empty.

    Raises OSError when nobody knows one, saying who was asked.
    """
    if not servers:
        return sorted({info[4][0] for info in socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)})
    for server in servers:
        found = _follow(name, server)
        if found:
            return found
    raise OSError(f"{', '.join(servers)} know no address of {name}")


def _follow(name: str, server: str) -> list[str]:
    """The addresses at the end of a chain of CNAMEs, all asked at one server."""
    for _ in range(LONGEST_CHAIN):
        found = ask(name, "A", server)["values"]
        alias = [] if found else ask(name, "CNAME", server)["values"]
        if not alias:
            return found
        name = alias[0]
    return []


def _exchange(name: str, kind: str, server: str, timeout: float) -> Answer:
    host, _, port = server.partition(":")
    place = socket.getaddrinfo(host, int(port or 53), socket.AF_INET, socket.SOCK_DGRAM)[0][4]
    number = secrets.randbelow(2**16)
    query = question(name, kind, number)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(timeout)
        udp.connect(place)
        udp.send(query)
        found = answer(udp.recv(LARGEST_DATAGRAM), number)
    if not found.truncated:
        return found
    with socket.create_connection(place[:2], timeout) as tcp, tcp.makefile("rb") as stream:
        tcp.sendall(len(query).to_bytes(2, "big") + query)
        return answer(stream.read(int.from_bytes(stream.read(2), "big")), number)

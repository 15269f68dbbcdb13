"""Asks DNS servers directly, so that no resolver's cache stands between us and what clients will be told."""

from __future__ import annotations

import math
import socket
from typing import Any

try:
    import dns.exception
    import dns.message
    import dns.query
    import dns.rcode
    import dns.rdatatype
    import dns.resolver
except ImportError as missing:
    raise ImportError("dnspython is needed: run `make setup`, and use the ansible-playbook in .venv") from missing

#: Seconds for one question, over UDP and again over TCP when the answer was truncated.
TIMEOUT = 2.0
#: How many CNAMEs an address may hide behind.
LONGEST_CHAIN = 8


def resolve(name: str, kind: str, timeout: float = TIMEOUT) -> dns.resolver.Answer:
    """What the system's resolvers say. Raises OSError when none of them knows."""
    try:
        return dns.resolver.resolve(f"{name.rstrip('.')}.", kind, lifetime=timeout)
    except dns.exception.DNSException as error:
        raise OSError(f"the system's resolvers know no {kind} of {name}: {error}") from error


def name_servers(zone: str, timeout: float = TIMEOUT) -> list[str]:
    """The zone's authoritative servers as public DNS names them. Raises OSError."""
    return sorted(str(record.target).rstrip(".") for record in resolve(zone, "NS", timeout))


def ask(name: str, kind: str, server: str, timeout: float = TIMEOUT) -> dict[str, Any]:
    """One question to one server ("host" or "host:port"), as a dict that says everything.

    values are texts without quotes and names without their last dot; error is empty when the server answered,
    whatever it answered: rcode then says NOERROR, NXDOMAIN and so on.
    """
    asked = {"name": name, "type": kind, "server": server}
    try:
        response = _exchange(name, kind, server, timeout)
    except (dns.exception.DNSException, OSError) as error:
        reason = str(error) or type(error).__name__
        return {**asked, "rcode": "", "values": [], "ttl_seconds": None, "error": f"no answer from {server}: {reason}"}
    sets = [found for found in response.answer if found.rdtype == dns.rdatatype.from_text(kind)]
    return {
        **asked,
        "rcode": dns.rcode.to_text(response.rcode()),
        "values": sorted(_text(record) for found in sets for record in found),
        "ttl_seconds": min((found.ttl for found in sets), default=None),
        "error": "",
    }


def addresses(name: str, servers: list[str]) -> list[str]:
    """IPv4 addresses of a name: from `servers` in turn, or from the system's resolver when the list is empty.

    Raises OSError when nobody knows one, saying who was asked.
    """
    if not servers:
        return sorted({info[4][0] for info in socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)})
    for server in servers:
        found, _ = follow(name, server)
        if found:
            return found
    raise OSError(f"{', '.join(servers)} know no address of {name}")


def follow(name: str, server: str) -> tuple[list[str], float]:
    """(IPv4 addresses, shortest TTL in seconds) of a chain of CNAMEs, all asked at one server; no address where it
    knows none."""
    shortest = math.inf
    for _ in range(LONGEST_CHAIN):
        found = ask(name, "A", server)
        step = found if found["values"] else ask(name, "CNAME", server)
        if not step["values"]:
            break
        shortest = min(shortest, step["ttl_seconds"])
        if step is found:
            return found["values"], shortest
        name = step["values"][0]
    return [], shortest


def _exchange(name: str, kind: str, server: str, timeout: float) -> dns.message.Message:
    host, _, port = server.partition(":")
    address = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)[0][4][0]
    query = dns.message.make_query(f"{name.rstrip('.')}.", kind)
    response, _ = dns.query.udp_with_fallback(query, address, timeout=timeout, port=int(port or 53))
    return response


def _text(record: Any) -> str:
    if record.rdtype == dns.rdatatype.TXT:
        return b"".join(record.strings).decode(errors="replace")
    return record.to_text().rstrip(".")

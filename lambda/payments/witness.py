"""What the world is told about this API: the public DNS answer, a witness that neither region owns."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from .deadlines import Deadline, Since

#: Seconds for which an answer holds, and for which silence is not asked again.
HOLDS = 2.0
#: Seconds for all questions together, and for one.
PATIENCE, ONE = 1.0, 0.5
DNS_PORT = 53
#: (name, servers) -> the name that it is an alias of; raises OSError when nobody says.
Look = Callable[[str, Sequence[str]], str]


class Witness:
    """Whether public DNS leads to this region."""

    def __init__(self, name: str, gateway: str, servers: Sequence[str], look: Look | None = None) -> None:
        """`name` fails over between the regions; `gateway` is where it leads when it leads here. `servers` are
        "host" or "host:port"; with none the system's resolver is asked, which remembers for the record's TTL."""
        self._name, self._gateway, self._servers = name, _plain(gateway), servers
        self._look = look or alias
        self._heard: tuple[bool | None, Since] | None = None

    def names_us(self) -> bool | None:
        """None when it is silent, which is no yes. Never raises."""
        if self._heard is None or self._heard[1].seconds() >= HOLDS:
            asked = Since()  # the answer is as old as the question
            try:
                said: bool | None = _plain(self._look(self._name, self._servers)) == self._gateway
            except OSError:
                said = None
            self._heard = (said, asked)
        return self._heard[0]


def alias(name: str, servers: Sequence[str]) -> str:
    """The target of the name's CNAME record. Raises OSError when nobody answers, or the name is no alias."""
    # Imported here: dnspython is needed only while the peer is out of reach, and would lengthen every cold start.
    import dns.exception
    import dns.resolver

    deadline = Deadline(PATIENCE)
    try:
        if not servers:
            return str(dns.resolver.resolve(f"{_plain(name)}.", "CNAME", lifetime=PATIENCE)[0].target)
        for server in servers:
            if deadline.left() > 0 and (target := _asked(name, server, min(ONE, deadline.left()))):
                return target
    except dns.exception.DNSException as error:
        raise OSError(f"the resolver knows no alias {name}: {error}") from error
    raise OSError(f"{', '.join(servers)} know no alias {name}")


def _asked(name: str, server: str, seconds: float) -> str:
    """What one server says; "" when it is silent or knows none."""
    import dns.exception
    import dns.message
    import dns.query
    import dns.rdatatype

    host, _, port = server.partition(":")
    try:
        address = socket.gethostbyname(host)
        question = dns.message.make_query(f"{_plain(name)}.", "CNAME")
        answer = dns.query.udp(question, address, seconds, int(port or DNS_PORT))
    except (dns.exception.DNSException, OSError):
        return ""
    targets = [str(record.target) for found in answer.answer if found.rdtype == dns.rdatatype.CNAME for record in found]
    return targets[0] if targets else ""


def _plain(name: str) -> str:
    return name.rstrip(".").lower()

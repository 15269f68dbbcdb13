"""The authoritative DNS server of the sandbox: Route 53's answers, on UDP and TCP, as the emulator's state says now.

It also knows the addresses of the API Gateway domain names (d-….execute-api.<region>.amazonaws.com): each is the
loopback address of its region, so that one question leads from the payment API's name to an address.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import math
import struct
from collections.abc import Callable

from dnslib import EDNS0, OPCODE, QTYPE, RCODE, RR, DNSError, DNSRecord
from ministack.core.responses import request_scope
from ministack.services import apigateway_v1, route53

from sandbox import health, zones
from sandbox.clock import Clock
from sandbox.config import Config

log = logging.getLogger("sandbox.dns")

PLAIN_UDP_BYTES = 512
LARGEST_UDP_BYTES = 4096
IDLE_SECONDS = 10
INTERNET = 1
GATEWAY_TTL_SECONDS = 60  # of an alias to API Gateway
GATEWAY_SOA = "ns-1.awsdns-1.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 60"

Answerer = Callable[[str, str], zones.Answer]


async def serve(config: Config) -> Server:
    """Start answering on host:dns_port; OSError when the port is taken."""
    server = Server(lambda name, kind: hurried(look_up(config, name, kind), config.clock))
    await server.start(config.host, config.dns_port)
    return server


def look_up(config: Config, name: str, kind: str) -> zones.Answer:
    """Answer a question from the production account's state."""
    account = config.accounts.production
    known = [*hosted_zones(account), *gateway_zones(config)]
    return zones.answer(known, name, kind, lambda check: health.is_healthy(account, check))


def hurried(answer: zones.Answer, clock: Clock) -> zones.Answer:
    """The answer with TTLs that pass as fast as everything else: a client waits for them like for any interval."""
    records, authority = (
        [dataclasses.replace(one, ttl=math.ceil(clock.interval(one.ttl))) for one in part]
        for part in (answer.records, answer.authority)
    )
    return dataclasses.replace(answer, records=records, authority=authority)


def hosted_zones(account: str) -> list[zones.Zone]:
    """The public hosted zones of an account."""
    with request_scope(account, "us-east-1"):
        return [
            zones.Zone(zones.canonical(zone["name"]), list(route53._records.get(zone["id"], [])))
            for zone in route53._zones.values()
            if not zone["private"]
        ]


def gateway_zones(config: Config) -> list[zones.Zone]:
    """A zone for each region's API Gateway: the regional domain names of the custom domains that stand there now."""
    return [
        zones.Zone(
            f"execute-api.{region}.amazonaws.com",
            [
                _record(f"execute-api.{region}.amazonaws.com", "SOA", GATEWAY_SOA),
                *(
                    _record(domain["regionalDomainName"], "A", address)
                    for domain in apigateway_v1._domain_names.values_scoped(config.accounts.production, region)
                ),
            ],
        )
        for region, address in config.addresses.items()
    ]


def _record(name: str, kind: str, value: str) -> zones.RecordSet:
    return {"Name": name, "Type": kind, "TTL": GATEWAY_TTL_SECONDS, "ResourceRecords": [value]}


class Server:
    """UDP and TCP on one port; `answer` decides."""

    def __init__(self, answer: Answerer) -> None:
        """Nothing listens until start."""
        self.answer = answer
        self._transport: asyncio.DatagramTransport | None = None
        self._streams: asyncio.Server | None = None
        self._clients: set[asyncio.Task] = set()

    async def start(self, host: str, port: int) -> None:
        """Listen on both."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self.answer), (host, port))
        try:
            self._streams = await asyncio.start_server(self._converse, host, port)
        except OSError:
            self._transport.close()
            raise

    async def close(self) -> None:
        """Stop listening and hang up."""
        if self._transport:
            self._transport.close()
        if self._streams:
            self._streams.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one TCP client: messages with a length in front, until it goes or falls silent (RFC 7766)."""
        task = asyncio.current_task()
        assert task
        self._clients.add(task)
        try:
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    (length,) = struct.unpack("!H", await reader.readexactly(2))
                    query = await reader.readexactly(length)
                if (reply := respond(query, self.answer, limit=None)) is None:
                    return
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._clients.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


class _Datagrams(asyncio.DatagramProtocol):
    """UDP: one message in, at most one out."""

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr) -> None:
        if (reply := respond(data, self.answer, limit=PLAIN_UDP_BYTES)) is not None:
            self.transport.sendto(reply, addr)


def respond(data: bytes, answer: Answerer, limit: int | None) -> bytes | None:
    """The reply to a message, or None for what deserves none: malformed packets and replies.

    limit: bytes that fit when the client says nothing else by EDNS (RFC 6891); None on TCP.
    """
    try:
        query = DNSRecord.parse(data)
    except (DNSError, ValueError, IndexError, KeyError, struct.error):
        return None
    if query.header.qr:
        return None
    reply = query.reply(ra=0, aa=0)
    reply.rr.clear()
    option = next((record for record in query.ar if record.rtype == QTYPE.OPT), None)
    if option is not None:
        extended = 1 if option.edns_ver else 0  # BADVERS is 16: an extended rcode of 1 and a plain one of 0
        reply.add_ar(EDNS0(udp_len=LARGEST_UDP_BYTES, ext_rcode=extended))
        if limit:
            limit = min(max(option.edns_len, limit), LARGEST_UDP_BYTES)
    if option is None or not option.edns_ver:
        _fill(reply, query, answer)
    packed = reply.pack()
    if limit and len(packed) > limit:
        reply.rr, reply.auth, reply.header.tc = [], [], 1
        packed = reply.pack()
    return packed


def _fill(reply: DNSRecord, query: DNSRecord, answer: Answerer) -> None:
    """Set the reply's rcode and records."""
    if query.header.opcode != OPCODE.QUERY:
        reply.header.rcode = RCODE.NOTIMP
        return
    if len(query.questions) != 1:
        reply.header.rcode = RCODE.FORMERR
        return
    question = query.q
    if question.qclass != INTERNET:
        reply.header.rcode = RCODE.REFUSED
        return
    try:
        found = answer(str(question.qname), QTYPE.get(question.qtype))
        records, authority = (
            [rr for each in part for rr in _packed(each)] for part in (found.records, found.authority)
        )
    except (zones.UnanswerableError, DNSError, ValueError, KeyError):
        log.exception("%s %s cannot be answered", question.qname, QTYPE.get(question.qtype))
        reply.header.rcode = RCODE.SERVFAIL
        return
    reply.header.rcode = getattr(RCODE, found.rcode)
    reply.header.aa = found.rcode != "REFUSED"
    reply.add_answer(*records)
    reply.add_auth(*authority)


def _packed(record: zones.Record) -> list[RR]:
    """A record as dnslib has it, from its zone-file form."""
    name = record.name if record.name.endswith(".") else f"{record.name}."
    return RR.fromZone(f"{name} {record.ttl} IN {record.type} {record.value}")

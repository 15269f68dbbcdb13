import socket
import struct

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.resolver
import pytest
from dnslib import DNSRecord
from hypothesis import given
from hypothesis import strategies as st
from ministack.core.responses import request_scope
from ministack.services import apigateway_v1, route53

from sandbox import config as configuration
from sandbox import dns as server
from sandbox import health, zones
from sandbox.clock import Clock

from .background import served

ADDRESSES = {"us-east-1": "127.0.1.1", "us-east-2": "127.0.2.1"}
GATEWAY = "d-{}.execute-api.{}.amazonaws.com"
SMALL = {"Name": "small.payments.example.com.", "Type": "A", "TTL": "5", "ResourceRecords": ["192.0.2.1"]}
MANY = {**SMALL, "Name": "many.payments.example.com.", "ResourceRecords": [f"192.0.2.{n}" for n in range(100)]}


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    plain = configuration.Config(dir=tmp_path_factory.mktemp("sandbox"), addresses=ADDRESSES)
    return configuration.with_free_ports(plain)


@pytest.fixture(scope="module", autouse=True)
def running(config):
    with served(lambda: server.serve(config)):
        yield


@pytest.fixture(autouse=True)
def state(config):
    """Route 53 and API Gateway as deploy.yml leaves them, in the production account."""
    account = config.accounts.production
    records = route53._default_records("payments.example.com.")
    for role, region in (("primary", "us-east-1"), ("secondary", "us-east-2")):
        failover = {"SetIdentifier": role, "Failover": role.upper(), "TTL": "60"}
        check = {"HealthCheckId": "calculated"} if role == "primary" else {}
        target = [GATEWAY.format(region[-1], region)]
        records.append(
            {"Name": "api.payments.example.com.", "Type": "CNAME", "ResourceRecords": target, **failover, **check}
        )
        beacon = {"Name": "beacon.payments.example.com.", "Type": "TXT", **failover, **check}
        records.append({**beacon, "ResourceRecords": ['"up"' if role == "primary" else '"down"']})
        with request_scope(account, region):
            apigateway_v1._domain_names["api.payments.example.com"] = {"regionalDomainName": target[0]}
    records += [SMALL, MANY]
    with request_scope(account, "us-east-1"):
        route53._zones["Z1"] = {"id": "Z1", "name": "payments.example.com.", "private": False}
        route53._zones["Z2"] = {"id": "Z2", "name": "internal.example.com.", "private": True}
        route53._records["Z1"] = records
        route53._records["Z2"] = route53._default_records("internal.example.com.")
        checks = {
            "calculated": {"Type": "CALCULATED", "ChildHealthChecks": ["endpoint"], "HealthThreshold": 1},
            "endpoint": {"Type": "HTTPS"},
        }
        for name, check in checks.items():
            route53._health_checks[name] = {"id": name, "config": check}
    yield
    route53.reset()
    apigateway_v1.reset()
    health.endpoints.clear()


def ask(config, name, kind, over=dns.query.udp, **options):
    query = dns.message.make_query(name, kind, **options)
    return over(query, config.host, port=config.dns_port, timeout=5)


def texts(answer):
    return [rrset.to_text() for rrset in answer.answer]


@pytest.mark.parametrize("over", [dns.query.udp, dns.query.tcp])
def test_the_apis_name_leads_to_the_address_of_the_region_that_serves(config, over):
    answer = ask(config, "api.payments.example.com", "A", over)
    assert texts(answer) == [
        f"api.payments.example.com. 60 IN CNAME {GATEWAY.format(1, 'us-east-1')}.",
        f"{GATEWAY.format(1, 'us-east-1')}. 60 IN A 127.0.1.1",
    ]
    assert answer.flags & dns.flags.AA
    assert not answer.flags & dns.flags.RA


def test_it_follows_the_health_check_from_one_question_to_the_next(config):
    health.endpoints["endpoint"] = False
    assert texts(ask(config, "api.payments.example.com", "A"))[1].endswith("A 127.0.2.1")
    assert texts(ask(config, "beacon.payments.example.com", "TXT")) == ['beacon.payments.example.com. 60 IN TXT "down"']
    health.endpoints["endpoint"] = True
    assert texts(ask(config, "beacon.payments.example.com", "TXT")) == ['beacon.payments.example.com. 60 IN TXT "up"']


def test_a_resolver_needs_no_other_server(config):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [config.host], config.dns_port
    assert [record.address for record in resolver.resolve("api.payments.example.com", "A")] == ["127.0.1.1"]


def test_the_zones_own_records(config):
    assert "ns-1.awsdns-1.com." in texts(ask(config, "payments.example.com", "NS"))[0]
    assert " SOA ns-1.awsdns-1.com. " in texts(ask(config, "payments.example.com", "SOA"))[0]


def test_the_case_of_the_question_is_kept(config):
    answer = ask(config, "Beacon.PAYMENTS.example.com", "TXT")
    assert texts(answer) == ['Beacon.PAYMENTS.example.com. 60 IN TXT "up"']


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [("gone.payments.example.com", "A", dns.rcode.NXDOMAIN), ("beacon.payments.example.com", "A", dns.rcode.NOERROR),
     (GATEWAY.format(9, "us-east-1"), "A", dns.rcode.NXDOMAIN)],
)  # fmt: skip
def test_negative_answers_say_how_long_they_hold(config, name, kind, rcode):
    answer = ask(config, name, kind)
    assert (answer.rcode(), answer.answer) == (rcode, [])
    assert [rrset.rdtype for rrset in answer.authority] == [dns.rdatatype.SOA]


@pytest.mark.parametrize("name", ["example.org", "payments.internal.example.com", "internal.example.com", "."])
def test_unknown_and_private_zones_are_refused(config, name):
    answer = ask(config, name, "A")
    assert answer.rcode() == dns.rcode.REFUSED
    assert not answer.flags & dns.flags.AA


def test_what_does_not_fit_is_truncated_and_complete_over_tcp(config):
    cut = ask(config, "many.payments.example.com", "A")
    assert cut.flags & dns.flags.TC
    assert cut.answer == []
    assert len(cut.to_wire()) <= 512
    assert len(ask(config, "many.payments.example.com", "A", dns.query.tcp).answer[0]) == 100
    wide = ask(config, "many.payments.example.com", "A", use_edns=0, payload=4096)
    assert not wide.flags & dns.flags.TC
    assert len(wide.answer[0]) == 100


def test_edns_is_answered_with_edns(config):
    assert ask(config, "small.payments.example.com", "A").edns == -1
    answer = ask(config, "small.payments.example.com", "A", use_edns=0, payload=1232)
    assert (answer.edns, answer.payload) == (0, 4096)
    newer = ask(config, "small.payments.example.com", "A", use_edns=1)
    assert (newer.rcode(), newer.answer) == (dns.rcode.BADVERS, [])


def test_what_is_not_a_plain_question_is_turned_down(config):
    status = dns.message.make_query("payments.example.com", "A")
    status.set_opcode(dns.opcode.STATUS)
    chaos = dns.message.make_query("version.bind", "TXT", rdclass="CH")
    none = dns.message.Message()
    codes = [dns.query.udp(q, config.host, port=config.dns_port, timeout=5).rcode() for q in (status, chaos)]
    assert codes == [dns.rcode.NOTIMP, dns.rcode.REFUSED]
    reply = DNSRecord.parse(server.respond(none.to_wire(), lambda name, kind: zones.Answer(), 512))
    assert reply.header.rcode == dns.rcode.FORMERR


def test_several_questions_over_one_connection(config):
    query = dns.message.make_query("small.payments.example.com", "A").to_wire()
    framed = struct.pack("!H", len(query)) + query
    with socket.create_connection((config.host, config.dns_port), timeout=5) as client:
        client.sendall(framed + framed)
        stream = client.makefile("rb")
        for _ in range(2):
            (length,) = struct.unpack("!H", stream.read(2))
            assert dns.message.from_wire(stream.read(length)).answer


def test_a_state_that_is_not_modelled_is_a_server_failure_that_names_it(config, caplog):
    with request_scope(config.accounts.production, "us-east-1"):
        route53._records["Z1"].append({**SMALL, "Name": "w.payments.example.com.", "Weight": 1, "SetIdentifier": "x"})
    assert ask(config, "w.payments.example.com", "A").rcode() == dns.rcode.SERVFAIL
    assert "Weight" in caplog.text


def test_a_zone_that_was_made_a_moment_ago_is_served(config):
    with request_scope(config.accounts.production, "us-east-1"):
        route53._zones["Z3"] = {"id": "Z3", "name": "new.test.", "private": False}
        route53._records["Z3"] = route53._default_records("new.test.")
    assert ask(config, "new.test", "SOA").rcode() == dns.rcode.NOERROR
    assert ask(config, "x.new.test", "A").rcode() == dns.rcode.NXDOMAIN


def test_a_port_that_is_taken_is_an_error(config):
    with pytest.raises(OSError, match="in use"), served(lambda: server.serve(config)):
        pass


QUERY = dns.message.make_query("small.payments.example.com", "A", use_edns=0).to_wire()


@given(st.one_of(st.binary(max_size=64), st.tuples(st.integers(0, len(QUERY) - 1), st.integers(0, 255))))
def test_no_packet_brings_it_down(change):
    if isinstance(change, tuple):
        position, byte = change
        change = QUERY[:position] + bytes([byte]) + QUERY[position + 1 :]
    reply = server.respond(change, lambda name, kind: zones.Answer("REFUSED"), 512)
    assert reply is None or (DNSRecord.parse(reply).header.qr and len(reply) <= 512)


def test_replies_are_never_replied_to():
    reply = bytes([QUERY[0], QUERY[1], QUERY[2] | 0x80]) + QUERY[3:]
    assert server.respond(reply, lambda name, kind: zones.Answer(), 512) is None


def test_ttls_hurry_with_the_clock_and_never_become_nothing(config):
    found = zones.Answer(records=[zones.Record("a", "A", 60, "192.0.2.1"), zones.Record("b", "A", 1, "192.0.2.2")])
    assert [one.ttl for one in server.hurried(found, Clock(1)).records] == [60, 1]
    assert [one.ttl for one in server.hurried(found, Clock(30)).records] == [2, 1]

"""Questions to real DNS servers on loopback."""

import socket
from concurrent.futures import ThreadPoolExecutor

import dns.resolver
import pytest
from ansible.module_utils.payments_dr import dns_query

from tests.unit.name_server import serving

API = "api.payments.example.com"
RECORDS = {
    (API, "CNAME"): (60, "d-shared.execute-api.us-east-1.amazonaws.com."),
    ("d-shared.execute-api.us-east-1.amazonaws.com", "A"): (60, "127.0.1.1"),
    ("beacon-us-east-1.payments.example.com", "TXT"): (30, '"up"'),
}


@pytest.fixture
def server():
    with serving(RECORDS) as address:
        yield address


def test_an_answer_says_everything(server):
    assert dns_query.ask(API, "CNAME", server) == {
        "name": API,
        "type": "CNAME",
        "server": server,
        "rcode": "NOERROR",
        "values": ["d-shared.execute-api.us-east-1.amazonaws.com"],
        "ttl_seconds": 60,
        "error": "",
    }


def test_texts_come_without_quotes(server):
    answer = dns_query.ask("beacon-us-east-1.payments.example.com", "TXT", server)
    assert (answer["values"], answer["ttl_seconds"]) == (["up"], 30)


def test_a_truncated_answer_is_asked_for_again_over_tcp():
    with serving(RECORDS, only_tcp=True) as server:
        assert dns_query.ask(API, "CNAME", server)["values"] == ["d-shared.execute-api.us-east-1.amazonaws.com"]


def test_a_name_that_does_not_exist_is_an_answer(server):
    answer = dns_query.ask("nobody.example.com", "CNAME", server)
    assert (answer["rcode"], answer["values"], answer["error"]) == ("NXDOMAIN", [], "")


def test_silence_is_an_error_within_the_time_out():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{deaf.getsockname()[1]}"
        answer = dns_query.ask(API, "CNAME", server, timeout=0.2)
    assert answer["error"].startswith(f"no answer from {server}: ")
    assert (answer["rcode"], answer["ttl_seconds"]) == ("", None)


@pytest.fixture
def system_resolver(monkeypatch):
    """Whom dnspython asks where nobody is named; None is a machine without resolvers."""

    def use(server):
        resolver = dns.resolver.Resolver(configure=False)
        if server:
            host, _, port = server.partition(":")
            resolver.nameservers, resolver.port = [host], int(port)
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)

    return use


def test_the_systems_resolvers_name_a_zones_servers(system_resolver):
    with serving({("example.com", "NS"): (60, "ns-2.example.org.", "ns-1.example.org.")}) as server:
        system_resolver(server)
        assert dns_query.name_servers("example.com") == ["ns-1.example.org", "ns-2.example.org"]
        with pytest.raises(OSError, match="no NS of payments.example.net: .*does not exist"):
            dns_query.name_servers("payments.example.net")


def test_a_machine_without_resolvers_says_so(system_resolver):
    system_resolver(None)
    with pytest.raises(OSError, match="resolvers know no NS of payments.example.com"):
        dns_query.name_servers("payments.example.com", 0.2)


def test_an_answer_that_is_damaged_is_none():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar:
        liar.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{liar.getsockname()[1]}"
        with ThreadPoolExecutor() as pool:
            asked = pool.submit(dns_query.ask, API, "CNAME", server, 1.0)
            question, place = liar.recvfrom(512)
            liar.sendto(question[:2] + b"\x80\x00" + question[4:6] + b"\0\1\0\0\0\0" + b"\xc0\x0c", place)
            answer = asked.result()
    assert answer["error"].startswith(f"no answer from {server}: ")


def test_an_address_may_hide_behind_an_alias(server):
    assert dns_query.addresses(API, [server]) == ["127.0.1.1"]


def test_a_chain_is_as_young_as_its_youngest_link():
    records = {("a.example", "CNAME"): (30, "b.example."), ("b.example", "A"): (60, "127.0.2.1", "127.0.1.1")}
    with serving(records) as server:
        assert dns_query.follow("a.example", server) == (["127.0.1.1", "127.0.2.1"], 30)
        assert dns_query.follow("b.example", server)[1] == 60
        assert dns_query.follow("nobody.example", server)[0] == []


def test_an_address_that_nobody_knows_names_who_was_asked(server):
    with pytest.raises(OSError, match=f"{server} know no address of nobody.example.com"):
        dns_query.addresses("nobody.example.com", [server])


def test_without_servers_the_system_resolves():
    assert dns_query.addresses("localhost", []) == ["127.0.0.1"]


def test_aliases_in_a_circle_have_no_address():
    with (
        serving({("a.example", "CNAME"): (60, "b.example."), ("b.example", "CNAME"): (60, "a.example.")}) as server,
        pytest.raises(OSError, match="know no address"),
    ):
        dns_query.addresses("a.example", [server])

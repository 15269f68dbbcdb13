"""A client that resolves by itself, over real TLS and real DNS on loopback."""

import pytest
from ansible.module_utils.payments_dr.payments_client import FAILURES, Client, Resolver

from tests.unit import name_server, payment_server

HOST = "api.payments.example.com"
PAYMENT = {"amount": 100, "currency": "EUR", "reference": "r-1"}


@pytest.fixture
def records():
    return {
        (HOST, "CNAME"): (60, "d-1.example.net."),
        ("d-1.example.net", "A"): (5, "127.0.0.1"),
        ("d-2.example.net", "A"): (5, "127.0.0.2"),
    }


@pytest.fixture
def servers(records):
    with name_server.serving(records) as server:
        yield [server]


def test_an_address_is_forgotten_when_the_shortest_ttl_of_the_chain_has_passed(records, servers):
    now = [100.0]
    resolver = Resolver(servers, now=lambda: now[0])
    assert resolver.address(HOST) == "127.0.0.1"
    records[HOST, "CNAME"] = (60, "d-2.example.net.")
    now[0] += 4.9
    assert resolver.address(HOST) == "127.0.0.1"
    now[0] += 0.2
    assert resolver.address(HOST) == "127.0.0.2"


def test_a_name_that_nobody_knows_is_an_os_error_that_says_who_was_asked(servers):
    with pytest.raises(OSError, match=f"{servers[0]} know no address of nowhere.example.com"):
        Resolver(servers).address("nowhere.example.com")


def test_one_connection_serves_many_payments_and_a_retry_is_charged_once(authority, ca_file, servers):
    ledger = payment_server.Ledger()
    with payment_server.serving(authority, HOST, ledger) as port:
        client = Client(HOST, port, ca_file, servers)
        first = client.pay("k-1", PAYMENT)
        connection = client._connection
        again = client.pay("k-1", PAYMENT)
        assert client._connection is connection
        client.close()
    assert (first.status, first.address) == (201, "127.0.0.1")
    assert first.body == again.body
    assert len(ledger.payments) == 1


@pytest.mark.parametrize("mood", payment_server.REFUSALS)
def test_after_a_refusal_the_next_request_goes_where_dns_leads_now(authority, ca_file, records, servers, mood):
    """A region that a failover has fenced turns its clients away for ever: they must not stay."""
    sick, well = payment_server.Ledger("us-east-1"), payment_server.Ledger("us-east-2")
    sick.mood = lambda number: mood
    records["d-1.example.net", "A"] = (0, "127.0.0.1")
    with (
        payment_server.serving(authority, HOST, sick) as port,
        payment_server.serving(authority, HOST, well, address="127.0.0.2", port=port),
    ):
        client = Client(HOST, port, ca_file, servers)
        assert client.pay("k-1", PAYMENT).status == payment_server.REFUSALS[mood]
        records[HOST, "CNAME"] = (60, "d-2.example.net.")
        answer = client.pay("k-1", PAYMENT)
        client.close()
    assert (answer.status, answer.address, answer.body["region"]) == (201, "127.0.0.2", "us-east-2")


def test_a_lost_answer_is_a_failure_and_the_connection_is_made_again(authority, ca_file, servers):
    ledger = payment_server.Ledger()
    ledger.mood = lambda number: "charge and hang up" if number == 1 else None
    with payment_server.serving(authority, HOST, ledger) as port:
        client = Client(HOST, port, ca_file, servers)
        with pytest.raises(FAILURES):
            client.pay("k-1", PAYMENT)
        assert client.pay("k-1", PAYMENT).status == 201
        client.close()
    assert len(ledger.payments) == 1


def test_a_server_of_another_name_is_not_talked_to(authority, ca_file, servers):
    with (
        payment_server.serving(authority, "another.example.com", payment_server.Ledger()) as port,
        pytest.raises(OSError, match="Hostname mismatch"),
    ):
        Client(HOST, port, ca_file, servers).pay("k-1", PAYMENT)

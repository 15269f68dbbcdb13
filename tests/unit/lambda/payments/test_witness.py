"""Where public DNS leads, asked of servers that say so, lie, or are silent."""

import socket
import time

import pytest

from tests.unit.name_server import serving

NAME, HERE, THERE = "api.payments.example.com", "d-1.execute-api.example.com", "d-2.execute-api.example.com"


@pytest.fixture(scope="module")
def witness(package):
    return package("witness")


@pytest.fixture
def silent():
    """A server that takes questions and answers none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{one.getsockname()[1]}"


@pytest.mark.parametrize(("target", "said"), [(HERE, True), (f"{HERE.upper()}.", True), (THERE, False)])
def test_the_alias_says_whose_the_name_is(witness, target, said):
    with serving({(NAME, "CNAME"): (60, target.lower().rstrip(".") + ".")}) as server:
        assert witness.Witness(f"{NAME}.", HERE, [server]).names_us() is said


def test_a_name_that_is_no_alias_says_nothing(witness):
    with serving({(NAME, "A"): (60, "127.0.0.1")}) as server:
        assert witness.Witness(NAME, HERE, [server]).names_us() is None


def test_servers_are_asked_in_turn_and_all_of_them_briefly(witness, silent):
    with serving({(NAME, "CNAME"): (60, f"{HERE}.")}) as server:
        assert witness.Witness(NAME, HERE, [silent, server]).names_us() is True
    started = time.monotonic()
    assert witness.Witness(NAME, HERE, [silent] * 20).names_us() is None
    assert time.monotonic() - started < witness.PATIENCE + witness.ONE + 0.9


def test_a_server_without_an_address_is_no_witness(witness):
    assert witness.Witness(NAME, HERE, ["ns.invalid"]).names_us() is None


def test_without_servers_the_resolver_is_asked(witness, monkeypatch):
    import dns.resolver

    asked = []

    def resolve(name, kind, lifetime):
        asked.append((name, kind))
        raise dns.resolver.NXDOMAIN

    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    assert witness.Witness(NAME, HERE, []).names_us() is None
    assert asked == [(f"{NAME}.", "CNAME")]


@pytest.mark.parametrize("first", [HERE, OSError("silent")])
def test_what_it_says_holds_for_two_seconds(witness, monkeypatch, first):
    answers, clock = [first, THERE], [1000.0]
    monkeypatch.setattr("time.time", lambda: clock[0])

    def look(name, servers):
        said = answers.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    one = witness.Witness(NAME, HERE, [], look)
    expected = True if first == HERE else None
    assert one.names_us() is expected
    clock[0] += witness.HOLDS - 0.1
    assert one.names_us() is expected
    clock[0] += 0.1
    assert one.names_us() is False

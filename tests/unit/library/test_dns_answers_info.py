"""Where names lead, asked of every server, of which some may not answer."""

import dns_answers_info
import pytest

from tests.unit.library.running import run, undocumented
from tests.unit.name_server import serving

NAME, GATEWAY = "api.payments.example.com", "d-east.execute-api.us-east-1.amazonaws.com"
OPTIONS = {"names": [NAME], "zone_name": "payments.example.com"}


@pytest.fixture
def server():
    with serving({(NAME, "CNAME"): [60, f"{GATEWAY}."]}) as address:
        yield address


def ask(**options):
    result = run(dns_answers_info, {**OPTIONS, **options}, aws=False)
    assert undocumented(dns_answers_info, result) == []
    assert result["changed"] is False
    return result["answers"]


def test_every_server_is_asked_once(server):
    found = ask(dns_servers=[server], resolvers=[server])
    assert [(one["server"], one["values"], one["ttl_seconds"]) for one in found] == [(server, [GATEWAY], 60)]


def test_a_silent_server_is_an_answer(server):
    found = ask(dns_servers=[server], resolvers=["127.0.0.1:1"], timeout_seconds=0.5)
    assert [bool(one["error"]) for one in found] == [False, True]


def test_resolvers_are_asked_when_nobody_names_the_zones_servers(server, monkeypatch):
    def unnamed(zone, timeout):
        raise OSError("nobody answers")

    monkeypatch.setattr(dns_answers_info.dns_query, "name_servers", unnamed)
    found = ask(resolvers=[server])
    assert [one["server"] for one in found] == [server, ""]
    assert "does not name the servers of payments.example.com" in found[1]["error"]

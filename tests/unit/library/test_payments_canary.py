"""The canary as a playbook asks for it, against an API on loopback."""

import payments_canary
import pytest

from tests.unit.library.running import run, undocumented
from tests.unit.name_server import serving as name_server
from tests.unit.payment_server import Ledger, serving

HOST = "api.example.com"


@pytest.fixture
def api(authority, ca_file):
    """(ledger, the module's options)."""
    ledger = Ledger()
    with serving(authority, HOST, ledger) as port, name_server({(HOST, "A"): (60, "127.0.0.1")}) as dns:
        yield ledger, {"address": HOST, "api_port": port, "api_ca_file": ca_file, "dns_servers": [dns]}


def test_one_payment_is_made_and_told(api):
    ledger, options = api
    result = run(payments_canary, options, aws=False)
    assert undocumented(payments_canary, result) == []
    assert (result["changed"], result["region"], result["address"]) == (True, "us-east-1", "127.0.0.1")
    assert list(ledger.payments) == [result["key"]]


def test_a_lost_answer_does_not_charge_twice(api):
    ledger, options = api
    ledger.mood = lambda number: "charge and hang up" if number == 1 else None
    result = run(payments_canary, {**options, "wait_timeout_seconds": 10}, aws=False)
    assert (result["tries"], len(ledger.payments)) == (2, 1)


def test_without_patience_the_first_refusal_is_the_answer(api):
    ledger, options = api
    ledger.mood = lambda number: "refuse"
    result = run(payments_canary, options, aws=False)
    assert result["failed"] and "Last seen: 503" in result["msg"]


def test_nothing_is_paid_in_check_mode(api):
    ledger, options = api
    result = run(payments_canary, options, check_mode=True, aws=False)
    assert undocumented(payments_canary, result) == []
    assert (result["changed"], ledger.requests) == (True, 0)


def test_authorities_that_cannot_be_read_are_named(tmp_path):
    options = {"address": HOST, "api_ca_file": str(tmp_path / "no.pem"), "wait_timeout_seconds": 60}
    assert f"api_ca_file: {tmp_path}/no.pem" in run(payments_canary, options, aws=False)["msg"]

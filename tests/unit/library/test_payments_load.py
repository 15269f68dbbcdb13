"""Load against a payment API that refuses, hangs up and recovers; and what the readers of its file make of it."""

import threading
import time

import payments_load
import payments_load_info
import pytest

from tests.unit import name_server, payment_server
from tests.unit.library.running import run, undocumented

HOST = "api.payments.example.com"


@pytest.fixture
def ledger():
    return payment_server.Ledger()


@pytest.fixture
def api(authority, ca_file, ledger, tmp_path):
    """The options that lead to a served ledger."""
    with (
        name_server.serving({(HOST, "A"): (1, "127.0.0.1")}) as server,
        payment_server.serving(authority, HOST, ledger, page_size=7) as port,
    ):
        yield {
            "api_name": HOST,
            "dns_servers": [server],
            "api_port": port,
            "api_ca_file": ca_file,
            "path": str(tmp_path / "payments.jsonl"),
        }


@pytest.fixture
def load(api, tmp_path):
    return {**api, "name": "unit", "stop_file": str(tmp_path / "stop"), "clients": 3, "rate": 60.0}


def test_what_was_charged_without_an_answer_is_neither_lost_nor_doubled(api, load, ledger):
    moods = {5: "refuse", 9: "charge and hang up", 10: "refuse"}
    ledger.mood = moods.get
    began = time.time()
    result = run(payments_load, {**load, "max_seconds": 4}, aws=False)
    assert result["acknowledged"] == result["payments"] == len(ledger.payments) > 20
    found = run(payments_load_info, {**api, "ledger": True}, aws=False)
    assert (found["proof"]["lost"], found["proof"]["doubled"]) == ([], [])
    assert found["proof"]["acknowledged"] == found["served_since"] == result["acknowledged"]
    assert [move["region"] for move in found["moves"]] == ["us-east-1"]
    assert undocumented(payments_load, result) == []
    found = run(payments_load_info, {**api, "ledger": True, "since": began + 2}, aws=False)
    wrong = undocumented(payments_load_info, found)
    assert not wrong, "\n".join(wrong)


def test_what_the_ledger_forgot_is_lost_and_what_it_has_twice_is_doubled(api, load, ledger):
    run(payments_load, {**load, "max_seconds": 1}, aws=False)
    keys = list(ledger.payments)
    forgotten = ledger.payments.pop(keys[3])
    twin = ledger.payments[keys[5]]
    ledger.payments["another key"] = {**twin, "id": "00000000-0000-4000-8000-000000000000"}
    proof = run(payments_load_info, {**api, "ledger": True, "since": time.time()}, aws=False)["proof"]
    assert [lost["id"] for lost in proof["lost"]] == [forgotten["id"]]
    assert proof["doubled"] == [twin["reference"]]
    assert proof["rpo_seconds"] > 0


def test_the_stop_file_ends_it_and_an_outage_shows_as_an_interruption(api, load, ledger, tmp_path):
    broken = threading.Event()
    ledger.mood = lambda number: "refuse" if broken.is_set() else None
    worker = threading.Thread(target=run, args=(payments_load, load), kwargs={"aws": False})
    worker.start()
    wait_until(lambda: len(ledger.payments) > 10)
    began = time.time()
    broken.set()
    time.sleep(1.5)  # the outage itself
    broken.clear()
    wait_until(lambda: run(payments_load_info, {**api, "since": began}, aws=False)["served_since"] > 10)
    (tmp_path / "stop").touch()
    worker.join(10)
    assert not worker.is_alive()
    silence = run(payments_load_info, {**api, "since": began}, aws=False)["interruption"]
    assert 1.4 < silence["seconds"] < 4
    assert silence["last_before"] < began + 0.5 < silence["first_after"]


def wait_until(holds):
    ends = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_check_mode_pays_nothing(load, ledger):
    assert run(payments_load, load, check_mode=True, aws=False)["changed"] is False
    assert ledger.payments == {}


@pytest.mark.parametrize(("option", "value"), [("clients", 0), ("clients", 65), ("rate", 0), ("max_seconds", 0)])
def test_limits_are_told(load, option, value):
    assert run(payments_load, {**load, option: value}, aws=False)["msg"].startswith(f"{option}: ")


def test_files_that_cannot_be_read_are_told(api, load):
    assert "could not run" in run(payments_load, {**load, "api_ca_file": "/nowhere/ca.pem"}, aws=False)["msg"]
    assert "/nowhere/x" in run(payments_load_info, {**api, "path": "/nowhere/x"}, aws=False)["msg"]

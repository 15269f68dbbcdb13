"""Runs the modules of a recovery against regions in memory."""

import json

import pytest
from ansible.module_utils.payments_dr import observe as looking

from tests.unit.library.running import run
from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, OHIO
from tests.unit.module_utils.fake_aws import World


def answer(status, region, code="ok"):
    """What ask_health says of a region."""
    body = {"status": code, "region": region} if status == 200 else {"code": code, "region": region}
    return {"status_code": status, "body": body, "connect_ms": 1, "answer_ms": 2, "error": ""}


@pytest.fixture
def world(monkeypatch):
    """us-east-1 is active and well, us-east-2 its standby."""
    found = World()
    found.health = {EAST: answer(200, EAST), OHIO: answer(503, OHIO, "standby")}
    found.beacons = {EAST: "up", OHIO: "down"}
    monkeypatch.setattr(looking, "addresses", lambda host, servers: ["192.0.2.1"])
    monkeypatch.setattr(looking, "ask_health", lambda host, *_, **__: found.health[host.split(".")[0][4:]])
    monkeypatch.setattr(
        looking, "ask", lambda name, *_: {"values": [found.beacons[name.split(".")[0][7:]]], "error": ""}
    )
    return found


def lose(world, region=EAST):
    """The region goes dark, and Route 53 has noticed."""
    world.regions[region].dark = True
    world.health[region] = {"status_code": None, "body": {}, "error": "connection refused"}
    world.beacons[region] = "down"


def run_in(world, monkeypatch, module, check_mode=False, **options):
    """The module's result, with the world for AWS and its clock for time; it can always be given to Ansible as JSON."""
    if hasattr(module, "clients"):
        monkeypatch.setattr(module, "clients", lambda _: world.clients)
    if hasattr(module, "client"):
        monkeypatch.setattr(
            module, "client", lambda asked, service, patience=None: world.clients(service, asked.region, patience)
        )
    if hasattr(module, "Clock"):
        monkeypatch.setattr(module, "Clock", lambda: world.time.clock)
    result = run(module, {"region": OHIO, **options}, check_mode=check_mode)
    json.dumps(result)
    return result


def document():
    return deployed.document()

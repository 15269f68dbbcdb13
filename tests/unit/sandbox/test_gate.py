"""The gate in front of the emulator: its own paths, and which requests count as a change."""

import asyncio
import json

import pytest

from sandbox import server
from sandbox.server import Gate


async def emulator(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})


def request(gate, path, **headers):
    """Send one request through the gate; return the messages of its answer."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "path": path,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(gate(scope, None, send))
    return sent


@pytest.fixture
def gate():
    return Gate(emulator, {"/_sandbox/own": lambda: {"pid": 7}})


def test_its_own_paths_are_answered_and_count_for_nothing(gate):
    start, body = request(gate, "/_sandbox/own")
    assert (start["status"], json.loads(body["body"])) == (200, {"pid": 7})
    assert gate.requests == 0


def test_all_else_goes_to_the_emulator_and_counts(gate):
    assert request(gate, "/", user_agent="Boto3/1.40")[0]["status"] == 418
    assert gate.requests == 1


def test_a_checkers_look_reaches_the_emulator_but_changes_nothing(gate):
    agent = "Amazon-Route53-Health-Check-Service (ref 1; report http://amzn.to/1vsZADi)"
    assert request(gate, "/health", user_agent=agent)[0]["status"] == 418
    assert gate.requests == 0


@pytest.mark.parametrize(("named", "written"), [((), {"rds", "logs"}), (("rds",), {"rds"})], ids=["all", "one"])
def test_what_is_not_named_is_not_even_asked_for_its_state(monkeypatch, named, written):
    """Hours of logs and metrics take long to write, and everything waits for it."""
    from ministack import app
    from ministack.core import persistence

    found, asked = {}, []
    states = {name: lambda name=name: asked.append(name) or {} for name in ("rds", "logs")}
    monkeypatch.setattr(app, "_build_persistence_save_dict", lambda: states)
    monkeypatch.setattr(persistence, "save_state", lambda service, data: found.update({service: data}))
    server.save_state(*named)
    assert set(found) == set(asked) == written

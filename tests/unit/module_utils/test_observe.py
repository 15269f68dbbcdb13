"""What a region sees of both, from its own APIs, DNS and the API's addresses alone."""

import threading

import pytest
from ansible.module_utils.payments_dr import observe as looking
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.observation import Probe
from ansible.module_utils.payments_dr.observe import Reach, checkers, observe, probe

from tests.unit.module_utils.deployed import EAST, OHIO, ZONE
from tests.unit.module_utils.fake_aws import FENCES, PARAMETER, START, World, topology
from tests.unit.name_server import serving

REACH = Reach(("127.0.0.1:9",))


def said(status, body):
    return {"status_code": status, "body": body, "connect_ms": 1, "answer_ms": 2, "error": ""}


@pytest.fixture
def world(monkeypatch):
    """us-east-1 is active and well, us-east-2 looks."""
    world = World()
    world.health = {
        EAST: said(200, {"status": "ok", "region": EAST}),
        OHIO: said(503, {"code": "standby", "status": 503, "region": OHIO}),
    }
    world.beacons, world.tries = {EAST: ["up"], OHIO: ["down"]}, {}
    monkeypatch.setattr(looking, "addresses", lambda host, servers: ["192.0.2.1"])

    def look_at_health(host, address, port, ca_file, tries, patience):
        region = host.split(".")[0][4:]
        world.tries[region] = tries
        return world.health[region]

    monkeypatch.setattr(looking, "ask_health", look_at_health)
    monkeypatch.setattr(
        looking,
        "ask",
        lambda name, kind, server: {"values": world.beacons[name.split(".")[0].removeprefix("beacon-")], "error": ""},
    )
    return world


def look(world, here=OHIO, history=()):
    return observe(world.clients, topology(), here, REACH, world.time.clock, history)


def test_a_well_standby_sees_everything_and_has_no_excuse(world):
    seen = look(world)
    assert seen.errors == {}
    assert (seen.here, seen.peer, seen.active, seen.standby) == (OHIO, EAST, EAST, OHIO)
    assert (seen.mode, seen.checkers, seen.own_checkers) == ("automatic", "up", "down")
    assert (seen.switch_on, seen.fenced) == (False, False)
    assert (seen.target.status, seen.target.available_instances) == ("available", 2)
    assert seen.target.engine_version == seen.active_engine_version == "17.7"
    assert (seen.lag.milliseconds, seen.synchronization, seen.handover) == (84.0, "connected", None)
    assert seen.probes[-1].ok and seen.own_probe.standby
    assert seen.now == START
    assert world.tries == {EAST: 1, OHIO: 3}, "our own function may have to start first"


@pytest.mark.parametrize("here", [EAST, OHIO])
def test_no_api_of_the_other_region_is_called_and_nothing_is_changed(world, here):
    world.regions[EAST if here == OHIO else OHIO].dark = True
    assert look(world, here).errors == {}
    assert {region for region, _ in world.calls} == {here}
    assert world.changes() == []


def test_a_glance_sees_what_clients_and_checkers_see_and_asks_no_api(world):
    seen = looking.glance(topology(), EAST, REACH, world.time.clock)
    assert (seen.ok, seen.checkers, seen.at) == (True, "up", START)
    assert world.calls == []
    world.health[EAST], world.beacons[EAST] = said(None, {}), []
    seen = looking.glance(topology(), EAST, REACH, world.time.clock)
    assert (seen.ok, seen.checkers) == (False, "unknown")


def test_what_is_dark_is_unknown_and_explained(world, monkeypatch):
    def nobody(*_):
        raise OSError("nobody answers")

    monkeypatch.setattr(looking, "addresses", nobody)
    world.regions[OHIO].dark = True
    world.beacons[EAST] = []
    seen = look(world)
    assert (seen.active, seen.standby, seen.target, seen.lag, seen.handover) == ("", "", None, None, None)
    assert (seen.mode, seen.checkers, seen.switch_on, seen.fenced) == ("", "unknown", None, None)
    assert (seen.probes[-1].ok, seen.probes[-1].status) == (False, None)
    assert "nobody answers" in seen.probes[-1].detail
    assert set(seen.errors) >= {"global_cluster", "mode", "fenced", "switch_on", "checkers"}


def test_what_the_checkers_think_of_the_region_itself_may_be_unknown_too(world):
    world.beacons[OHIO] = []
    seen = look(world)
    assert (seen.checkers, seen.own_checkers) == ("up", "unknown")
    assert set(seen.errors) == {"own_checkers"}


@pytest.mark.parametrize(
    ("operation", "subject", "field"),
    [
        ("describe_global_clusters", "global_cluster", "active"),
        ("describe_db_clusters", "target", "target"),
        ("describe_db_instances", "target", "target"),
        ("describe_alarms", "switch_on", "switch_on"),
    ],
)
def test_each_refusal_leaves_one_thing_unknown(world, operation, subject, field):
    world.failures[OHIO, operation] = [AwsFailure("not allowed", "AccessDenied")]
    seen = look(world)
    assert seen.errors == {subject: "not allowed"}
    assert not getattr(seen, field)


@pytest.mark.parametrize(("parameter", "subject"), [(PARAMETER, "mode"), (FENCES, "fenced")])
def test_each_parameter_that_cannot_be_read_leaves_one_thing_unknown(world, parameter, subject):
    world.regions[OHIO].parameters[parameter] = "broken"
    seen = look(world)
    assert set(seen.errors) == {subject} and f"parameter {parameter} in {OHIO}: not JSON" in seen.errors[subject]
    assert not getattr(seen, subject)


def test_a_region_that_cannot_be_signed_in_to_is_unknown_not_an_exception(world):
    def refuse(service, region, patience):
        raise AwsFailure("no credentials", "NoCredentials")

    seen = observe(refuse, topology(), OHIO, REACH, world.time.clock)
    assert seen.active == "" and set(seen.errors) == {"global_cluster", "mode", "fenced", "epoch", "switch_on"}
    assert seen.probes[-1].ok


def test_all_looks_are_side_by_side(world, monkeypatch):
    meeting = threading.Barrier(4, timeout=5)

    def slow_addresses(host, servers):
        meeting.wait()  # both probes, and both beacons, have to be here at once
        return ["192.0.2.1"]

    def slow_ask(name, kind, server):
        meeting.wait()
        return {"values": ["up"], "error": ""}

    monkeypatch.setattr(looking, "addresses", slow_addresses)
    monkeypatch.setattr(looking, "ask", slow_ask)
    assert look(world).checkers == "up"


def test_the_lag_is_the_one_before_the_outage(world):
    world.regions[OHIO].lags = [(80.0, START - 300), (90.0, START - 120), (120_000.0, START - 30)]
    world.health[EAST] = said(500, {})
    world.beacons[EAST] = ["down"]
    failed = [Probe(START - seconds, False, "HTTP 500", 0.1, 500, checkers="down") for seconds in (100, 50)]
    seen = look(world, history=failed)
    assert seen.lag.milliseconds == 90.0
    assert seen.probes[:2] == tuple(failed)
    assert seen.probes[2].checkers == "down"


def test_a_handover_under_way_is_seen(world):
    world.begin("failover", OHIO)
    assert look(world).handover.target_region == OHIO


def test_without_a_writer_nobody_is_active(world):
    world.writer = None
    seen = look(world)
    assert (seen.active, seen.standby) == ("", "")
    assert "has 0 writers" in seen.errors["global_cluster"]


def test_a_cluster_that_was_detached_is_no_standby(world):
    world.detached = {OHIO}
    seen = look(world)
    assert (seen.active, seen.standby, seen.synchronization, seen.target) == (EAST, "", "", None)
    assert seen.errors["target"] == f"{OHIO} has no cluster in the global database"


def test_a_fence_of_the_peer_is_remembered_here(world):
    world.regions[OHIO].parameters[FENCES] = '{"us-east-1": null}'
    assert look(world).fenced is True
    world.regions[OHIO].parameters[FENCES] = '{"us-east-2": 20}'
    assert look(world).fenced is False


@pytest.mark.parametrize(("alarm", "points", "on"), [("ALARM", [], True), ("OK", [(1.0, START - 5)], True)])
def test_the_switch_is_on_as_soon_as_it_was_said(world, alarm, points, on):
    world.regions[OHIO].alarm, world.regions[OHIO].said = alarm, points
    assert look(world).switch_on is on


@pytest.mark.parametrize(
    ("answer", "ok", "detail"),
    [
        (said(200, {"status": "ok", "region": EAST}), True, "ok"),
        (said(200, {"status": "ok", "region": OHIO}), False, f"200 from {OHIO}"),
        (said(200, {}), False, "HTTP 200"),
        (said(503, {"code": "database-unreachable", "region": EAST}), False, "database-unreachable"),
        (said(500, {}), False, "HTTP 500"),
    ],
)
def test_only_the_region_s_own_yes_is_a_yes(world, answer, ok, detail):
    world.health[EAST] = answer
    found = probe(topology(), EAST, REACH, world.time.clock)
    assert (found.ok, found.detail, found.status) == (ok, detail, answer["status_code"])


BEACON = f"beacon-{EAST}.{ZONE}"


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        ([{(BEACON, "TXT"): (60, '"up"')}], "up"),
        ([{(BEACON, "TXT"): (60, '"down"')}] * 2, "down"),
        ([{(BEACON, "TXT"): (60, '"down"')}, {(BEACON, "TXT"): (60, '"up"')}], "the servers differ"),
        ([{(BEACON, "TXT"): (60, '"maybe"')}], "the servers differ"),
        ([{}], f"has no {BEACON}"),
    ],
)
def test_the_beacon_is_what_all_servers_that_answer_say(servers, told):
    with serving(servers[0]) as one, serving(servers[-1]) as two:
        reach = Reach((one, two, "127.0.0.1:9"))
        if told in ("up", "down"):
            assert checkers(topology(), EAST, reach) == told
            return
        with pytest.raises(OSError, match=told):
            checkers(topology(), EAST, reach)


def test_who_waits_at_a_screen_has_less_patience_than_a_checker(monkeypatch):
    given = []

    def ask_health(*arguments):
        given.append(arguments[-1])
        return said(503, {"code": "standby", "region": OHIO})

    monkeypatch.setattr(looking, "addresses", lambda host, servers: ["192.0.2.1"])
    monkeypatch.setattr(looking, "ask_health", ask_health)
    for reach in (Reach(), Reach(connect_seconds=2.0)):
        probe(topology(), OHIO, reach, looking.Clock())
    assert given == [None, 2.0]

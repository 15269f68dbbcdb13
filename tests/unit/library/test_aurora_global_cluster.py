"""Moving the writer, as a playbook asks for it: guarded, predicted, done once."""

import aurora_global_cluster
import pytest

from tests.unit.library.recovering import answer, document, lose, run_in
from tests.unit.library.running import undocumented
from tests.unit.module_utils.deployed import EAST, OHIO, TAIL

BEFORE = {"active": EAST, "standby": OHIO, "handover": None}
AFTER = {"active": OHIO, "standby": EAST, "handover": None}


@pytest.fixture
def move(world, monkeypatch):
    def asked(state="failed_over", check_mode=False, **options):
        given = {
            "global_cluster": f"aurora-global-{TAIL}",
            "target_region": OHIO,
            "topology": document(),
            "dns_servers": ["x"],
        }
        return run_in(world, monkeypatch, aurora_global_cluster, check_mode, state=state, **{**given, **options})

    return asked


def test_everything_that_is_documented_comes_back(world, move):
    lose(world)
    result = move()
    assert undocumented(aurora_global_cluster, {key: result[key] for key in result if key != "diff"}) == []
    assert (result["changed"], result["action"], result["outcome"]) == (True, "promote", "done")
    assert (result["before"], result["after"]) == (BEFORE, AFTER)
    assert result["diff"] == {"before": BEFORE, "after": AFTER}
    assert result["predicted_loss_ms"] > 0
    assert result["timeline"][-1]["what"] == f"{OHIO} holds the writer after a failover"


def test_a_failover_needs_the_surviving_region_only(world, move):
    lose(world)
    assert move()["changed"]
    assert {region for region, _ in world.calls} == {OHIO}


def test_check_mode_predicts_and_touches_nothing(world, move):
    lose(world)
    result = move(check_mode=True)
    assert (result["changed"], result["action"], result["outcome"]) == (True, "promote", "nothing")
    assert (result["after"], result["seconds"]) == (AFTER, 0.0)
    assert world.changes() == []


def test_a_healthy_region_is_not_failed_over_from(world, move):
    result = move()
    assert result["failed"] and result["msg"].startswith(f"Refused: {OHIO} is not promoted")
    assert result["after"] == BEFORE
    assert {guard["name"] for guard in result["guards"] if not guard["holds"]} == {"silence", "checkers"}
    assert world.changes() == []


def test_a_refusal_in_check_mode_is_an_answer(move):
    result = move(check_mode=True)
    assert "failed" not in result
    assert (result["changed"], result["action"], result["after"]) == (False, "refuse", BEFORE)


def test_a_person_may_waive_guards_by_name(world, move):
    lose(world)
    world.beacons[EAST] = "up"
    assert move()["failed"]
    result = move(override=["checkers"])
    assert result["changed"]
    assert "waived: checkers" in result["reason"]


@pytest.mark.parametrize("name", ["target-instance", "standby", "chekers"])
def test_what_may_not_be_waived_is_named(world, move, name):
    lose(world)
    assert f"override: {name}" in move(override=[name])["msg"]
    assert world.changes() == []


def test_a_switchover_loses_nothing(world, move):
    result = move("switched_over")
    assert (result["changed"], result["outcome"], result["predicted_loss_ms"]) == (True, "done", 0)
    assert world.changes() == [(EAST, "switchover_global_cluster")]


def test_a_switchover_away_from_a_dead_region_is_refused(world, move):
    lose(world)
    assert "a dead region needs a failover" in move("switched_over")["msg"]
    assert world.moves == []


@pytest.mark.parametrize("state", ["failed_over", "switched_over"])
def test_the_second_run_finds_it_done(world, move, state):
    if state == "failed_over":
        lose(world)
    move(state)
    world.calls.clear()
    result = move(state)
    assert (result["changed"], result["action"], result["outcome"]) == (False, "stay", "already")
    assert result["before"] == result["after"] == AFTER
    assert world.changes() == []


def test_a_run_that_was_interrupted_is_taken_up(world, move):
    lose(world)
    assert move(wait=False)["outcome"] == "begun"
    result = move()
    assert (result["action"], result["outcome"], result["after"]) == ("follow", "joined", AFTER)
    assert len(world.moves) == 1


def test_a_move_to_the_other_side_is_not_disturbed(world, move):
    world.writer = OHIO
    world.begin("switchover", EAST)
    world.writer = EAST
    assert f"a switchover to {EAST} is under way" in move()["msg"]


def test_a_deadline_is_a_failure_that_says_how_far_it_came(world, move):
    lose(world)
    result = move(wait_timeout_seconds=10)
    assert result["failed"] and "Waited 10 s for the failover to us-east-2" in result["msg"]
    assert (result["action"], result["changed"]) == ("promote", False)
    assert result["timeline"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"global_cluster": "aurora-global-prod-a1"}, f"global_cluster: expected aurora-global-{TAIL}, found"),
        ({"target_region": "us-west-2"}, f"target_region: expected {EAST} or {OHIO}, found 'us-west-2'"),
        ({"topology": {}}, "topology: version: expected 1"),
        ({"policy": {"rpo": 1}}, "rpo: unknown"),
        ({"policy": {"rpo_seconds": -1}}, "rpo_seconds: expected seconds above 0"),
    ],
)
def test_a_wrong_option_is_named(world, move, options, told):
    result = move(**options)
    assert result["failed"] and told in result["msg"]
    assert world.calls == []


def test_the_policy_of_the_inventory_counts(world, move):
    lose(world)
    assert "rpo: up to 60 s could be lost" in move(policy={"rpo_seconds": 1})["msg"]


def test_a_lost_secret_in_the_standby_refuses(world, move):
    lose(world)
    world.health[OHIO] = answer(503, OHIO, "database-login")
    assert "own-api" in move()["msg"]

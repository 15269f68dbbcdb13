"""The way of a recovery, and above all that it is the same when the recovery is run again."""

import json
import time

import pytest
import recovery_course

from tests.unit.library.running import run, undocumented
from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, OHIO


def views(active, dark=""):
    standby = deployed.peer(active)
    told = {"reachable": True, "document": deployed.document(), "active_region": active, "standby_region": standby}
    return {one: {"reachable": False, "reason": "dark"} if one == dark else dict(told) for one in (EAST, OHIO)}


@pytest.fixture
def go(tmp_path):
    def ask(seen, verb="failover", earlier=None, **options):
        report = tmp_path / f"{verb}.json"
        if earlier is not None:
            report.write_text(earlier if isinstance(earlier, str) else json.dumps(earlier))
        given = {"verb": verb, "views": seen, "report": str(report), **options}
        return run(recovery_course, given, aws=False)

    return ask


def running(to, age=60, **more):
    cluster = deployed.document()["global_cluster"]
    return {"result": "unfinished", "to": to, "global_cluster": cluster, "started_epoch": time.time() - age, **more}


@pytest.mark.parametrize("active", [EAST, OHIO])
@pytest.mark.parametrize("verb", ["failover", "switchover"])
def test_it_goes_to_the_standby(go, verb, active):
    result = go(views(active, dark=active), verb)
    assert (result["source"], result["target"]) == (active, deployed.peer(active))
    assert undocumented(recovery_course, result) == []


@pytest.mark.parametrize("active", [EAST, OHIO])
def test_a_failback_goes_home(go, active):
    assert go(views(active), "failback", to=OHIO)["target"] == EAST


def test_after_the_promotion_it_still_goes_the_same_way(go):
    """The run was killed between the promotion and its end: the dark region is the standby by then."""
    result = go(views(OHIO, dark=EAST), earlier=running(OHIO))
    assert (result["target"], result["earlier"]["to"]) == (OHIO, OHIO)


@pytest.mark.parametrize(
    "earlier",
    [
        running(OHIO, age=3 * 3600),
        running(OHIO, global_cluster="another"),
        running(OHIO, result="done"),
        "half a fi",
        "[]",
    ],
    ids=["old", "another's", "ended", "torn", "no report"],
)
def test_what_is_no_unfinished_run_of_this_database_is_not_taken_up(go, earlier):
    result = go(views(OHIO), earlier=earlier)
    assert (result["target"], result["earlier"]) == (EAST, {})


def test_a_person_knows_better(go):
    assert go(views(OHIO, dark=EAST), earlier=running(EAST), to=OHIO)["target"] == OHIO


def test_a_handover_under_way_is_followed(go):
    seen = views(EAST)
    seen[OHIO]["observation"] = {"handover": {"target_arn": f"arn:aws:rds:{EAST}:222222222222:cluster:one"}}
    assert go(seen)["target"] == EAST


@pytest.mark.parametrize(
    ("seen", "options", "words"),
    [
        (views(EAST), {"to": "eu-west-1"}, "to: expected us-east-1 or us-east-2, found eu-west-1"),
        ({**views(EAST), OHIO: views(OHIO)[OHIO]}, {}, "disagree"),
        ({one: {"reachable": False, "reason": f"{one} is dark"} for one in (EAST, OHIO)}, {}, "us-east-2 is dark"),
    ],
    ids=["unknown region", "two say they are active", "both dark"],
)
def test_where_nobody_can_say_nothing_is_done(go, seen, options, words):
    result = go(seen, **options)
    assert result["failed"]
    assert result["msg"].startswith("Nothing was done.")
    assert words in result["msg"]


def after_a_failover(active, replayed):
    """What both regions tell when `active` has taken over."""
    seen = views(active)
    seen[active]["observation"] = {"epoch": {"number": 2, "active": active, "replayed": replayed}}
    return seen


@pytest.mark.parametrize("verb", ["switchover", "failback"])
def test_nobody_leaves_a_region_whose_journal_is_not_replayed(go, verb):
    result = go(after_a_failover(OHIO, replayed=False), verb)
    assert result["failed"]
    assert result["msg"].startswith("Nothing was done. us-east-2 has taken over and its journal was not replayed yet")
    assert "(epoch 2): run playbooks/reconcile.yml first" in result["msg"]
    assert go(after_a_failover(OHIO, replayed=True), verb)["target"] == EAST


def test_where_the_writer_stays_nothing_is_left_behind(go):
    """After a failover to the home region a failback brings the other one in, and moves nothing."""
    assert go(after_a_failover(EAST, replayed=False), "failback")["target"] == EAST


def test_a_region_that_is_lost_before_it_was_reconciled_is_failed_over_from(go):
    assert go(after_a_failover(OHIO, replayed=False), "failover")["target"] == EAST


def test_a_move_that_is_under_way_is_joined(go):
    seen = after_a_failover(OHIO, replayed=False)
    seen[OHIO]["observation"]["handover"] = {"target_arn": f"arn:aws:rds:{EAST}:222222222222:cluster:one"}
    assert go(seen, "switchover")["target"] == EAST

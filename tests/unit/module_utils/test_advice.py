"""What the person at 3 a.m. is told to type, in every situation that they may find."""

import pytest
from ansible.module_utils.payments_dr import screen
from ansible.module_utils.payments_dr.advice import Situation, advise

from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, OHIO

WELL = {"at": "2026-11-22T03:12:44Z", "ok": True, "detail": "200 in 34 ms", "status": 200}
STANDBY = {"at": "2026-11-22T03:12:44Z", "ok": False, "detail": "standby", "status": 503}
SILENT = {"at": "2026-11-22T03:12:44Z", "ok": False, "detail": "timed out", "status": None}
FENCED = {"at": "2026-11-22T03:12:44Z", "ok": False, "detail": "429", "status": 429}


def observation(own, others, **seen):
    """What one region saw."""
    return {
        "own_probe": own,
        "probes": [others],
        "checkers": "up" if others["ok"] else "down",
        "mode": "automatic",
        "lag": {"milliseconds": 800.0, "at": "2026-11-22T03:12:00Z"},
        "handover": None,
        "synchronization": "connected",
        "switch_on": False,
        "fenced": False,
        "errors": {},
        **seen,
    }


def view(active, **seen):
    """What one region told."""
    return {
        "reachable": True,
        "reason": "",
        "problem": "",
        "active_region": active,
        "standby_region": deployed.peer(active),
        "document": deployed.document(),
        "observation": seen["observation"],
        "last_decision": {"at": "2026-11-22T03:12:40Z", "action": "stay", "reason": "us-east-1 answers"},
    }


def dark(reason="Could not read the topology: ConnectTimeout"):
    return {"reachable": False, "reason": reason}


def answers(region):
    gateway = deployed.document()["regions"][region]["gateway"]
    name = deployed.document()["api_name"]
    return [
        {"name": name, "type": "CNAME", "server": server, "rcode": "NOERROR", "values": [gateway], "error": ""}
        for server in ("ns-1", "8.8.8.8")
    ]


def both(active=EAST, leads=None, **seen):
    """Both regions answer; the active one takes payments. `seen` is what both saw beside."""
    standby = deployed.peer(active)
    views = {
        active: view(active, observation=observation(WELL, STANDBY, **seen)),
        standby: view(active, observation=observation(STANDBY, WELL, **seen)),
    }
    return Situation({region: views[region] for region in (EAST, OHIO)}, answers(leads or active))


def lost(active=EAST, **seen):
    """The active region is dark."""
    standby = deployed.peer(active)
    views = {active: dark(), standby: view(active, observation=observation(STANDBY, SILENT, **seen))}
    return Situation({region: views[region] for region in (EAST, OHIO)}, answers(active))


def told(situation):
    advice = advise(situation)
    return advice.playbook, advice.extra


HANDOVER = {
    "kind": "failover",
    "status": "failing-over",
    "origin_arn": f"arn:aws:rds:{EAST}:222222222222:cluster:one",
    "target_arn": f"arn:aws:rds:{OHIO}:222222222222:cluster:two",
    "data_loss_allowed": True,
}


def test_all_well():
    assert told(both()) == ("verify", {})


@pytest.mark.parametrize("active", [EAST, OHIO])
@pytest.mark.parametrize("mode", ["automatic", "manual", ""])
def test_the_active_region_is_lost(active, mode):
    advice = advise(lost(active, mode=mode))
    assert (advice.playbook, advice.extra) == ("failover", {"to": deployed.peer(active)})
    assert ("decides by itself" in advice.why) == (mode == "automatic")


def test_the_world_reaches_what_we_do_not():
    assert told(lost(checkers="up")) == ("verify", {})


def test_a_dark_standby_is_waited_for():
    situation = Situation({EAST: view(EAST, observation=observation(WELL, SILENT)), OHIO: dark()}, answers(EAST))
    assert told(situation) == ("status", {})


def test_after_a_failover_one_goes_back():
    assert told(both(OHIO)) == ("failback", {})


@pytest.mark.parametrize("left", ["switch_on", "fenced"])
def test_what_a_recovery_left_behind_is_cleared(left):
    assert told(both(**{left: True})) == ("failback", {})


@pytest.mark.parametrize("situation", [both, lost])
def test_what_only_the_journal_has_comes_first(situation):
    found = situation(active=OHIO, epoch={"number": 2, "active": OHIO, "replayed": False})
    if situation is lost:  # the region that took over sees the other one dark
        found = Situation({EAST: dark(), OHIO: view(OHIO, observation=found.views[EAST]["observation"])}, answers(OHIO))
        found.views[OHIO]["observation"]["own_probe"] = WELL
    assert advise(found).command("inventories/prod") == "ansible-playbook playbooks/reconcile.yml -i inventories/prod"


def test_a_writer_without_an_epoch_of_its_own_gets_one():
    advice = advise(both(active=OHIO, epoch={"number": 1, "active": EAST, "replayed": True}))
    assert (advice.playbook, advice.extra) == ("failover", {"to": OHIO})
    assert "its epoch 1 is us-east-1's: it acknowledges no payment" in advice.why


KEPT_OUT = {"at": "2026-11-22T03:12:44Z", "ok": False, "detail": "fenced", "status": 503}


def kept_out(epochs, **seen):
    """us-east-2 holds the writer and is alive, and its epoch keeps it out; `epochs` are (number, active) by region."""
    items = {one: {"number": n, "active": active, "replayed": True} for one, (n, active) in epochs.items()}
    views = {
        EAST: view(OHIO, observation=observation(STANDBY, KEPT_OUT, epoch=items.get(EAST), **seen)),
        OHIO: view(OHIO, observation=observation(KEPT_OUT, STANDBY, epoch=items.get(OHIO))),
    }
    return Situation(views, answers(OHIO))


def test_a_writer_that_only_its_epoch_keeps_out_is_not_failed_over_from():
    """Route 53's checkers call it down, and it takes no payment: but what it lacks is its name."""
    assert told(kept_out({EAST: (1, EAST), OHIO: (1, EAST)})) == ("failover", {"to": OHIO})


@pytest.mark.parametrize("number", [2, 3])
def test_a_promotion_that_never_came_is_taken_back(number):
    advice = advise(kept_out({EAST: (number, EAST), OHIO: (2, OHIO)}))
    assert (advice.playbook, advice.extra) == ("switchover", {"to": OHIO})
    assert f"us-east-1 began epoch {number} for itself: us-east-2 acknowledges no payment" in advice.why


def test_a_promotion_that_was_begun_and_not_taken_back_goes_on():
    assert told(kept_out({EAST: (3, EAST), OHIO: (2, OHIO)}, switch_on=True)) == ("failover", {"to": EAST})


def test_an_older_epoch_of_the_standby_keeps_nobody_out():
    told_before = both(OHIO)
    for region, number, active in ((EAST, 1, EAST), (OHIO, 2, OHIO)):
        told_before.views[region]["observation"]["epoch"] = {"number": number, "active": active, "replayed": True}
    assert told(told_before) == ("failback", {})


def test_the_screen_says_who_may_acknowledge_payments():
    def epoch_of(situation):
        shown = screen.lines(situation, advise(situation), "prod-a1", "inventories/prod", "now")
        return next(line for line in shown if line.startswith("EPOCH"))

    agreed = both(epoch={"number": 3, "active": EAST, "replayed": True})
    assert epoch_of(agreed) == "EPOCH     3, us-east-1 (as us-east-1 and us-east-2 say)"
    after = both(OHIO)
    after.views[OHIO]["observation"]["epoch"] = {"number": 2, "active": OHIO, "replayed": False}
    words = "2, us-east-2, its journal is not replayed (as us-east-2 says)"
    assert epoch_of(after) == f"EPOCH     {words}"
    assert epoch_of(both()) == "EPOCH     not known"


def test_what_a_recovery_left_behind_waits_for_a_dark_region():
    views = {EAST: dark(), OHIO: view(OHIO, observation=observation(WELL, SILENT, switch_on=True))}
    assert told(Situation(views, answers(OHIO))) == ("status", {})


def test_a_failover_that_was_interrupted_before_the_promotion_goes_on():
    views = {
        EAST: view(EAST, observation=observation(FENCED, STANDBY)),
        OHIO: view(EAST, observation=observation(STANDBY, FENCED, checkers="down", switch_on=True, fenced=True)),
    }
    advice = advise(Situation(views, answers(OHIO)))
    assert (advice.playbook, advice.extra) == ("failover", {"to": OHIO})
    assert "begun" in advice.why


def test_a_crowd_is_no_outage():
    views = {
        EAST: view(EAST, observation=observation(FENCED, STANDBY)),
        OHIO: view(EAST, observation=observation(STANDBY, FENCED, checkers="down")),
    }
    assert told(Situation(views, answers(EAST))) == ("verify", {})


def test_a_handover_is_joined():
    assert told(lost(handover=HANDOVER)) == ("failover", {"to": OHIO})
    assert told(both(handover={**HANDOVER, "kind": "switchover"})) == ("switchover", {"to": OHIO})


def test_somebody_has_to_arm_it_again():
    advice = advise(both(mode="manual"))
    assert advice.command("inventories/prod") == (
        "ansible-playbook playbooks/mode.yml -i inventories/prod -e mode=automatic -e \"why='…'\""
    )


def test_dns_that_leads_elsewhere_is_looked_into():
    advice = advise(both(leads=OHIO))
    assert advice.playbook == "verify"
    assert "ns-1" in advice.why


def test_regions_that_disagree_are_looked_at_again():
    situation = both()
    situation.views[OHIO]["active_region"] = OHIO
    assert told(situation) == ("status", {})


def test_nobody_answers():
    assert told(Situation({EAST: dark(), OHIO: dark()}, [])) == ("status", {})


def test_nothing_was_deployed():
    empty = {"reachable": True, "reason": "", "problem": "not deployed", "document": {}, "active_region": ""}
    assert told(Situation({EAST: empty, OHIO: empty}, [])) == ("deploy", {})


SITUATIONS = {
    "well": both(),
    "lost": lost(),
    "back": both(OHIO),
    "under way": lost(handover=HANDOVER),
    "nobody": Situation({EAST: dark(), OHIO: dark()}, []),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_screen_is_one_screen_and_ends_with_one_command(name):
    situation = SITUATIONS[name]
    shown = screen.lines(situation, advise(situation), "prod-a1", "inventories/prod", "2026-11-22T03:12:45Z")
    assert len(shown) <= 24
    assert [line for line in shown if line.startswith("NEXT")] == [shown[-2]]
    assert shown[-2].startswith("NEXT      ansible-playbook playbooks/")
    for label in ("ACTIVE", "STANDBY", "HEALTH", "LAG", "DNS", "EPOCH", "MODE", "DECISION", "NOT KNOWN"):
        assert any(line.startswith(label) for line in shown), label


def test_a_dark_region_is_named_under_what_is_not_known():
    situation = lost()
    shown = screen.lines(situation, advise(situation), "prod-a1", "inventories/prod", "now")
    assert f"NOT KNOWN {EAST} as it sees itself: {dark()['reason']}" in shown
    assert f"ACTIVE    {EAST} (as {OHIO} says)" in shown
    assert screen.report(situation, advise(situation), "prod-a1", "i", "now")["answering"] == [OHIO]


def test_programs_are_told_the_same():
    situation = both()
    found = screen.report(situation, advise(situation), "prod-a1", "inventories/prod", "now")
    assert (found["active"], found["standby"], found["unknown"]) == (EAST, OHIO, [])
    assert found["leads"] == {"ns-1": EAST, "8.8.8.8": EAST}
    assert "document" not in found["views"][EAST]

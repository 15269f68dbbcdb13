"""What one run after the other does, from the schedule's event to what people are told."""

import json

import pytest
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.mode import Mode

from tests.unit.module_utils.deployed import EAST, OHIO, place
from tests.unit.module_utils.fake_aws import FENCES, PARAMETER, START

REFUSED = AwsFailure("Could not fail over: InvalidGlobalClusterStateFault", "InvalidGlobalClusterStateFault")


def test_while_all_is_well_it_goes_on_looking_for_most_of_the_minute_and_changes_nothing(stage):
    assert stage.run().action == "stay"
    assert len(stage.lines("decision")) == 1
    assert stage.world.changes() == []
    assert stage.world.time.passed == 50
    assert [second for second, region in stage.probed if region == EAST] == [0, 10, 20, 30, 40, 50]
    asked = len(stage.world.calls)
    stage.world.time.sleep(10)
    stage.run()
    assert len(stage.world.calls) == 2 * asked, "APIs are asked once a run"
    assert len(stage.lines("decision")[-1]["observation"]["probes"]) == 2, "what was before a good answer is forgotten"


def test_an_outage_is_seen_within_seconds_of_its_beginning(stage):
    stage.world.time.at(12, lambda: stage.go_dark(EAST))
    assert stage.run().action == "promote"
    assert 12 + 60 <= stage.begun[0][0] <= 12 + 10 + 60 + 5


def test_an_outage_between_two_runs_is_seen_by_the_next(stage):
    stage.world.time.at(51, lambda: stage.go_dark(EAST))
    assert stage.run().action == "stay"
    stage.world.time.sleep(10)
    assert stage.run().action == "promote"
    assert stage.begun[0][0] <= 51 + 10 + 60 + 5


def test_a_calm_run_ends_before_its_time_does(stage):
    assert stage.run(seconds=50).action == "stay"
    assert stage.world.time.passed <= 50 - 30


def test_a_blip_in_the_calm_is_looked_at_closely_and_forgotten(stage):
    stage.world.time.at(15, lambda: stage.silent.add(EAST))
    stage.world.time.at(22, lambda: stage.silent.clear())
    assert stage.run().action == "stay"
    assert [line["decision"]["action"] for line in stage.lines("decision")] == ["stay", "probe", "stay"]
    assert stage.world.time.passed <= 50


def test_every_evaluation_is_a_line_with_its_inputs_and_a_metric(stage):
    stage.run()
    (line,) = stage.lines("decision")
    assert (line["decision"]["action"], line["decision"]["reason"]) == ("stay", "us-east-1 serves")
    assert line["observation"]["probes"][0]["status"] == 200
    assert line["observation"]["mode"] == "automatic"
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("PaymentsDR", [["Region"]])
    assert (line["Region"], line[directive["Metrics"][0]["Name"]]) == (OHIO, 1)


def stood_by(stage):
    """What the latch of the way home was told by each evaluation; None where it was told nothing."""
    lines = stage.lines("decision")
    for line in lines:
        named = [metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
        assert named == ["Evaluations", *(["StandingBy"] if "StandingBy" in line else [])]
    return [line.get("StandingBy") for line in lines]


def test_a_standby_says_that_it_stands_by_until_the_active_region_goes_down(stage):
    stage.run()
    stage.go_dark(EAST)
    stage.run()
    assert set(stood_by(stage)[1:]) == {None}
    assert stood_by(stage)[0] == 1


def test_an_active_region_says_that_it_does_not_stand_by_once_the_checkers_find_it_well(active_stage):
    active_stage.checkers[EAST] = "down"
    active_stage.run()
    active_stage.checkers[EAST] = "up"
    active_stage.run()
    assert stood_by(active_stage) == [None, 0]


def test_a_dark_region_is_failed_over_by_itself(stage):
    stage.go_dark(EAST)
    decision = stage.run()
    assert decision.action == "promote"
    assert stage.world.writer == OHIO
    assert stage.world.moves == [("failover", OHIO)]
    assert 60 <= stage.world.time.passed < 60 + 2 * 5 + 60 + 10, "the window, and the promotion"
    assert stage.world.regions[OHIO].said[0][0] == 1.0, "evacuated"
    assert stage.mode(OHIO) == "manual"
    assert stage.subjects == ["[test-a1] FAILING OVER to us-east-2", "[test-a1] FAILED OVER to us-east-2"]
    told = stage.world.regions[OHIO].published[-1]["Message"]
    assert "us-east-2 holds the writer after a failover (60" in told, "nobody else is named"


def test_a_failover_sets_off_the_alarm_when_it_begins(stage):
    stage.go_dark(EAST)
    stage.run()
    (line,) = stage.lines("promoting")
    assert (line["Promotions"], line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"]) == (1, "Promotions")


def test_people_are_told_what_is_known_what_is_not_and_what_to_type(stage):
    stage.go_dark(EAST)
    stage.run()
    text = stage.world.regions[OHIO].published[-1]["Message"]
    assert "us-east-1 has not served for" in text
    assert "ok  checkers: Route 53's checkers call us-east-1 down" in text
    assert "us-east-1 could not be fenced" in text
    assert "NOT DONE: put the mode of us-east-1 to manual" in text
    assert text.endswith("ansible-playbook playbooks/reconcile.yml -i inventories/test")
    while_it_runs = stage.world.regions[OHIO].published[0]["Message"]
    assert while_it_runs.endswith("ansible-playbook playbooks/status.yml -i inventories/test")


def test_a_region_that_hangs_in_its_data_plane_only_is_fenced_and_disarmed(stage):
    stage.silent.add(EAST)
    stage.checkers[EAST] = "down"
    stage.run()
    assert stage.world.regions[EAST].concurrency[place(EAST)["function"]] == 0
    assert json.loads(stage.world.regions[OHIO].parameters[FENCES]) == {EAST: 20}
    assert (stage.mode(EAST), stage.mode(OHIO)) == ("manual", "manual")


def test_the_mode_is_manual_before_aurora_is_asked(stage):
    """A run that dies in the promotion must not leave the next one free to act once somebody has gone home."""
    stage.go_dark(EAST)
    stage.world.failures[OHIO, "publish"] = [MemoryError("the environment is gone")]
    with pytest.raises(MemoryError):
        stage.run()
    assert [mode for _, mode in stage.begun] == ["manual"]


def test_a_mode_that_somebody_put_meanwhile_is_left_alone(stage):
    recovery, parameters = stage.recovery(), stage.world.regions[OHIO].parameters
    put = recovery.disarm("us-east-1 is silent")
    recovery.rearm(put)
    assert stage.mode(OHIO) == "automatic"
    put = recovery.disarm("us-east-1 is silent")
    parameters[PARAMETER] = theirs = Mode("manual", "ana", "I am on it", "2026-11-01T08:00:00Z").as_json()
    recovery.rearm(put)
    assert parameters[PARAMETER] == theirs


def test_only_one_failover_by_itself(stage):
    stage.go_dark(EAST)
    stage.run()
    stage.world.writer = EAST  # somebody went back, and did not re-arm
    decision = stage.run()
    assert decision.action == "refuse"
    assert [guard.name for guard in decision.failed] == ["mode"]
    assert stage.world.moves == [("failover", OHIO)]


def test_a_blip_is_no_outage(stage):
    stage.silent.add(EAST)
    stage.world.time.at(31, lambda: stage.silent.clear())
    assert stage.run().action == "stay"
    assert stage.world.moves == []
    assert [line["decision"]["action"] for line in stage.lines("decision")][-2:] == ["probe", "stay"]


def test_a_standby_that_is_cut_off_alone_refuses(stage):
    """The world still reaches the active region."""
    stage.silent.add(EAST)
    decision = stage.run()
    assert decision.action == "refuse"
    assert stage.world.changes() == [(OHIO, "publish")]
    assert stage.world.time.passed <= 60 + 60 + 10


def test_a_refusal_is_told_once_until_it_changes(stage):
    stage.world.regions[OHIO].lags = [(84.0, START + second) for second in range(-60, 900, 60)]
    stage.silent.add(EAST)
    stage.run()
    stage.minute()
    stage.run()
    assert stage.subjects == ["[test-a1] NO FAILOVER to us-east-2: a person has to decide"]
    stage.silent.clear()
    stage.minute()
    assert stage.run().action == "stay"
    stage.minute()
    stage.silent.add(EAST)
    assert stage.run().action == "refuse"
    assert len(stage.subjects) == 2


def test_an_outage_is_told_though_the_same_was_in_the_way_of_a_region_that_served(stage):
    """Somebody has sent the traffic away, and the mode is manual; then the region is lost."""
    parameters = stage.world.regions[OHIO].parameters
    parameters[PARAMETER] = Mode("manual", "anna", "an upgrade", "2026-11-01T08:00:00Z").as_json()
    stage.world.regions[OHIO].said = [(1.0, START)]
    assert "evacuated" in stage.run().reason
    stage.minute()
    stage.go_dark(EAST)
    decision = stage.run()
    assert ([guard.name for guard in decision.failed], len(stage.subjects)) == (["mode"], 2)
    stage.run()
    assert len(stage.subjects) == 2


def test_a_second_outage_is_told_though_no_run_ended_well_in_between(stage):
    parameters = stage.world.regions[OHIO].parameters
    parameters[PARAMETER] = Mode("manual", "anna", "an upgrade", "2026-11-01T08:00:00Z").as_json()
    stage.go_dark(EAST)
    assert (stage.run().action, len(stage.subjects)) == ("refuse", 1)
    stage.silent.clear()
    stage.checkers[EAST] = "up"
    stage.world.time.at(stage.world.time.passed + 15, lambda: stage.go_dark(EAST))
    assert (stage.run().action, len(stage.subjects)) == ("refuse", 2)


def test_a_probe_of_the_run_before_counts_in_the_window(stage):
    """An event that waited for the end of a run does not begin anew."""
    stage.silent.add(EAST)
    stage.run()
    before = stage.world.time.passed
    stage.checkers[EAST] = "down"
    assert stage.run().action == "promote"
    assert stage.world.time.passed - before <= 60 + 20, "the promotion, and before it the checkers' settling"


def test_a_run_ends_before_its_time_does(stage):
    stage.silent.add(EAST)
    assert stage.run(seconds=50).action == "probe"
    assert stage.world.time.passed <= 50 - 30


def test_a_promotion_that_somebody_began_is_waited_for_and_nothing_else_is_done(stage):
    stage.go_dark(EAST)
    stage.world.begin("failover", OHIO)
    assert stage.run().action == "stay"
    assert stage.world.writer == OHIO
    assert stage.world.moves == [("failover", OHIO)]
    assert stage.world.changes() == []
    assert stage.mode(OHIO) == "automatic"


def test_a_run_that_was_ended_in_the_promotion_is_taken_up_by_the_next(stage):
    stage.go_dark(EAST)
    stage.world.promotion_seconds = 400
    stage.run(seconds=200)
    assert stage.subjects[-1] == "[test-a1] FAILOVER to us-east-2 NOT FINISHED"
    stage.watch = stage.new_watch()
    assert stage.run().action == "stay"
    assert stage.world.writer == OHIO
    assert stage.world.moves == [("failover", OHIO)]


def test_a_refused_failover_is_tried_again_and_told_once(stage):
    stage.go_dark(EAST)
    stage.world.failures[OHIO, "failover_global_cluster"] = [REFUSED]
    for _ in range(3):
        assert stage.run().action == "promote"
    assert stage.subjects == ["[test-a1] FAILOVER to us-east-2 NOT FINISHED"]
    assert stage.mode(OHIO) == "automatic"
    del stage.world.failures[OHIO, "failover_global_cluster"]
    stage.run()
    assert stage.world.writer == OHIO


def test_a_failover_that_aurora_gives_up_is_asked_for_again(stage):
    stage.go_dark(EAST)
    given_up = []

    def give_up():
        given_up.append(stage.world.time.passed)
        stage.world.end(EAST)

    stage.world.promotion_seconds = 80
    stage.world.time.at(90, give_up)
    stage.run()
    assert given_up
    assert stage.world.writer == OHIO
    assert stage.world.moves == [("failover", OHIO), ("failover", OHIO)]
    assert stage.subjects[-1] == "[test-a1] FAILED OVER to us-east-2"
    assert "asking Aurora again" in stage.world.regions[OHIO].published[-1]["Message"]


@pytest.mark.parametrize("operation", ["put_metric_data", "get_function_concurrency", "put_parameter", "publish"])
def test_whatever_else_fails_the_writer_is_moved(stage, operation):
    stage.go_dark(EAST)
    stage.world.failures[OHIO, operation] = [AwsFailure("Could not: AccessDenied", "AccessDenied")]
    stage.run()
    assert stage.world.writer == OHIO


def test_the_old_region_is_let_in_when_it_follows_again(stage):
    stage.silent.add(EAST)
    stage.checkers[EAST] = "down"
    stage.run()
    stage.silent.clear()
    stage.minute()
    assert stage.run().action == "reopen"
    assert stage.world.regions[OHIO].said[-1][0] == 0.0
    assert stage.world.regions[EAST].concurrency[place(EAST)["function"]] == 20
    assert stage.subjects[-1] == "[test-a1] us-east-1 follows again"
    assert stage.mode(OHIO) == "manual"


@pytest.fixture
def back(stage):
    """us-east-1 was dark at the failover, could not be told, and is back; it was armed long before."""
    parameters = stage.world.regions[EAST].parameters
    parameters[PARAMETER] = Mode("automatic", "ana", "first deployment", "2026-01-01T08:00:00Z").as_json()
    stage.go_dark(EAST)
    stage.run()
    assert stage.mode(EAST) == "automatic"
    stage.silent.clear()
    stage.world.regions[EAST].dark = False
    stage.minute()
    return stage


def test_a_region_that_was_dark_may_not_act_by_itself_when_it_follows_again(back):
    """Nobody could tell it, and it would leave behind the journal of the region that took over."""
    assert back.run().action == "reopen"
    assert back.mode(EAST) == "manual"
    told = back.world.regions[OHIO].published[-1]["Message"]
    assert "the mode of us-east-1 is now manual" in told


@pytest.mark.parametrize("operation", ["put_parameter", "transact_write_items"])
def test_a_region_that_cannot_be_told_of_mode_and_epoch_stays_closed(back, operation):
    """Nobody would tell it later. Named by its own old epoch, it would take a failover from a console for its right."""
    back.world.failures[EAST, operation] = [AwsFailure("Could not put: Throttling", "Throttling")]
    back.run()
    assert back.world.regions[OHIO].said[-1][0] == 1.0, "evacuated"
    del back.world.failures[EAST, operation]
    back.minute()
    back.run()
    assert (back.mode(EAST), back.world.regions[OHIO].said[-1][0]) == ("manual", 0.0)
    assert back.world.regions[EAST].epoch == back.world.regions[OHIO].epoch


def test_what_a_person_has_armed_since_stays_armed(back):
    """As often as the region is opened, which it is until CloudWatch's next minute."""
    armed = Mode("automatic", "ana", "I know", "2026-12-01T08:00:00Z").as_json()
    back.world.regions[EAST].parameters[PARAMETER] = armed
    assert back.run().action == "reopen"
    assert back.world.regions[EAST].parameters[PARAMETER] == armed


def test_who_has_reconciled_need_not_disarm(back):
    back.world.regions[OHIO].epochs["payments"]["replayed"] = {"BOOL": True}
    assert back.run().action == "reopen"
    assert back.mode(EAST) == "automatic"


def test_a_mode_that_nobody_can_read_is_not_automatic_and_keeps_nothing_closed(back):
    back.world.regions[EAST].parameters[PARAMETER] = "?"
    assert back.run().action == "reopen"
    assert back.world.regions[OHIO].said[-1][0] == 0.0


def test_the_active_region_never_promotes(active_stage):
    active_stage.go_dark(OHIO)
    for _ in range(6):
        assert active_stage.run().action == "stay"
        active_stage.minute()
    assert active_stage.world.changes() == [(EAST, "publish")], "a standby that stays away is told once"
    assert active_stage.subjects == ["[test-a1] WARNING: us-east-1 is active, see why"]


def test_an_unreadable_topology_is_no_evaluation(stage):
    stage.world.failures[OHIO, "get_parameter"] = [AwsFailure("Could not read: Throttling", "Throttling")]
    with pytest.raises(AwsFailure):
        stage.run()
    assert stage.lines("decision") == []


def test_the_topology_that_was_read_last_will_do(stage):
    stage.run()
    for region in stage.world.regions.values():
        region.parameters["parameter-topology-test-a1"] = "{}"
    assert stage.run().action == "stay"
    (line,) = stage.lines("failed")
    assert line["step"] == "read the topology"


def test_every_line_is_json_with_a_level_and_a_time(stage):
    stage.go_dark(EAST)
    stage.run()
    for text in stage.log.getvalue().splitlines():
        line = json.loads(text)
        assert {"timestamp", "level", "event", "region", "version"} <= line.keys()

"""People are told once SNS takes it, however long that takes."""

import pytest
from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.mode import Mode

from tests.unit.module_utils.deployed import EAST, OHIO
from tests.unit.module_utils.fake_aws import PARAMETER

FAILED_OVER = ["[test-a1] FAILING OVER to us-east-2", "[test-a1] FAILED OVER to us-east-2"]


@pytest.fixture
def stage(stage):
    """us-east-1 is dark, and SNS takes no page until `heard`."""
    stage.go_dark(EAST)
    stage.world.failures[OHIO, "publish"] = [AwsFailure("throttled", "Throttling")]
    return stage


def heard(stage):
    del stage.world.failures[OHIO, "publish"]


def test_a_refusal_that_could_not_be_told_is_told_by_the_next_run(stage):
    manual = Mode("manual", "anna", "an upgrade", "2026-11-01T08:00:00Z")
    stage.world.regions[OHIO].parameters[PARAMETER] = manual.as_json()
    stage.run()
    assert stage.subjects == []
    heard(stage)
    for _ in range(2):
        stage.minute()
        stage.run()
    assert stage.subjects == ["[test-a1] NO FAILOVER to us-east-2: a person has to decide"]


def test_a_failover_that_could_not_be_told_is_told_by_the_next_run_once_and_in_its_order(stage):
    stage.run()
    assert (stage.world.writer, stage.subjects) == (OHIO, [])
    heard(stage)
    for _ in range(2):
        stage.minute()
        stage.run()
    assert stage.subjects == FAILED_OVER


def test_what_could_not_be_told_at_the_beginning_of_a_failover_is_told_at_its_end(stage):
    stage.world.time.at(90, lambda: heard(stage))
    stage.run()
    assert stage.subjects == FAILED_OVER


def test_the_return_of_the_old_region_is_told_after_the_failover(stage):
    stage.run()
    stage.world.regions[EAST].dark = False
    stage.silent.clear()
    stage.minute()
    assert stage.run().action == "reopen"
    assert stage.subjects == []
    heard(stage)
    stage.minute()
    stage.run()
    assert stage.subjects == [*FAILED_OVER, "[test-a1] us-east-1 follows again"]

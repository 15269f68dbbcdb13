"""An experiment as a drill asks for it, against a Fault Injection Service in memory."""

import boto3
import fis_experiment
import pytest
from botocore.stub import Stubber

from tests.unit.library.running import run, undocumented
from tests.unit.module_utils.deployed import EAST
from tests.unit.module_utils.fake_aws import Time

TEMPLATE, ID = "EXTDCh1Y8VRXPnaaa", "EXPTTGXRVLVBkDJfX6"


@pytest.fixture
def fis(monkeypatch):
    """Answers that are promised one after the other; botocore itself checks what is asked."""
    client = boto3.client("fis", EAST, aws_access_key_id="x", aws_secret_access_key="x")
    monkeypatch.setattr(fis_experiment, "client", lambda module, service: client)
    time = Time()
    monkeypatch.setattr(fis_experiment, "Clock", lambda: time.clock)
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def ask(check_mode=False, **options):
    return run(fis_experiment, {"template": TEMPLATE, "region": EAST, **options}, check_mode=check_mode)


def state(status, identifier=ID, reason=""):
    return {"id": identifier, "state": {"status": status, **({"reason": reason} if reason else {})}}


def listed(fis, *experiments):
    fis.add_response("list_experiments", {"experiments": list(experiments)}, {"experimentTemplateId": TEMPLATE})


def looked(fis, *statuses, reason="", identifier=ID):
    for status in statuses:
        fis.add_response("get_experiment", {"experiment": state(status, identifier, reason)}, {"id": identifier})


def started(fis):
    asked = {"experimentTemplateId": TEMPLATE, "tags": {"Name": "drill-1"}}
    fis.add_response("start_experiment", {"experiment": state("pending")}, asked)


def stopped(fis, identifier=ID):
    fis.add_response("stop_experiment", {"experiment": state("stopping", identifier)}, {"id": identifier})


def test_one_is_begun_and_waited_for(fis):
    listed(fis, state("completed", "EXPold"), state("stopped", "EXPolder"))
    started(fis)
    looked(fis, "initiating", "running")
    result = ask(name="drill-1")
    assert (result["changed"], result["outcome"]) == (True, f"the experiment {ID} is running")
    assert [entry["what"] for entry in result["timeline"]] == [f"the experiment {ID} is initiating"]
    assert undocumented(fis_experiment, result) == []


@pytest.mark.parametrize("status", ["pending", "initiating", "running"])
def test_one_that_is_under_way_is_as_good(fis, status):
    listed(fis, state(status))
    looked(fis, "running")
    assert ask()["changed"] is False


def test_one_that_has_done_its_work_at_once_counts(fis):
    listed(fis)
    started(fis)
    looked(fis, "completed")
    found = ask(name="drill-1")
    assert found["experiments"] == [{"id": ID, "status": "completed", "reason": ""}]


@pytest.mark.parametrize("status", ["failed", "stopped", "cancelled"])
def test_one_that_came_to_nothing_is_a_failure_with_its_reason(fis, status):
    listed(fis)
    started(fis)
    looked(fis, status, reason="Target resolution returned empty set")
    told = ask(name="drill-1")
    assert told["failed"]
    assert told["msg"] == (
        f"the experiment {ID} is {status}: Target resolution returned empty set: correct the template {TEMPLATE}"
    )


def test_one_that_does_not_run_in_time_is_a_failure(fis):
    listed(fis)
    started(fis)
    looked(fis, *["pending"] * 5)
    told = ask(name="drill-1", wait_timeout_seconds=5)
    assert f"Waited 5 s for {ID} to run" in told["msg"]


def test_a_template_that_is_not_there_is_named(fis):
    listed(fis)
    fis.add_client_error("start_experiment", "ResourceNotFoundException", "not found", 404)
    assert f"Could not start an experiment of {TEMPLATE} in {EAST}" in ask()["msg"]


def test_everything_that_is_under_way_is_stopped(fis):
    listed(fis, state("running"), state("stopping", "EXPother"), state("failed", "EXPold"))
    stopped(fis)
    looked(fis, "stopping", "stopped")
    looked(fis, "stopped", identifier="EXPother")
    result = ask(state="ended")
    assert (result["changed"], [one["id"] for one in result["experiments"]]) == (True, [ID, "EXPother"])
    assert undocumented(fis_experiment, result) == []


def test_what_is_over_need_not_be_stopped(fis):
    listed(fis, state("completed"))
    result = ask(state="ended")
    assert (result["changed"], result["outcome"]) == (False, f"no experiment of {TEMPLATE} is under way")


def test_one_that_ends_in_the_same_moment_is_over(fis):
    listed(fis, state("running"))
    fis.add_client_error("stop_experiment", "ValidationException", "cannot be stopped")
    looked(fis, "completed", "completed")
    assert ask(state="ended")["outcome"] == f"the experiment {ID} is completed"


def test_one_that_may_not_be_stopped_is_a_failure(fis):
    listed(fis, state("running"))
    fis.add_client_error("stop_experiment", "ValidationException", "cannot be stopped")
    looked(fis, "running")
    assert f"Could not stop the experiment {ID} in {EAST}" in ask(state="ended")["msg"]


@pytest.mark.parametrize(
    ("wanted", "there", "changed"),
    [("running", [], True), ("ended", [state("running")], True), ("ended", [], False)],
)
def test_in_check_mode_nothing_is_begun_or_ended(fis, wanted, there, changed):
    listed(fis, *there)
    assert ask(check_mode=True, state=wanted)["changed"] is changed

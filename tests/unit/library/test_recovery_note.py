"""The report of a recovery is on disk after every step, and never half of it."""

import json

import pytest
import recovery_note

from tests.unit.library.running import run, undocumented

STORY = {"verb": "failover", "result": "unfinished", "timeline": [{"at": "2026-11-22T12:00:00.000Z", "what": "begun"}]}


@pytest.fixture
def note(tmp_path):
    def add(check_mode=False, dest="reports/failover.json", **options):
        path = tmp_path / dest
        result = run(recovery_note, {"story": STORY, "dest": str(path), **options}, check_mode, aws=False)
        assert undocumented(recovery_note, result) == []
        return result["ansible_facts"]["recovery_story"], path

    return add


def test_an_event_comes_last_and_is_written_at_once(note):
    story, path = note(event="promoted", learned={"outcome": "done"})
    assert [entry["what"] for entry in story["timeline"]] == ["begun", "promoted"]
    assert story["timeline"][1]["at"] > story["timeline"][0]["at"]
    assert (story["verb"], story["outcome"]) == ("failover", "done")
    assert json.loads(path.read_text()) == story
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_the_timeline_of_a_module_keeps_its_times(note):
    entries = [{"at": "2026-11-22T12:00:01.000Z", "what": "asking Aurora"}]
    story, _path = note(timeline=entries)
    assert story["timeline"] == STORY["timeline"] + entries


def test_check_mode_writes_nothing(note):
    story, path = note(check_mode=True, event="would be promoted")
    assert story["timeline"][-1]["what"] == "would be promoted"
    assert not path.parent.exists()


def test_a_file_that_cannot_be_written_stops_no_recovery(note, tmp_path):
    (tmp_path / "reports").write_text("in the way")
    story, _path = note(event="promoted")
    assert story["timeline"][-1]["what"] == "promoted"

"""The table of drills says what their reports say."""

import json

import pytest

from tests.bench import drills
from tests.bench.document import markers

REPORT = {
    "kind": "dark",
    "direction": "us-east-1 to us-east-2",
    "mode": "automatic",
    "timings": "made up",
    "generated_at": "2026-11-22T14:13:35+00:00",
    "began": 1000.0,
    "rto_seconds": 151.24,
    "rpo_seconds": 0.06,
    "acknowledged": 4321,
    "lost": 1,
    "lost_by_replication": 7,
    "duplicated": 0,
    "timeline": [
        {"at": 990.0, "what": "payments are acknowledged by us-east-1"},
        {"at": 1070.04, "what": "promote: us-east-1 has not served for 60 s"},
        {"at": 1150.0, "what": "payments are acknowledged by us-east-2"},
    ],
}


def test_a_row_says_what_the_report_says():
    words = "dark, us-east-1 to us-east-2, automatic"
    assert drills.row(REPORT) == [words, "2026-11-22 14:13", "70.0", "150.0", "151.2", "0.1", "4,321", "1", "0", "7"]


def test_what_did_not_happen_is_left_empty():
    by_hand = REPORT | {"mode": "manual", "rto_seconds": None}
    assert drills.row(by_hand)[2:5] == ["", "150.0", "none"]


def test_the_document_has_a_place_for_it():
    text = drills.DOCUMENT.read_text()
    assert all(text.count(line) == 1 for line in markers(drills.PART))
    assert markers(drills.PART)[0] == "<!-- drills: written by make drill -->"


def test_six_kinds_both_directions_and_both_modes_are_drilled():
    assert len({drill.kind for drill in drills.DRILLS.values()}) >= 6
    assert {drill.origin for drill in drills.DRILLS.values()} == {"us-east-1", "us-east-2"}
    assert {drill.mode for drill in drills.DRILLS.values()} == {"automatic", "manual"}


def test_an_unknown_drill_is_named(capsys):
    with pytest.raises(SystemExit):
        drills.main(["flood"])
    assert "there is no flood; there are dark, " in capsys.readouterr().err


def test_a_drill_that_fails_writes_no_figures(tmp_path, monkeypatch, capsys):
    def failing(name, drill, variables):
        raise drills.DrillFailed(f"{name}: {variables['confirm']}")

    monkeypatch.setattr(drills, "run", failing)
    assert drills.main(["hang", "--suffix", "b2", "--output", str(tmp_path / "none.md")]) == 1
    assert "hang: aurora-global-sandbox-b2" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_table_has_the_newest_report_of_each_drill(tmp_path, monkeypatch):
    def running(name, drill, variables):
        (tmp_path / drill.report).write_text(json.dumps(REPORT | {"kind": drill.kind, "rto_seconds": len(ran)}))
        ran.append(name)

    monkeypatch.setattr(drills, "run", running)
    ran, output = [], tmp_path / "performance.md"
    output.write_text("{}\n{}\n".format(*markers(drills.PART)))
    places = ["--output", str(output), "--reports", str(tmp_path)]
    for chosen in (["hang", "dark"], ["hang"], ["--only-write"]):
        assert drills.main([*chosen, *places]) == 0
    assert ran == ["dark", "hang", "hang"]
    rows = [line for line in output.read_text().splitlines() if line.startswith(("| dark", "| hang"))]
    assert [row.split("|")[5].strip() for row in rows] == ["0.0", "2.0"]

"""What a drill measured becomes a report, lines and a page."""

import dataclasses
import json
from xml.etree import ElementTree

import drill_report
import pytest
from ansible.module_utils.payments_dr import drill, drill_page

from tests.unit.library.running import run, undocumented
from tests.unit.module_utils.test_drill import paid

NOTHING_WRONG = {
    "acknowledged": 4,
    "lost": [],
    "doubled": [],
    "unanswered": 0,
    "charged_unanswered": 0,
    "rpo_seconds": 0.0,
}


@pytest.fixture
def options(tmp_path):
    payments = [paid(1000), paid(1001), paid(1101, region="us-east-2"), paid(1102, region="us-east-2")]
    path = tmp_path / "payments.jsonl"
    path.write_text("".join(json.dumps(dataclasses.asdict(one)) + "\n" for one in payments))
    return {
        "environment": "unit-a1",
        "kind": "dark",
        "origin": "us-east-1",
        "target": "us-east-2",
        "mode": "automatic",
        "timings": "made up",
        "path": str(path),
        "began": 1001.5,
        "ended": 1200.0,
        "replicated": NOTHING_WRONG,
        "proof": NOTHING_WRONG,
        "timeline": [
            {"at": 1001.5, "what": "us-east-1 goes dark"},
            {"at": "1970-01-01T00:17:40.000Z", "what": "<decided> & promoted"},
        ],
        "rto_seconds": 900,
        "rpo_seconds": 300,
    }


def test_the_report_has_what_was_promised_and_what_was_measured(options):
    result = run(drill_report, options, aws=False)
    report = result["report"]
    assert result["met"] is report["met"] is True
    assert (report["rto_seconds"], report["rpo_seconds"], report["lost"], report["duplicated"]) == (100, 0, 0, 0)
    assert report["direction"] == "us-east-1 to us-east-2"
    assert [event["what"] for event in report["timeline"]][-3:] == [
        "<decided> & promoted",
        "first payment acknowledged after it",
        "payments are acknowledged by us-east-2",
    ]
    assert result["lines"][0].startswith("MET: dark, us-east-1 to us-east-2, automatic: RTO 100.0 s (promised 900 s)")
    assert not undocumented(drill_report, result)


def test_what_the_journal_brought_back_stands_beside_what_is_lost(options):
    replicated = {**NOTHING_WRONG, "lost": [{}, {}, {}]}
    result = run(drill_report, {**options, "replicated": replicated}, aws=False)
    assert (result["met"], result["report"]["lost"], result["report"]["lost_by_replication"]) == (True, 0, 3)
    assert result["lines"][0].endswith("0 lost, 0 doubled; replication alone would have lost 3")


@pytest.mark.parametrize(
    "worse",
    [
        {"rto_seconds": 100},
        {"proof": {**NOTHING_WRONG, "doubled": ["r-1"]}},
        {"proof": {**NOTHING_WRONG, "rpo_seconds": 300.0}},
        {"ended": 999.0},
    ],
)
def test_what_was_promised_and_not_kept_is_not_met(options, worse):
    result = run(drill_report, {**options, **worse}, aws=False)
    assert result["met"] is False
    assert result["lines"][0].startswith("NOT MET")


def test_the_page_is_well_formed_loads_nothing_and_escapes_what_others_wrote(options):
    page = run(drill_report, options, aws=False)["page"]
    svg = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    bars = [box for box in svg.iter("rect") if box.get("fill") in drill_page.COLOURS and float(box.get("height")) > 12]
    assert len(bars) == 4
    assert "&lt;decided&gt; &amp; promoted" in page
    assert "100.0 s" in "".join(svg.itertext())
    for loading in ("src=", "href=", "http:", "https:", "@import", "<script"):
        assert loading not in page


def test_a_drill_without_an_acknowledged_payment_has_a_page_too():
    assert drill.histogram([], 1.0) == []
    assert "No payment was acknowledged" in drill_page.picture({"timeline": []}, [])


def test_bars_have_no_gap_from_the_first_to_the_last():
    rates = drill.histogram([paid(10.0), paid(10.2), paid(13.1, region="us-east-2"), paid(12, "")], 1.0)
    assert rates == [(10.0, {"us-east-1": 2}), (11.0, {}), (12.0, {}), (13.0, {"us-east-2": 1})]


def test_a_file_that_is_not_there_is_told(options):
    assert run(drill_report, {**options, "path": "/nowhere/x"}, aws=False)["msg"].startswith("path: ")

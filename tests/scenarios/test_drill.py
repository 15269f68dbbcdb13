"""drill.yml as staging has it, without commands of the inventory: a region is fenced and evacuated, there and home."""

import json

import pytest

from module_utils.payments_dr.mode import AUTOMATIC, MANUAL

from .hurried import HURRY, impatient, restarted
from .looking import DR, PRIMARY
from .recovering import CONFIRM, as_it_was, forget_report, report
from .two_regions import Site

# Few payments: what is measured here is whether it works, and make drill measures how long it takes.
FEW = {"drill_commands": {}, "drill_clients": 3, "drill_rate": 8, "drill_steady_payments": 10}


@pytest.fixture
def site(deployment, sandbox):
    """In a hurry; all is as it was afterwards."""
    with as_it_was(sandbox):
        restarted(sandbox, HURRY)
        made = Site(sandbox)
        made.begin_in(PRIMARY)
        made.set_mode(MANUAL)
        yield made


def test_the_function_recovers_from_a_fenced_region_and_the_drill_goes_home(site, sandbox, playbook):
    forget_report("drill")
    with impatient(sandbox):
        drill = playbook("drill", *CONFIRM, "-e", json.dumps({**FEW, "drill_mode": AUTOMATIC}))
    assert drill.code == 0, drill.output
    found = report("drill")
    assert (found["kind"], found["direction"], found["mode"]) == (
        "fenced and evacuated",
        f"{PRIMARY} to {DR}",
        AUTOMATIC,
    )
    # The region's storage answers, so that Aurora's write fence holds and everything is replicated.
    assert (found["met"], found["lost"], found["duplicated"]) == (True, 0, 0), found["verdict"]
    assert any("promote: " in event["what"] for event in found["timeline"]), "the function, and nobody else"
    assert site.writer == PRIMARY
    assert {site.mode(region).mode for region in (PRIMARY, DR)} == {MANUAL}, "as it was before the drill"
    site.settle(PRIMARY)

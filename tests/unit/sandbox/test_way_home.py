"""Where the name leads, whatever Route 53 may think: the checks as verify.yml insists on them, answered as AWS does.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html: failover of two records with checks
"""

import itertools

import pytest

from sandbox import health, zones
from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, OHIO

STATES = list(itertools.product([True, False], repeat=6))


@pytest.fixture(autouse=True)
def forgotten():
    yield
    health.endpoints.clear()


def config(check):
    """A health check of the deployment as Route 53 has it."""
    alarm = {"Name": check["alarm_name"], "Region": check["alarm_region"]}
    return {
        "Type": check["type"],
        "Inverted": check["inverted"],
        "ChildHealthChecks": check["children"],
        "HealthThreshold": check["health_threshold"],
        "AlarmIdentifier": alarm,
        "InsufficientDataHealthStatus": check["insufficient_data_status"],
    }


def leads(primary_serves, dr_serves, standing_by=None, evacuated=None, slow=None, dr_evacuated=None):
    """The region that the name leads to. Alarms: True is ALARM, False OK, None never had data."""
    health.endpoints.update({f"endpoint-{EAST}": primary_serves, f"endpoint-{OHIO}": dr_serves})
    alarms = {
        deployed.alarm("standing-by", EAST): standing_by,
        deployed.alarm("evacuate", OHIO): evacuated,
        deployed.alarm("evacuate", EAST): dr_evacuated,
        deployed.alarm("api-latency", EAST): slow,
    }
    words = {True: ["ALARM"], False: ["OK"], None: ["INSUFFICIENT_DATA"]}
    checks = {check["id"]: config(check) for check in deployed.health_checks()}
    sets = [
        {"Name": one["name"], "Type": one["type"], "Failover": one["failover"], "HealthCheckId": one["health_check_id"]}
        for one in deployed.records()
        if one["name"].startswith("api.")
    ]
    chosen = zones.choose(sets, lambda check: health.status(check, checks, lambda alarm: words[alarms[alarm["Name"]]]))
    return EAST if chosen["Failover"] == "PRIMARY" else OHIO


@pytest.mark.parametrize(("primary_serves", "dr_serves", "standing_by", "evacuated", "slow", "dr_evacuated"), STATES)
def test_the_truth_table(primary_serves, dr_serves, standing_by, evacuated, slow, dr_evacuated):
    """All 64; some cannot be, such as both regions serving, and lead somewhere that takes payments all the same."""
    led = leads(primary_serves, dr_serves, standing_by, evacuated, slow, dr_evacuated)
    if primary_serves and not evacuated and not slow:
        assert led == EAST
    elif dr_evacuated:
        reasons = [dr_serves, not standing_by, evacuated]
        assert led == (OHIO if sum(reasons) > 1 else EAST), "two reasons outweigh it, since a stale latch is one"
    elif evacuated or dr_serves or not standing_by:
        assert led == OHIO
    else:
        assert led == EAST, "it stands by, and the active region is down"


@pytest.mark.parametrize(("dr_serves", "standing_by", "slow"), list(itertools.product([True, False], repeat=3)))
def test_an_evacuation_of_the_primary_region_always_wins(dr_serves, standing_by, slow):
    for primary_serves in (True, False):
        assert leads(primary_serves, dr_serves, standing_by, True, slow) == OHIO


@pytest.mark.parametrize(("primary_serves", "dr_serves"), list(itertools.product([True, False], repeat=2)))
def test_an_evacuation_of_the_dr_region_leads_home_while_that_stands_by(primary_serves, dr_serves):
    assert leads(primary_serves, dr_serves, standing_by=True, dr_evacuated=True) == EAST


@pytest.mark.parametrize(("primary_serves", "dr_serves"), list(itertools.product([True, False], repeat=2)))
def test_without_any_data_it_is_as_if_there_were_no_latch(primary_serves, dr_serves):
    """A first deployment: the name follows the primary region's own check."""
    assert leads(primary_serves, dr_serves) == (EAST if primary_serves else OHIO)


# One after the other: primary_serves, dr_serves, standing_by, evacuated; and where the name has to lead.
AWAY = [
    ("us-east-1 is active", (True, False, False, False), EAST),
    ("it goes dark", (False, False, False, False), OHIO),
    ("us-east-2 asks for a promotion, and evacuates", (False, False, False, True), OHIO),
    ("us-east-2 serves", (False, True, False, True), OHIO),
    ("us-east-1 follows, and says so", (False, True, True, True), OHIO),
    ("the evacuation is taken back", (False, True, True, False), OHIO),
]
HOME = [
    ("us-east-2 is active", (False, True, True, False), OHIO),
    ("it goes dark: the name leads home while the promotion runs", (False, False, True, False), EAST),
    ("us-east-1 serves", (True, False, True, False), EAST),
    ("and says that it stands by no more", (True, False, False, False), EAST),
]
BLIP = [
    ("us-east-2 is active", (False, True, True, False), OHIO),
    ("it is down for a while, and nobody promotes", (False, False, True, False), EAST),
    ("it is back", (False, True, True, False), OHIO),
]
# The latch still has the role of before: it follows a swap within minutes.
LATE = [
    ("us-east-1 is active again, the latch says standby", (True, False, True, False), EAST),
    ("it is switched over to us-east-2: evacuated", (True, False, True, True), OHIO),
    ("its checks fail", (False, False, True, True), OHIO),
    ("us-east-2 serves", (False, True, True, True), OHIO),
]
# The last one: us-east-2 is evacuated.
PARTITION = [
    ("us-east-2 is active", (False, True, True, False, False), OHIO),
    ("us-east-1 cannot reach it, clients can, and it is evacuated", (False, True, True, False, True), EAST),
    ("us-east-1 serves", (True, False, True, False, True), EAST),
    ("and says that it stands by no more", (True, False, False, False, True), EAST),
    ("us-east-1 is lost before the evacuation is taken back", (False, False, False, False, True), EAST),
    ("us-east-2 is to be promoted, and us-east-1 evacuated", (False, False, False, True, True), OHIO),
]


def _four(story):
    return [(told, (*state, False), region) for told, state, region in story]


STORIES = {"away": _four(AWAY), "home": _four(HOME), "blip": _four(BLIP), "late": _four(LATE), "partition": PARTITION}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_story(story):
    for told, state, region in story:
        assert leads(*state[:4], slow=False, dr_evacuated=state[4]) == region, told

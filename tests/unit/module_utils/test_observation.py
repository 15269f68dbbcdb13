import json

from ansible.module_utils.payments_dr.observation import Lag, Probe, last_known_lag, region_of, silence
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.module_utils.observed import NOW, arn, handover, looks, standing_by


def test_the_log_has_every_field_as_json_with_times_to_read():
    seen = standing_by(handover=handover("us-east-2"), errors={"mode": "timed out"})
    log = json.loads(json.dumps(seen.as_log()))
    assert set(log) == set(vars(seen))
    assert log["now"] == "2027-01-15T08:00:00.000+00:00"
    assert log["lag"] == {"milliseconds": 120.0, "at": "2027-01-15T07:57:50.000+00:00"}
    assert log["probes"][-1]["at"] == "2027-01-15T07:59:59.500+00:00"


def test_silence_is_what_failed_since_the_last_good_answer():
    probes = looks([False, True, False, False])
    assert silence(probes) == probes[2:]
    assert silence(reversed(probes)) == probes[2:]
    assert silence(looks([False, True])) == ()
    assert silence([]) == ()


def test_a_probe_that_was_turned_away_neither_ends_nor_makes_a_silence():
    turned_away = looks([False, False], until=NOW - 30, status=429)
    assert silence(turned_away) == ()
    failed = looks([False, False])
    assert silence([*turned_away, *failed]) == failed
    assert silence([*failed, Probe(NOW, False, "limit", 0, 429)]) == failed


def test_the_lag_that_counts_is_from_before_the_outage():
    points = [Lag(100, NOW - 300), Lag(120, NOW - 100), Lag(90_000, NOW - 5)]
    assert last_known_lag(points, looks([True])) == points[2]
    assert last_known_lag(points, looks([True, *[False] * 10])) == points[1]
    assert last_known_lag(points[2:], looks([False] * 10)) is None


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e3))), st.lists(st.booleans()))
def test_a_lag_of_during_the_outage_never_counts(points, verdicts):
    probes = looks(verdicts, until=1000.0)
    found = last_known_lag([Lag(milliseconds, at) for milliseconds, at in points], probes)
    quiet = silence(probes)
    assert found is None or not quiet or found.at <= quiet[0].at


def test_what_the_world_reached_had_not_stopped_to_serve():
    """A broken way between the regions: payments were taken and not replicated until the checkers said down."""
    unreachable = looks([False] * 20, until=NOW - 60, checkers="up")
    dead = looks([False] * 10)
    assert standing_by(probes=(*unreachable, *dead)).outage_at == unreachable[-1].at
    assert standing_by(probes=dead).outage_at == dead[0].at
    assert standing_by(probes=looks([False] * 3, checkers="unknown")).outage_at == looks([False] * 3)[-1].at
    assert standing_by(probes=looks([False, True])).outage_at == NOW


def test_the_region_of_an_arn():
    assert region_of(arn("us-east-2")) == "us-east-2"
    assert region_of("") == region_of("nonsense") == ""

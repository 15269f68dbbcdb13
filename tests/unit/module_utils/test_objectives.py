"""RTO and RPO arithmetic."""

import pytest
from ansible.module_utils.payments_dr import objectives


@pytest.mark.parametrize(
    ("interval", "threshold", "ttl", "promotion", "budget"),
    [(10, 6, 60, 120, 240), (30, 3, 60, 120, 270), (10, 1, 0, 0, 10), (30, 10, 300, 300, 900)],
)
def test_a_budget_is_detection_and_dns_and_promotion(interval, threshold, ttl, promotion, budget):
    assert objectives.rto_budget(interval, threshold, ttl, promotion) == budget


def test_lag_is_reported_in_milliseconds():
    assert objectives.lag_seconds(84_200.0) == 84.2


@pytest.mark.parametrize(("seconds", "days"), [(86_400 * 30, 30), (86_400 * 30 - 1, 29), (0, 0), (-1, -1)])
def test_days_left_are_whole_days(seconds, days):
    assert objectives.days_left(seconds) == days


@pytest.mark.parametrize(
    ("lag", "measured", "outage", "worst"), [(2_000, 100, 160, 62), (0, 100, 100, 0), (500, 120, 100, 0.5)]
)
def test_the_worst_loss_is_the_lag_and_all_since_it_was_measured(lag, measured, outage, worst):
    assert objectives.worst_loss_seconds(lag, measured, outage) == worst

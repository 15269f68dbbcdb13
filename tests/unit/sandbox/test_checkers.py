"""Route 53's checkers: consecutive results, where they look, and what they leave for a restart."""

import asyncio

import pytest
from ministack.core.responses import request_scope
from ministack.services import apigateway_v1, cloudwatch, route53

from sandbox import checkers, health, probe
from sandbox.config import Config

ACCOUNT = "222222222222"
NAME = "api-us-east-2.payments.example.com"
GATEWAY = "d-0123456789.execute-api.us-east-2.amazonaws.com"
CONFIG = {
    "Type": "HTTPS",
    "FullyQualifiedDomainName": NAME,
    "Port": 443,
    "RequestInterval": 10,
    "FailureThreshold": 2,
    "MeasureLatency": True,
}


@pytest.fixture(autouse=True)
def scope():
    """A zone whose name leads to us-east-2's gateway, and a check of it; nothing before and after."""
    health.endpoints.clear()
    health.reports.clear()
    with request_scope(ACCOUNT, "us-east-2"):
        apigateway_v1._domain_names[NAME] = {"regionalDomainName": GATEWAY}
    with request_scope(ACCOUNT, "us-east-1"):
        route53._zones["Z1"] = {"id": "Z1", "name": "payments.example.com.", "private": False}
        route53._records["Z1"] = [
            {"Name": NAME + ".", "Type": "CNAME", "TTL": "60", "ResourceRecords": [GATEWAY]},
            {"Name": "payments.example.com.", "Type": "SOA", "TTL": "900", "ResourceRecords": ["ns. me. 1 2 3 4 60"]},
            {"Name": "far.payments.example.com.", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]},
        ]
        route53._health_checks["c1"] = {"config": dict(CONFIG)}
        yield
        route53.reset()
        cloudwatch.reset()
    apigateway_v1.reset()
    health.endpoints.clear()
    health.reports.clear()


@pytest.fixture
def made(tmp_path):
    return checkers.Checkers(Config(dir=tmp_path, tls_port=18443, hurry=60))


@pytest.mark.parametrize(
    ("looks", "threshold", "expected"),
    [
        ("--", 3, "++"),
        ("---", 3, "++-"),
        ("--+--", 3, "+++++"),
        ("-", 1, "-"),
        ("---++-+++", 3, "++------+"),
        ("------", 6, "+++++-"),
    ],
)
def test_the_status_changes_after_as_many_looks_in_a_row_as_the_threshold(looks, threshold, expected):
    streak = checkers.Streak()
    assert "".join("+" if streak.add(look == "+", threshold) else "-" for look in looks) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("127.0.2.1", 18443)),
        ({"Port": 9000}, ("127.0.2.1", 9000)),
        ({"IPAddress": "127.0.0.9"}, ("127.0.0.9", 443)),
        ({"IPAddress": "192.0.2.1"}, None),
        ({"FullyQualifiedDomainName": "far.payments.example.com"}, None),
        ({"FullyQualifiedDomainName": "nobody.payments.example.com"}, None),
        ({"FullyQualifiedDomainName": "www.example.org"}, None),
    ],
)
def test_it_looks_at_the_regions_own_address_and_never_outside(made, change, expected):
    assert made.target(CONFIG | change) == expected


def test_a_name_that_leads_nowhere_is_unhealthy(made):
    seen = asyncio.run(made.look("c1", CONFIG | {"FullyQualifiedDomainName": "www.example.org"}))
    assert not seen.healthy
    assert "DNS resolution failed" in seen.report


def follow(made, looks, seconds=0.6):
    """Follow the account's checks while every look says what `looks` gives next; return how many were made."""
    made_looks = []

    async def look(name, config):
        made_looks.append(name)
        return next(looks)

    async def run():
        made.look = look
        try:
            await made.follow()
            await asyncio.sleep(seconds)
        finally:
            await made.close()

    asyncio.run(run())
    return made_looks


def always(healthy):
    while True:
        yield probe.Look(healthy, "Success: seen" if healthy else "Failure: seen", connection=3.4)


def test_a_check_that_fails_long_enough_is_unhealthy_and_stays_so_after_a_restart(made, tmp_path):
    assert len(follow(made, always(False))) >= 2
    assert health.endpoints == {"c1": False}
    assert health.reports == {"c1": "Failure: seen"}
    assert not health.is_healthy(ACCOUNT, "c1")
    health.endpoints.clear()
    again = checkers.Checkers(Config(dir=tmp_path, hurry=60))
    assert health.endpoints == {"c1": False}
    follow(again, always(True))
    assert health.endpoints == {"c1": True}


def test_a_damaged_file_of_statuses_heals_everybody_and_says_so(tmp_path, caplog):
    (tmp_path / "health.json").write_text("{")
    assert checkers.read_statuses(tmp_path / "health.json") == {}
    assert "damaged" in caplog.text


def test_a_disabled_check_is_not_looked_at(made):
    with request_scope(ACCOUNT, "us-east-1"):
        route53._health_checks["c1"]["config"]["Disabled"] = True
    assert follow(made, always(False)) == []


def test_a_deleted_check_is_no_longer_looked_at(made):
    async def run():
        await made.follow()
        assert set(made.tasks) == {"c1"}
        health.endpoints["c1"] = False
        with request_scope(ACCOUNT, "us-east-1"):
            route53._health_checks.pop("c1")
        await made.follow()
        assert (made.tasks, health.endpoints) == ({}, {})

    asyncio.run(run())


def test_a_checker_that_breaks_is_reported_and_starts_again(made, caplog):
    async def run():
        async def broken(name, config):
            raise RuntimeError("a bug")

        made.look = broken
        await made.follow()
        first = made.tasks["c1"]
        await asyncio.sleep(0.1)
        await made.follow()
        assert made.tasks["c1"] is not first
        await made.close()

    asyncio.run(run())
    assert "a bug" in caplog.text


def test_what_is_published(made):
    follow(made, always(False))
    with request_scope(ACCOUNT, "us-east-1"):
        route53._health_checks["calculated"] = {
            "config": {"Type": "CALCULATED", "ChildHealthChecks": ["c1"], "HealthThreshold": 1}
        }
        asyncio.run(made.publish())
        newest = {key[1:]: points[-1]["Value"] for key, points in cloudwatch._metrics.items()}
    assert newest == {
        ("ConnectionTime", "HealthCheckId=c1"): 3,
        ("HealthCheckStatus", "HealthCheckId=c1"): 0,
        ("HealthCheckPercentageHealthy", "HealthCheckId=c1"): 0,
        ("HealthCheckStatus", "HealthCheckId=calculated"): 0,
        ("ChildHealthCheckHealthyCount", "HealthCheckId=calculated"): 0,
    }

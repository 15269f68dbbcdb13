"""Outages in which the active region goes on serving: nobody may be promoted, whatever the standby sees or does not."""

from __future__ import annotations

import time

from .looking import eventually, patiently
from .outage_stage import DEADLINE, Stage, evaluations
from .shoppers import Shoppers

# Seconds for which nobody may be without an answer; flapping is out for 1.5 s at a time.
CALM_SECONDS = 6
FLAPS, DOWN_SECONDS, UP_SECONDS = 3, 1.5, 1.0
QUIET, WATCHFUL = {"stay"}, {"stay", "probe"}


def nothing_moves(stage: Stage, active: str, shoppers: Shoppers, began: float, allowed: set[str]) -> None:
    """The active region took payments all the time, and the standby's function decided nothing but `allowed`."""
    site, standby, ended = stage.site, stage.site.peer(active), time.time()
    site.restore()
    shoppers.served_by(active, ended, DEADLINE)
    decided = site.decisions(standby, began)
    assert {one["action"] for one in decided} <= allowed, decided
    assert site.writer == active
    assert site.told(began, standby, "FAILING OVER") is None
    assert shoppers.longest_silence(began, ended) < patiently(CALM_SECONDS)
    site.settle(active)
    shoppers.stop()
    assert {paid.region for paid in shoppers.acknowledged()} == {active}
    proof = shoppers.proof(active, began)
    assert (proof["lost"], proof["doubled"]) == ([], [])
    stage.note(shoppers.name, proof, serves=active)


def control_planes(stage: Stage, active: str) -> None:
    """The active region cannot be changed or described, the standby throttles, nothing replicates: all can pay."""
    site, standby = stage.site, stage.site.peer(active)
    with Shoppers(site, "control-plane") as shoppers:
        shoppers.served_by(active, 0, DEADLINE)
        began = site.out(active, "control-plane", "replication")
        site.out(standby, "throttled")
        evaluations(site, standby, time.time(), 2)
        nothing_moves(stage, active, shoppers, began, QUIET)


def partition(stage: Stage, active: str) -> None:
    """The standby reaches nothing of the active region, and the world does: a person is told, and nobody promotes."""
    site, standby = stage.site, stage.site.peer(active)
    with Shoppers(site, "partition") as shoppers:
        shoppers.served_by(active, 0, DEADLINE)
        began = site.out(active, "partition")
        site.decided(standby, began, "refuse", "checkers", seconds=DEADLINE)
        mail = eventually(lambda: site.told(began, standby, f"NO FAILOVER to {standby}"), "a page")
        assert "NOT checkers: Route 53's checkers call" in mail["message"]
        nothing_moves(stage, active, shoppers, began, WATCHFUL | {"refuse"})


def flapping(stage: Stage, active: str) -> None:
    """Half of the time it answers errors, never for as long as the detection takes."""
    site = stage.site
    with Shoppers(site, "flapping") as shoppers:
        shoppers.served_by(active, 0, DEADLINE)
        # A standby that still remembers the row before would count on from there, one look at each event.
        site.decided(site.peer(active), time.time(), "stay", seconds=DEADLINE)
        began = time.time()
        for _ in range(FLAPS):
            with site.without(active, "api-errors") as down:
                time.sleep(max(0.0, down + DOWN_SECONDS - time.time()))
            time.sleep(patiently(UP_SECONDS))  # who looks seldom must see it well, too
        evaluations(site, site.peer(active), began, 2)
        nothing_moves(stage, active, shoppers, began, WATCHFUL)


def dark_standby(stage: Stage, active: str) -> None:
    """There is nobody to fail over to: payments go on, and people are told that there is no standby."""
    site, standby = stage.site, stage.site.peer(active)
    with Shoppers(site, "dark-standby") as shoppers:
        shoppers.served_by(active, 0, DEADLINE)
        # Until the next minute of CloudWatch's, which does not hurry, it goes on reopening what it took over from.
        site.decided(active, time.time(), "stay", seconds=DEADLINE)
        began = site.out(standby, "dark")
        warned = f"{standby} does not answer as a well standby"
        made = evaluations(site, active, began, 2)
        assert {one["action"] for one in made} == QUIET
        assert any(warned in warning for warning in made[-1]["warnings"]), made[-1]
        following = stage.status()
        assert "status.yml" in following["command"]
        assert f"{standby} does not answer: there is no standby" in following["why"]
        mail = eventually(lambda: site.told(began, active, "WARNING"), "a warning", DEADLINE)
        assert warned in mail["message"]
        # A run that was under way when its region went dark sees nothing of anything, and does nothing.
        nothing_moves(stage, active, shoppers, began, WATCHFUL | {"refuse"})


CALM = [control_planes, partition, flapping, dark_standby]

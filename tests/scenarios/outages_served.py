"""Outages after which the standby serves: by itself in mode automatic, by a person who was called in mode manual."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from module_utils.payments_dr.mode import MANUAL

from .looking import eventually, patiently
from .outage_stage import DEADLINE, RPO_SECONDS, RTO_SECONDS, Stage
from .shoppers import Shoppers
from .two_regions import PAUSE_SECONDS, Site, refused_by


def taken_over(stage: Stage, origin: str, kind: str) -> None:
    """The function promotes, and the old region acknowledges nothing when it wakes up, be it fenced or not."""
    site, target = stage.site, stage.site.peer(origin)
    with Shoppers(site, kind) as shoppers:
        shoppers.served_by(origin, 0, DEADLINE)
        began = site.out(origin, kind)
        shoppers.served_by(target, began, DEADLINE)
        served = time.time()
        rejoined = comes_back(stage, origin, kind)
        people_are_told(site, target, began)
        shoppers.stop()
        proof, silence = shoppers.proof(target, began), shoppers.longest_silence(began, served)
        if kind == "dark":  # the others lose as much or less
            stage.reconcile()
            assert shoppers.proof(target, began)["lost"] == []
    (promotion,) = [one for one in site.decisions(target, began) if one["action"] == "promote"]
    note(stage, f"{kind}, {origin} to {target}, automatic", target, proof, silence, rejoined)
    assert silence < patiently(RTO_SECONDS)
    assert proof["doubled"] == []
    assert proof["rpo_seconds"] <= promotion["loss_seconds"]
    assert site.mode(target).mode == MANUAL


def by_hand(stage: Stage, origin: str, kind: str) -> None:
    """Nobody has armed the function: it calls a person, who types what status.yml says, and nothing else."""
    site, target = stage.site, stage.site.peer(origin)
    site.set_mode(MANUAL)
    with Shoppers(site, f"{kind}-by-hand") as shoppers:
        shoppers.served_by(origin, 0, DEADLINE)
        began = site.out(origin, kind)
        following = a_person_is_called(stage, origin, began)
        assert f"playbooks/failover.yml -i inventories/sandbox -e to={target}" in following["command"], following
        assert site.writer == origin
        done = stage.fail_over(target)
        assert done.code == 0, done.output
        shoppers.served_by(target, began, DEADLINE)
        served = time.time()
        rejoined = comes_back(stage, origin, kind)
        shoppers.stop()
        proof, silence = shoppers.proof(target, began), shoppers.longest_silence(began, served)
    note(stage, f"{kind}, {origin} to {target}, manual", target, proof, silence, rejoined)
    assert "promote" not in {one["action"] for one in site.decisions(target, began)}
    assert proof["doubled"] == []
    assert proof["rpo_seconds"] <= RPO_SECONDS


def a_person_is_called(stage: Stage, origin: str, began: float) -> dict[str, str]:
    """By the function in the standby, which sees all that it needs to promote, were it not for the mode.

    Answers what status.yml says meanwhile, once Route 53's checkers have noticed the outage.
    """
    site, target = stage.site, stage.site.peer(origin)

    def only_the_mode() -> bool:
        refused = [one for one in site.decisions(target, began) if one["action"] == "refuse"]
        return any(refused_by(one) == ["mode"] for one in refused)

    eventually(lambda: site.checkers(origin) == ["down"], f"Route 53's checkers to call {origin} down", DEADLINE)
    with ThreadPoolExecutor(1) as person:
        looking = person.submit(stage.status)
        eventually(only_the_mode, f"{target} to refuse for the mode alone", DEADLINE, PAUSE_SECONDS)
        mail = eventually(lambda: site.told(began, target, f"NO FAILOVER to {target}"), "a page", DEADLINE)
    assert "NOT mode: the mode is manual" in mail["message"]
    assert f"ansible-playbook playbooks/failover.yml -i inventories/{site.topology.environment}" in mail["message"]
    return looking.result()


def people_are_told(site: Site, target: str, began: float) -> None:
    for words, following in ((f"FAILING OVER to {target}", "status"), (f"FAILED OVER to {target}", "reconcile")):
        mail = eventually(lambda words=words: site.told(began, target, words), f"a mail: {words}")
        assert f"ansible-playbook playbooks/{following}.yml" in mail["message"]


def comes_back(stage: Stage, origin: str, kind: str) -> float:
    """The old region wakes up as it was, acknowledges nothing and rejoins; after how many seconds all is well."""
    site = stage.site
    with Shoppers(site, f"{kind}-woken", origin, clients=2) as stubborn:
        site.restore(origin)
        rejoined = site.settle(site.peer(origin))
        stubborn.stop()
        woken = stubborn.acknowledged(region=origin)
    assert not woken, woken
    return rejoined


def note(stage: Stage, row: str, serves: str, proof: dict[str, Any], silence: float, rejoined: float) -> None:
    stage.note(
        row,
        proof,
        serves=serves,
        rto_seconds=round(silence, 1),
        rpo_seconds=round(proof["rpo_seconds"], 3),
        rejoined_seconds=round(rejoined, 1),
    )


KINDS = ["dark", "hang", "api-errors", "api-slow", "lambda", "database-killed", "database-frozen"]

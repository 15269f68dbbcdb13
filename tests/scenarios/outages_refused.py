"""The standby is ill when it is needed: it is not promoted by itself, people are told why, and a person overrides."""

from __future__ import annotations

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

from .ailments import AILMENTS, report_a_lag
from .hurried import told
from .looking import eventually
from .outage_stage import DEADLINE, Stage
from .shoppers import Shoppers
from .two_regions import PAUSE_SECONDS, Site

OVER_THE_RPO = ("rpo", "up to ")


def refused(stage: Stage, origin: str) -> None:
    """Each ailment alone keeps the standby from being promoted, and is told; a person who knows better overrides."""
    site, target = stage.site, stage.site.peer(origin)
    ailments = [one for one in AILMENTS if target in one.regions]
    with contextlib.ExitStack() as harmed, Shoppers(site, "refused") as shoppers:
        # The function does not say twice what it has said in the rows before: it starts anew.
        harmed.enter_context(told(site.sandbox, target, lambda policy: policy))
        shoppers.served_by(origin, 0, DEADLINE)
        cut = site.out(origin, "replication")
        apart = time.time()
        shoppers.served_by(origin, apart, DEADLINE)
        began = 0.0
        for ailment in ailments:
            with harmed.pop_all():  # the one before ends when this one has begun
                harmed.enter_context(ailment.harm(site, target))
            since = time.time()
            began = began or site.out(origin, "api-errors")
            refused_for(site, target, since, ailment.guard, ailment.words)
        report_a_lag(site, target, began)
        harmed.close()
        refused_for(site, target, time.time(), *OVER_THE_RPO)
        pages_name(site, target, cut, [*((one.guard, one.words) for one in ailments), OVER_THE_RPO])
        assert site.writer == origin
        seconds = a_person_overrides(stage, target)
        shoppers.served_by(target, began, DEADLINE)
        site.restore()
        site.settle(target)
        shoppers.stop()
        proof = shoppers.proof(target, began)
        stage.note(f"refused, {origin} to {target}, manual", proof, serves=target, failover_seconds=round(seconds, 1))
        assert proof["doubled"] == []
        # What was acknowledged while nothing was replicated is in the journal alone.
        assert proof["lost"]
        assert all(paid["ended"] >= cut for paid in proof["lost"])
        stage.reconcile()
        assert shoppers.proof(target, began)["lost"] == []


def refused_for(site: Site, target: str, since: float, guard: str, words: str) -> None:
    """Wait until the function refuses, with this guard among those that do not hold, in these words."""

    def look() -> bool:
        refusals = [one for one in site.decisions(target, since) if one["action"] == "refuse"]
        told = [one for refusal in refusals for one in refusal["guards"] if one["name"] == guard and not one["holds"]]
        return any(one["seen"].startswith(words) for one in told)

    eventually(look, f"{target} to refuse: {guard}: {words}", DEADLINE, PAUSE_SECONDS)


def pages_name(site: Site, target: str, since: float, found: list[tuple[str, str]]) -> None:
    """Wait until people were told of each guard, in its words."""

    def told() -> bool:
        pages = [mail["message"] for mail in site.mails(since) if f"NO FAILOVER to {target}" in mail["subject"]]
        return all(any(f"NOT {guard}: {words}" in page for page in pages) for guard, words in found)

    eventually(told, f"pages about {found}", DEADLINE, PAUSE_SECONDS)


def a_person_overrides(stage: Stage, target: str) -> float:
    """Types what status.yml says, reads which guard refuses, and waives it; answers how many seconds it took."""
    with ThreadPoolExecutor() as screens:
        looking, stopping = screens.submit(stage.status), screens.submit(stage.fail_over, target)
    following, stopped = looking.result(), stopping.result()
    assert f"playbooks/failover.yml -i inventories/sandbox -e to={target}" in following["command"]
    assert stopped.code != 0
    assert "Guards refuse, as shown above: rpo" in stopped.output, stopped.output
    assert stage.site.writer != target
    done = stage.fail_over(target, "-e", json.dumps({"override": ["rpo"]}))
    assert done.code == 0, done.output
    return done.seconds

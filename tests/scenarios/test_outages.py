"""Every outage that must end well, in both directions: who serves, what is lost and doubled, what people are told.

One walk over the shared deployment, in a hurry: after a failover the next row goes the other way. A row that finds
another region active than it needs switches over first, so that each can be run alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from module_utils.payments_dr.mode import AUTOMATIC, MANUAL

from .ailments import AILMENTS, report_a_lag
from .conftest import ROOT
from .hurried import HURRY, hurried, told
from .looking import DR, PRIMARY, eventually, patiently
from .recovering import as_it_was
from .shoppers import Shoppers
from .two_regions import Site

REPORTS = ROOT / "build" / "reports"
# What is promised, at the sandbox's pace.
RTO_SECONDS = 900 / HURRY
# Until the standby serves: twice what is promised, since the machine may be busy with other tests.
DEADLINE = 2 * RTO_SECONDS
# Seconds for which nobody may be without an answer where nothing is to happen; flapping is out for 1.5 s at a time.
CALM_SECONDS = 6
FLAPS, DOWN_SECONDS, UP_SECONDS = 3, 1.5, 2.5
QUIET, WATCHFUL = {"stay"}, {"stay", "probe"}


@dataclasses.dataclass(frozen=True)
class Row:
    """One outage of `origin`, the active region; `run` has the rest of its arguments."""

    name: str
    origin: str
    run: Callable[..., None]
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.origin} active, {self.name}"


@dataclasses.dataclass
class Stage:
    """Where a row plays: both regions, the playbooks, and what was measured so far."""

    site: Site
    playbook: Callable[..., Any]
    measured: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def status(self) -> dict[str, str]:
        """What status.yml says is to be typed next, and why."""
        result = self.playbook("status")
        assert result.code == 0, result.output
        return json.loads((REPORTS / "status.json").read_text())["next"]

    def note(self, row: str, proof: dict[str, Any], **more: Any) -> None:
        counts = {"lost": len(proof["lost"]), "doubled": len(proof["doubled"])}
        self.measured.append({"row": row, "acknowledged": proof["acknowledged"], **counts, **more})


@pytest.fixture(scope="module")
def stage(deployment, sandbox, playbook):
    made = Stage(Site(sandbox), playbook)
    # Certificates, instances and parameters are other ones in the end: the tests that follow want what was deployed.
    with as_it_was(sandbox), hurried(sandbox):
        made.site.begin_in(PRIMARY)
        yield made
        REPORTS.mkdir(parents=True, exist_ok=True)
        (REPORTS / "outages.json").write_text(json.dumps(made.measured, indent=2) + "\n")


# -- nothing is to happen


def nothing_moves(stage: Stage, active: str, shoppers: Shoppers, began: float, allowed: set[str]) -> None:
    """The active region took payments all the time, and the standby's function decided nothing but `allowed`."""
    site, standby, ended = stage.site, stage.site.peer(active), time.time()
    site.restore()
    shoppers.served_by(active, ended, DEADLINE)
    decided = site.decisions(standby, began)
    assert {one["action"] for one in decided} <= allowed, decided
    assert site.writer == active
    assert site.told(began, standby, "FAILING OVER") is None
    assert shoppers.longest_silence(began, ended) < CALM_SECONDS
    site.settle(active)
    shoppers.stop()
    assert {paid.region for paid in shoppers.acknowledged()} == {active}
    proof = shoppers.proof(active, began)
    assert (proof["lost"], proof["doubled"]) == ([], [])
    stage.note(shoppers.name, proof, serves=active)


def evaluations(site: Site, region: str, since: float, count: int) -> list[dict[str, Any]]:
    """Wait until the region's function has decided so often."""
    what = f"{count} decisions of {region}"
    return eventually(lambda: made if len(made := site.decisions(region, since)) >= count else None, what, DEADLINE)


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
        began = time.time()
        for _ in range(FLAPS):
            with site.without(active, "api-errors"):
                time.sleep(DOWN_SECONDS)
            time.sleep(UP_SECONDS)
        evaluations(site, site.peer(active), began, 2)
        nothing_moves(stage, active, shoppers, began, WATCHFUL)


def dark_standby(stage: Stage, active: str) -> None:
    """There is nobody to fail over to: payments go on, and people are told that there is no standby."""
    site, standby = stage.site, stage.site.peer(active)
    with Shoppers(site, "dark-standby") as shoppers:
        shoppers.served_by(active, 0, DEADLINE)
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


# -- the standby takes over by itself


def taken_over(stage: Stage, origin: str, kind: str, fenced: bool) -> None:
    """`fenced`: the old region, when it comes back as it was, acknowledges nothing any more."""
    site, target = stage.site, stage.site.peer(origin)
    with Shoppers(site, kind) as shoppers:
        shoppers.served_by(origin, 0, DEADLINE)
        began = site.out(origin, kind)
        shoppers.served_by(target, began, DEADLINE)
        served = time.time()
        people_are_told(site, target, began)
        with Shoppers(site, f"{kind}-woken", origin, clients=2) as stubborn:
            site.restore(origin)
            rejoined = site.settle(target)
            stubborn.stop()
            woken = stubborn.acknowledged(region=origin)
        shoppers.stop()
        proof, silence = shoppers.proof(target, began), shoppers.longest_silence(began, served)
    (promotion,) = [one for one in site.decisions(target, began) if one["action"] == "promote"]
    stage.note(
        f"{kind}, {origin} to {target}, automatic",
        proof,
        serves=target,
        rto_seconds=round(silence, 1),
        rpo_seconds=round(proof["rpo_seconds"], 3),
        woken=len(woken),
        rejoined_seconds=round(rejoined, 1),
    )
    assert silence < patiently(RTO_SECONDS)
    assert proof["doubled"] == []
    assert proof["rpo_seconds"] <= promotion["loss_seconds"]
    assert not (fenced and woken), woken
    assert site.mode(target).mode == MANUAL


def people_are_told(site: Site, target: str, began: float) -> None:
    for words in (f"FAILING OVER to {target}", f"FAILED OVER to {target}"):
        mail = eventually(lambda words=words: site.told(began, target, words), f"a mail: {words}")
        assert "ansible-playbook playbooks/status.yml" in mail["message"]


# -- it must not take over by itself, and a person decides


def refused(stage: Stage, origin: str) -> None:
    """Each ailment alone keeps the standby from being promoted, and is told; a person who knows better overrides."""
    site, target = stage.site, stage.site.peer(origin)
    with contextlib.ExitStack() as harmed, Shoppers(site, "refused") as shoppers:
        # The function does not say twice what it has said in the rows before: it starts anew.
        harmed.enter_context(told(site.sandbox, target, lambda policy: policy))
        shoppers.served_by(origin, 0, DEADLINE)
        cut = site.out(origin, "replication")
        apart = time.time()
        shoppers.served_by(origin, apart, DEADLINE)
        began = 0.0
        for ailment in [one for one in AILMENTS if target in one.regions]:
            with harmed.pop_all():  # the one before ends when this one has begun
                harmed.enter_context(ailment.harm(site, target))
            since = time.time()
            began = began or site.out(origin, "api-errors")
            site.decided(target, since, "refuse", ailment.guard, seconds=DEADLINE)
        report_a_lag(site, target, began)
        harmed.close()
        site.decided(target, time.time(), "refuse", "rpo", seconds=DEADLINE)
        pages_name_the_guards(site, target, cut)
        assert site.writer == origin
        seconds = a_person_overrides(stage, target)
        shoppers.served_by(target, began, DEADLINE)
        site.restore()
        site.settle(target)
        shoppers.stop()
        proof = shoppers.proof(target, began)
        stage.note(f"refused, {origin} to {target}, manual", proof, serves=target, failover_seconds=round(seconds, 1))
        assert proof["doubled"] == []
        # What was acknowledged while nothing was replicated is in the old volume's snapshot alone.
        assert proof["lost"]
        assert all(paid["ended"] >= cut for paid in proof["lost"])


def pages_name_the_guards(site: Site, target: str, since: float) -> None:
    guards = {one.guard for one in AILMENTS if target in one.regions} | {"rpo"}

    def named() -> bool:
        pages = [mail["message"] for mail in site.mails(since) if f"NO FAILOVER to {target}" in mail["subject"]]
        return all(any(f"NOT {guard}:" in page for page in pages) for guard in guards)

    eventually(named, f"pages about {guards}")


def a_person_overrides(stage: Stage, target: str) -> float:
    """Types what status.yml says, reads which guard refuses, and waives it; answers how many seconds it took."""
    following = stage.status()
    assert f"playbooks/failover.yml -i inventories/sandbox -e to={target}" in following["command"]
    confirmed = ["-e", f"to={target}", "-e", f"confirm={stage.site.topology.global_cluster}"]
    stopped = stage.playbook("failover", *confirmed)
    assert stopped.code != 0
    assert "Guards refuse, as shown above: rpo" in stopped.output, stopped.output
    assert stage.site.writer != target
    done = stage.playbook("failover", *confirmed, "-e", json.dumps({"override": ["rpo"]}))
    assert done.code == 0, done.output
    return done.seconds


CALM = [control_planes, partition, flapping, dark_standby]
WALK = [
    *(Row(run.__name__.replace("_", " "), PRIMARY, run) for run in CALM),
    Row("dark", PRIMARY, taken_over, ("dark", False)),
    *(Row(run.__name__.replace("_", " "), DR, run) for run in CALM),
    Row("hang", DR, taken_over, ("hang", False)),
    Row("api-errors", PRIMARY, taken_over, ("api-errors", True)),
    Row("api-slow", DR, taken_over, ("api-slow", True)),
    Row("lambda", PRIMARY, taken_over, ("lambda", True)),
    Row("lambda", DR, taken_over, ("lambda", True)),
    Row("database-killed", PRIMARY, taken_over, ("database-killed", True)),
    Row("database-frozen", DR, taken_over, ("database-frozen", True)),
    Row("refused, then by hand", PRIMARY, refused),
    Row("refused, then by hand", DR, refused),
]


@pytest.mark.parametrize("row", WALK, ids=str)
def test_an_outage_ends_well(stage, row):
    stage.site.begin_in(row.origin)
    stage.site.set_mode(AUTOMATIC)
    row.run(stage, row.origin, *row.arguments)

"""All checks together: is the standby ready, and how long may a failover take?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from ..objectives import rto_budget
from ..topology import Topology, differences
from . import database, failover, health, journal, naming, services, storage
from .model import GLOBAL, Check, Policy, Scene, none_of, same

SUBJECTS = ("topology", "aurora", "s3", "services", "failover", "journal")
#: What stands in for the facts of Route 53 when nobody could read them.
NO_ROUTE53 = {"reachable": False, "reason": "Route 53 and DNS were not read", "answers": []}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """`ready` only when every check passed that is more than a warning. Regions are empty, and the budget None, where
    nobody can say."""

    ready: bool
    active: str
    standby: str
    rto_budget_seconds: int | None
    checks: list[Check]


def judge(policy: Policy, regions: list[str], facts: dict[str, dict[str, Any]], route53: dict[str, Any]) -> Verdict:
    """Holds what was observed against the policy.

    `facts` maps a region to the results of the info modules by subject, or to {"error": sentence}. A region without
    facts took no part: that is never good enough, since two regions make a standby.
    """
    unread = {region: reason for region in regions if (reason := _unread(facts.get(region)))}
    verified = [
        Check("region-verified", one, one not in unread, "verified", unread.get(one, "verified")) for one in regions
    ]
    documents = {one: seen["document"] for one, seen in _views(facts, regions).items() if seen["document"]}
    problems = {one: seen["problem"] for one, seen in _views(facts, regions).items() if seen["problem"]}
    if not documents:
        undeployed = [Check("topology-published", GLOBAL, False, "deployed", _together(problems))] if problems else []
        return _verdict([*undeployed, *(one for one in verified if not one.ok and one.region not in problems)])
    topology = Topology.parse(documents[next(one for one in regions if one in documents)])
    readable = {one: facts[one] for one in regions if one not in unread and one in topology.places}
    active, standby = _roles(facts, regions)
    scene = Scene(topology, policy, active, standby, readable, route53 or NO_ROUTE53)
    found = [*verified, *_published(regions, documents, problems, topology), *_subjects(scene)]
    budget, how = _budget(scene)
    ok = budget is not None and budget <= policy.rto_seconds
    found.append(Check("rto-budget", GLOBAL, ok, f"{policy.rto_seconds} s or less", how))
    return _verdict(found, active, standby, budget)


def _verdict(checks: list[Check], active: str = "", standby: str = "", budget: int | None = None) -> Verdict:
    return Verdict(bool(checks) and not any(one.failed for one in checks), active, standby, budget, checks)


def _unread(facts: dict[str, Any] | None) -> str:
    """Why the region cannot be judged; empty when it can."""
    if facts is None:
        return "left out of this run (--limit?): both regions are needed"
    if facts.get("error"):
        return facts["error"]
    missing = [subject for subject in SUBJECTS if subject not in facts]
    unreachable = [
        facts[subject]["reason"] for subject in SUBJECTS if not facts.get(subject, {}).get("reachable", True)
    ]
    return next(iter(unreachable), f"not read: {', '.join(missing)}" if missing else "")


def _views(facts: dict[str, dict[str, Any]], regions: list[str]) -> dict[str, dict[str, Any]]:
    """The topology facts of the regions that answered."""
    views = {region: facts.get(region, {}).get("topology", {}) for region in regions}
    return {region: view for region, view in views.items() if view.get("reachable")}


def _together(problems: dict[str, str]) -> str:
    """One sentence when the regions say the same of themselves."""
    first, *others = problems.items()
    if all(text.replace(region, first[0]) == first[1] for region, text in others):
        return " and ".join([first[1], *(region for region, _ in others)])
    return "; ".join(problems.values())


def _roles(facts: dict[str, dict[str, Any]], regions: list[str]) -> tuple[str, str]:
    """(active, standby) as the first region that knows sees it; checks.database objects when they disagree."""
    known = [(view["active_region"], view["standby_region"]) for view in _views(facts, regions).values()]
    return next((pair for pair in known if pair[0]), ("", ""))


def _published(
    regions: list[str], documents: dict[str, Any], problems: dict[str, str], topology: Topology
) -> Iterator[Check]:
    """Each region has the topology, it is about these regions, and both say the same."""
    for region in [one for one in regions if one in documents or one in problems]:
        yield same("topology-published", region, "published", problems.get(region, "published"))
    named, wanted = ", ".join(sorted(topology.places)), ", ".join(sorted(regions))
    yield same("topology-regions", GLOBAL, f"the topology is about {wanted}", f"the topology is about {named}")
    if len(documents) > 1:
        left, right, *_ = documents.values()
        differ = ", ".join(differences(left, right))
        between = f"differs between {' and '.join(documents)}: {differ}"
        yield none_of("topology-agrees", GLOBAL, "the same in both regions", [between] if differ else [])


def _subjects(scene: Scene) -> Iterator[Check]:
    for subject in (database, storage, journal, naming, health, services, failover):
        yield from subject.checks(scene)


def _budget(scene: Scene) -> tuple[int | None, str]:
    """(seconds, how they come about), from what is deployed and answered, not from what was configured."""
    topology = scene.topology
    endpoints = {place.health_check for place in topology.places.values()}
    checks = [one for one in scene.route53.get("health_checks", []) if one["id"] in endpoints]
    records = [one for one in scene.route53.get("records", []) if one["name"] == topology.api_name.lower()]
    answers = [one for one in scene.route53["answers"] if one["name"] == topology.api_name]
    lives = [one["ttl_seconds"] for one in [*records, *answers] if one["ttl_seconds"] is not None]
    if len(checks) < len(endpoints) or not lives:
        missing = "TTL" if len(checks) == len(endpoints) else "endpoint health checks"
        return None, f"cannot be computed: the {missing} of {topology.api_name} could not be read"
    slowest = max(checks, key=lambda one: one["interval_seconds"] * one["failure_threshold"])
    interval, threshold = slowest["interval_seconds"], slowest["failure_threshold"]
    promotion, life = scene.policy.promotion_seconds, max(lives)
    budget = rto_budget(interval, threshold, life, promotion)
    return budget, f"{interval} s x {threshold} + TTL {life} s + promotion {promotion} s = {budget} s"

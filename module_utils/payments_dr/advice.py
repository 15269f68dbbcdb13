"""The one command to type next, from what both regions and DNS say now. Pure.

A view is what one region told: `reachable`, `reason`, `problem`, `active_region`, `standby_region`, `document` of
topology_info, and under `observation` what that region saw of both (observation.as_log()), {} when it could not look.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from .mode import AUTOMATIC, MANUAL
from .observation import BUSY, region_of


@dataclasses.dataclass(frozen=True)
class Advice:
    """`playbook` and its extra variables, and why, in a sentence."""

    playbook: str
    why: str
    extra: dict[str, str] = dataclasses.field(default_factory=dict)

    def command(self, inventory: str) -> str:
        """What a person types in the checkout."""
        given = "".join(f" -e {_quoted(f'{name}={value}')}" for name, value in self.extra.items())
        return f"ansible-playbook playbooks/{self.playbook}.yml -i {inventory}{given}"


def _quoted(variable: str) -> str:
    """For the shell: a value of several words has its own quotes for Ansible, and needs others around."""
    return f'"{variable}"' if "'" in variable else variable


@dataclasses.dataclass(frozen=True)
class Situation:
    """What both regions told, by region, and what DNS servers answer for the name that fails over."""

    views: dict[str, dict[str, Any]]
    answers: list[dict[str, Any]]

    @functools.cached_property
    def answering(self) -> list[str]:
        return [region for region, view in self.views.items() if view.get("reachable")]

    @functools.cached_property
    def document(self) -> dict[str, Any]:
        """The published topology, of the first region that has it."""
        return next((view["document"] for view in self.views.values() if view.get("document")), {})

    @functools.cached_property
    def home(self) -> str:
        return next((one for one, place in self.places.items() if place["dr_role"] == "primary"), "")

    @property
    def places(self) -> dict[str, Any]:
        return self.document.get("regions", {})

    @functools.cached_property
    def claims(self) -> dict[str, str]:
        """Who is active, as each region that knows says."""
        named = {region: self.views[region].get("active_region", "") for region in self.answering}
        return {region: active for region, active in named.items() if active}

    @property
    def active(self) -> str:
        """The region that holds the writer; "" when nobody says, or the regions disagree."""
        said = set(self.claims.values())
        return said.pop() if len(said) == 1 else ""

    @property
    def standby(self) -> str:
        return self.peer(self.active) if self.active else ""

    def peer(self, region: str) -> str:
        return next((one for one in self.views if one != region), "")

    def seen(self, region: str) -> dict[str, Any]:
        """What the region observed; {} when it could not look."""
        return self.views.get(region, {}).get("observation") or {}

    def looks(self, region: str) -> dict[str, dict[str, Any]]:
        """The newest look at a region's own address, by who looked."""
        own, others = self.seen(region).get("own_probe"), self.seen(self.peer(region)).get("probes")
        found = {region: own, self.peer(region): others[-1] if others else None}
        return {who: look for who, look in found.items() if look}

    def alive(self, region: str) -> bool | None:
        """Whether anybody found the region serving; None when nobody could look."""
        looks = self.looks(region).values()
        # Busy, or fenced: either way somebody is there.
        return any(look["ok"] or look["status"] == BUSY for look in looks) if looks else None

    def accepts(self, region: str) -> bool | None:
        """Whether a payment could be accepted there now; None when nobody could look."""
        looks = self.looks(region).values()
        return any(look["ok"] for look in looks) if looks else None

    def checkers(self, region: str) -> str:
        """What Route 53's checkers think of the region, as its peer reads the beacon: up, down or unknown."""
        return self.seen(self.peer(region)).get("checkers") or "unknown"

    @functools.cached_property
    def handover(self) -> dict[str, Any]:
        """The failover or switchover under way; {} when there is none."""
        return next((found for one in self.views if (found := self.seen(one).get("handover"))), {})

    def epoch(self, region: str) -> dict[str, Any]:
        """The epoch as the region's own table has it; {} when it was not read."""
        return self.seen(region).get("epoch") or {}

    def mode(self, region: str) -> str:
        return self.seen(region).get("mode") or "unknown"

    @functools.cached_property
    def leftovers(self) -> list[str]:
        """What a recovery set up and nobody has taken back yet, in words."""
        found = []
        for region in self.views:
            peer = self.peer(region)
            found += [f"traffic is sent away from {peer}"] if self.seen(region).get("switch_on") else []
            found += [f"the function in {peer} is fenced"] if self.seen(region).get("fenced") else []
        return found

    @functools.cached_property
    def leads(self) -> dict[str, str]:
        """Where the name that fails over leads, by DNS server: a region, or why nobody can say."""
        of = {place["gateway"]: region for region, place in self.places.items()}
        return {
            one["server"]: one["error"] or ", ".join(of.get(value, value) for value in one["values"]) or one["rcode"]
            for one in self.answers
        }


def advise(situation: Situation) -> Advice:
    """The first thing that applies, the most urgent first."""
    for part in (_nothing_known, _under_way, _kept_out, _active_lost, _aftermath, _calm):
        advice = part(situation)
        if advice:
            return advice
    return Advice("verify", "nothing to do: verify proves that the standby could take over")


def _nothing_known(situation: Situation) -> Advice | None:
    if not situation.answering:
        return Advice("status", "neither region's API answers from here: check your own network and credentials first")
    if not situation.document:
        problem = next((view["problem"] for view in situation.views.values() if view.get("problem")), "no topology")
        return Advice("deploy", problem)
    return None


def _under_way(situation: Situation) -> Advice | None:
    handover = situation.handover
    if not handover:
        return None
    target = region_of(handover["target_arn"])
    what = f"a {handover['kind']} to {target} is under way ({handover['status']})"
    return Advice(handover["kind"], f"{what}: this joins it, waits, and proves the end", {"to": target})


def _kept_out(situation: Situation) -> Advice | None:
    """The writer's region is well, and may acknowledge nothing: whoever moved the writer, or began to, did not end."""
    active, standby = situation.active, situation.standby
    own, other = situation.epoch(active), situation.epoch(standby)
    if own and own["active"] != active:
        why = f"{active} holds the writer, but its epoch {own['number']} is {own['active']}'s"
        return Advice("failover", f"{why}: it acknowledges no payment; this makes up for it", {"to": active})
    begun = own and other and other["active"] == standby and other["number"] >= own["number"]
    if not begun or any(active in one for one in situation.leftovers):
        return None
    why = f"{active} holds the writer, but {standby} began epoch {other['number']} for itself"
    return Advice("switchover", f"{why}: {active} acknowledges no payment; this names it again", {"to": active})


def _active_lost(situation: Situation) -> Advice | None:
    active, standby = situation.active, situation.standby
    if not active:
        said = ", ".join(f"{region} says {other}" for region, other in situation.claims.items()) or "no region says"
        return Advice("status", f"who holds the writer is not known ({said}): look again in a minute")
    accepts = situation.accepts(active)
    if accepts or accepts is None:
        return None
    if situation.checkers(active) == "up":
        return Advice(
            "verify", f"we cannot reach {active}, but Route 53's checkers can: payments go on, promote nothing"
        )
    if standby not in situation.answering:
        return Advice("status", f"{active} takes no payments, and {standby} does not answer either: look again")
    if any(active in one for one in situation.leftovers):
        why = f"a failover to {standby} was begun ({'; '.join(situation.leftovers)}) and not ended: run it again"
        return Advice("failover", why, {"to": standby})
    if situation.alive(active):
        return Advice("verify", f"{active} turns payments away because it is busy (429): {standby} would be, too")
    waits = situation.mode(standby) == AUTOMATIC
    alone = f"the function in {standby} decides by itself; this shows the guards and asks before it does anything"
    by_hand = f"the mode is {situation.mode(standby)}, so nothing happens by itself"
    return Advice("failover", f"{active} takes no payments; {alone if waits else by_hand}", {"to": standby})


def _aftermath(situation: Situation) -> Advice | None:
    """A region is active and nobody said that it is lost; is something left of an earlier recovery?"""
    active, standby = situation.active, situation.standby
    epoch = situation.epoch(active)
    if epoch and not epoch["replayed"]:
        why = f"{active} took over: what only its journal has is put into the database, every difference is explained"
        return Advice("reconcile", why)
    if standby not in situation.answering:
        left = "; when it is back, failback.yml brings it in" if situation.leftovers or active != situation.home else ""
        return Advice("status", f"{active} is active, {standby} does not answer: there is no standby. Wait{left}")
    if situation.leftovers:
        return Advice("failback", f"left over from a recovery: {'; '.join(situation.leftovers)}")
    if active != situation.home:
        return Advice("failback", f"{active} is active and {situation.home} is home: go back when traffic is low")
    return None


def _calm(situation: Situation) -> Advice | None:
    elsewhere = [server for server, leads in situation.leads.items() if leads != situation.active]
    if elsewhere:
        return Advice("verify", f"{', '.join(elsewhere)} does not lead to {situation.active}: verify names the culprit")
    manual = [region for region in situation.views if situation.mode(region) == MANUAL]
    if manual:
        why = f"the mode is manual in {' and '.join(manual)}: nobody would fail over by itself"
        return Advice("mode", why, {"mode": AUTOMATIC, "why": "'…'"})
    return None

"""One screen for whoever was woken up: who is active, what is known, what is not, and what to type next. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from .advice import Advice, Situation
from .observation import STANDBY, region_of

#: The width of the first column.
LABEL = 10


def lines(situation: Situation, advice: Advice, environment: str, inventory: str, now: str) -> list[str]:
    """What status.yml shows. `now` is shown as it is; `inventory` is what -i is given."""
    return [
        f"{environment}   {now}",
        *_rows(situation),
        "",
        _row("NEXT", advice.command(inventory)),
        _row("", f"because {advice.why}"),
    ]


def report(situation: Situation, advice: Advice, environment: str, inventory: str, now: str) -> dict[str, Any]:
    """The same for programs."""
    return {
        "environment": environment,
        "generated_at": now,
        "active": situation.active,
        "standby": situation.standby,
        "answering": situation.answering,
        "handover": situation.handover,
        "leads": situation.leads,
        "leftovers": situation.leftovers,
        "unknown": _unknown(situation),
        "next": {"command": advice.command(inventory), "why": advice.why},
        "views": {region: _kept(view) for region, view in situation.views.items()},
    }


def _kept(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name != "document"}


def _row(label: str, text: str) -> str:
    return f"{label:<{LABEL}}{text}".rstrip()


def _rows(situation: Situation) -> Iterator[str]:
    yield _row("ACTIVE", _active(situation))
    yield _row("STANDBY", _standby(situation))
    if situation.handover:
        yield _row("UNDER WAY", _handover(situation.handover))
    for region in situation.views:
        yield _row("HEALTH", f"{region}: {_health(situation, region)}")
    yield _row("LAG", _lag(situation))
    yield _row("DNS", _dns(situation))
    yield _row("EPOCH", _epoch(situation))
    yield _row("MODE", ", ".join(f"{region} {situation.mode(region)}" for region in situation.views))
    for left in situation.leftovers:
        yield _row("LEFT OVER", left)
    for region in situation.views:
        yield _row("DECISION", f"{region}: {_decision(situation.views[region])}")
    for unknown in _unknown(situation) or ["nothing"]:
        yield _row("NOT KNOWN", unknown)


def _active(situation: Situation) -> str:
    if situation.active:
        return f"{situation.active} (as {_says(situation.claims)})"
    if situation.claims:
        return "; ".join(f"{region} says {active}" for region, active in situation.claims.items())
    return "not known"


def _says(regions: Collection[str]) -> str:
    return f"{' and '.join(regions)} say{'s' if len(regions) == 1 else ''}"


def _standby(situation: Situation) -> str:
    if not situation.standby:
        return "not known"
    seen = situation.seen(situation.standby) or situation.seen(situation.active)
    follows = seen.get("synchronization") or "whether it follows is not known"
    where = "" if situation.standby in situation.answering else ", its API does not answer"
    return f"{situation.standby} ({follows}{where})"


def _handover(handover: dict[str, Any]) -> str:
    origin, target = (region_of(handover[name]) for name in ("origin_arn", "target_arn"))
    return f"{handover['kind']} from {origin} to {target}: {handover['status']}"


def _health(situation: Situation, region: str) -> str:
    """Whether it takes payments, who says so, and what Route 53 thinks."""
    looks = situation.looks(region)
    who = "; ".join(f"seen from {one}: {look['detail'] or look['status']}" for one, look in looks.items())
    return f"{_verdict(situation, region)}{f' ({who})' if who else ''}, Route 53: {situation.checkers(region)}"


def _verdict(situation: Situation, region: str) -> str:
    if any(look["detail"] == STANDBY for look in situation.looks(region).values()):
        return "a well standby"
    accepts = situation.accepts(region)
    return {True: "accepts payments", False: "does not accept payments", None: "not looked at"}[accepts]


def _lag(situation: Situation) -> str:
    lags = [seen["lag"] for one in situation.views if (seen := situation.seen(one)) and seen.get("lag")]
    if not lags:
        return "not known"
    newest = max(lags, key=lambda lag: lag["at"])
    return f"{newest['milliseconds'] / 1000:.1f} s at {newest['at']}"


def _dns(situation: Situation) -> str:
    name, answers = situation.document.get("api_name", "the API"), situation.leads
    if not answers:
        return f"{name}: nobody was asked"
    if len(set(answers.values())) == 1:
        return f"{name} leads to {next(iter(answers.values()))} (all {len(answers)} servers)"
    return f"{name} leads to " + ", ".join(f"{leads} ({server})" for server, leads in answers.items())


def _epoch(situation: Situation) -> str:
    """Who may acknowledge payments, as each region's table says, and whether its database has all of its journal."""
    told: dict[str, list[str]] = {}
    for region in situation.views:
        if epoch := situation.epoch(region):
            lacks = "" if epoch["replayed"] else ", its journal is not replayed"
            told.setdefault(f"{epoch['number']}, {epoch['active']}{lacks}", []).append(region)
    return "; ".join(f"{said} (as {_says(who)})" for said, who in told.items()) or "not known"


def _decision(view: dict[str, Any]) -> str:
    """The last decision of the region's function, from its log."""
    last = view.get("last_decision") or {}
    if not last:
        return "the function's last decision is not known"
    return f"{last.get('at', '')} {last.get('action', '')}: {last.get('reason', '')}"


def _unknown(situation: Situation) -> list[str]:
    """What could not be seen, and why."""
    found = []
    for region, view in situation.views.items():
        if not view.get("reachable"):
            found.append(f"{region} as it sees itself: {view.get('reason') or 'not asked'}")
        elif view.get("problem") or view.get("error"):
            found.append(f"{region}: {view.get('problem') or view.get('error')}")
        found += [f"{name}, from {region}: {why}" for name, why in situation.seen(region).get("errors", {}).items()]
    return found

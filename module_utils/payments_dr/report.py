"""The verdict as a document for programs and as lines for people. Pure."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

from .checks.mends import mend
from .checks.model import Check, Policy
from .checks.verdict import Verdict

#: What fails because something else has failed: shown after it.
SYMPTOMS = ("dns-answer", "dns-beacon-answer", "api-health", "function-identical", "rto-budget")


def document(verdict: Verdict, policy: Policy, environment: str, generated_at: str) -> dict[str, Any]:
    """What is written to the report: plain types, ready to become JSON. Times are ISO 8601 in UTC."""
    return {
        "ready": verdict.ready,
        "environment": environment,
        "generated_at": generated_at,
        "active": verdict.active,
        "standby": verdict.standby,
        "objective": {"rto_seconds": policy.rto_seconds, "rpo_seconds": policy.rpo_seconds},
        "rto_budget_seconds": verdict.rto_budget_seconds,
        "checks": [dataclasses.asdict(check) for check in verdict.checks],
    }


def lines(verdict: Verdict, policy: Policy, environment: str) -> list[str]:
    """The verdict, the failed checks with what to do, causes before symptoms, the warnings alike, then how many passed
    in each region."""
    failed, warned = _failed(verdict), [check for check in verdict.checks if check.warning and not check.ok]
    warnings = f", {len(warned)} warning{'s' if len(warned) > 1 else ''}" if warned else ""
    budget = "unknown" if verdict.rto_budget_seconds is None else f"{verdict.rto_budget_seconds} s"
    title = "READY" if verdict.ready else "NOT READY"
    return [
        f"{title}: {environment}, {len(failed)} of {len(verdict.checks)} checks failed{warnings}",
        f"active {verdict.active or 'unknown'}, standby {verdict.standby or 'unknown'}, "
        f"RTO budget {budget} of {policy.rto_seconds} s",
        *(line for check in failed for line in _told(check, "FAILED")),
        *(line for check in warned for line in _told(check, "WARNING")),
        _passed([check for check in verdict.checks if check.ok]),
    ]


def culprits(verdict: Verdict) -> str:
    """One line that names what failed, causes before symptoms."""
    return ", ".join(f"{check.name} ({check.region})" for check in _failed(verdict))


def _failed(verdict: Verdict) -> list[Check]:
    return sorted((check for check in verdict.checks if check.failed), key=lambda check: check.name in SYMPTOMS)


def _told(check: Check, word: str) -> list[str]:
    return [
        f"{word} {check.name} ({check.region})",
        f"  expected {check.expected}",
        f"  observed {check.observed}",
        f"  mend     {mend(check.name)}",
    ]


def _passed(checks: list[Check]) -> str:
    count = Counter(check.region for check in checks)
    return "passed: " + (", ".join(f"{region} {number}" for region, number in count.items()) or "none")

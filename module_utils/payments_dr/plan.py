"""What a Terraform plan would do, and whether it may. Pure: the JSON of `terraform show -json` in, decisions out.

Format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# Deleting or replacing one of these loses what no second apply brings back: payments, their log, the journal and the
# epoch, the keys that they are encrypted with, or the audit trail.
STATEFUL_TYPES = frozenset(
    {
        "aws_rds_global_cluster",
        "aws_rds_cluster",
        "aws_rds_cluster_instance",
        "aws_s3_bucket",
        "aws_kms_key",
        "aws_dynamodb_table",
        "aws_dynamodb_table_item",
        "aws_cloudwatch_log_group",
        "aws_sqs_queue",
    }
)


@dataclass(frozen=True)
class Change:
    """One resource's change: action is create, update, replace, delete or forget."""

    address: str
    type: str
    action: str
    attributes: tuple[str, ...]

    @property
    def loses_state(self) -> bool:
        return self.type in STATEFUL_TYPES and self.action in ("delete", "replace")


def changes_in(plan: dict[str, Any]) -> list[Change]:
    """The managed resources that the plan touches, in the plan's order; reads and no-ops left out."""
    return [
        Change(entry["address"], entry["type"], action, _changed_attributes(entry["change"]))
        for entry in plan.get("resource_changes", [])
        if entry.get("mode") == "managed" and (action := _action(entry["change"]["actions"]))
    ]


def _action(actions: list[str]) -> str:
    # A replacement stands as two actions, in either order: destroy first, or create first.
    if "delete" in actions and "create" in actions:
        return "replace"
    return "" if actions in (["no-op"], ["read"]) else actions[0]


def _changed_attributes(change: dict[str, Any]) -> tuple[str, ...]:
    """Names only, never values: a plan can hold what must not be shown."""
    before, after, unknown = (change.get(key) or {} for key in ("before", "after", "after_unknown"))
    if not before or not after:
        return ()
    return tuple(
        sorted(name for name in {*after, *unknown} if unknown.get(name) or before.get(name) != after.get(name))
    )


def changed_outputs(plan: dict[str, Any]) -> list[str]:
    """Names of the root outputs that the plan changes."""
    return sorted(name for name, change in plan.get("output_changes", {}).items() if change["actions"] != ["no-op"])


def refused(changes: Iterable[Change], allowed: Iterable[str]) -> list[Change]:
    """The changes that lose state and were not allowed by their address."""
    permitted = set(allowed)
    return [change for change in changes if change.loses_state and change.address not in permitted]


def summary(changes: list[Change], outputs: list[str]) -> list[str]:
    """The plan as lines for a person: creations counted by kind, everything else by name with what differs in it."""
    if not changes and not outputs:
        return ["No changes: what stands is what the inventory asks for."]
    created: dict[str, Counter[str]] = {}
    for change in changes:
        if change.action == "create":
            created.setdefault(change.type, Counter())[_place(change.address)] += 1
    lines = [
        f"+ create {places.total():3} {kind} ({', '.join(f'{place} {n}' for place, n in sorted(places.items()))})"
        for kind, places in sorted(created.items())
    ]
    marks = {"update": "~", "replace": "-/+", "delete": "-", "forget": "."}
    for change in changes:
        if change.action != "create":
            details = f" ({', '.join(change.attributes)})" if change.attributes else ""
            warning = "   <- holds data" if change.loses_state else ""
            lines.append(f"{marks.get(change.action, '?')} {change.action} {change.address}{details}{warning}")
    if outputs:
        lines.append(f"outputs: {', '.join(outputs)}")
    return [*lines, ", ".join(f"{count} to {action}" for action, count in totals(changes).items())]


def totals(changes: list[Change]) -> dict[str, int]:
    """How many resources are created, updated, replaced, deleted."""
    counts = Counter(change.action for change in changes)
    return {action: counts[action] for action in ("create", "update", "replace", "delete")}


def _place(address: str) -> str:
    """The region's home role, which its module is named after, or "global" for what stands outside both."""
    return address.split(".")[1] if address.startswith("module.") else "global"

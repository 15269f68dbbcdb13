"""The epoch of a region: a number that every promotion raises, and the region that may acknowledge payments under it.

Each region has a table of its own. A payment is journalled in the other region under the sender's epoch, and refused
there as soon as a newer one has begun (lambda/payments/journal.py); so who raises it decides who may take payments.
The epoch stands in one item, and again in a number of gates, all written in one transaction: two transactions that
check the same item at once conflict, so each payment checks one gate of many.
"""

from __future__ import annotations

import dataclasses
import datetime
import random
import time
from collections.abc import Mapping
from typing import Any

from .calls import AwsFailure, describing

#: The item that says it all, and the gates, by the same names as in lambda/payments.
SCOPE = "payments"
GATES = tuple(f"gate-{number:02}" for number in range(16))
#: Attempts while payments are being journalled. Each of those holds a gate for the 5 to 10 ms of its transaction: with
#: 200 a second one or two are under way at any moment, and an attempt meets none in e^-1 to e^-2 of all cases (37 to
#: 14 %). All 40 attempts fail once in 300 times at the worst; 12 attempts would once in 6.
ATTEMPTS = 40
#: Seconds: the longest pause before the first repetition, which doubles, and before any. It outlasts a payment, so that
#: each attempt meets others. The usual 3 to 7 attempts pause for 0.1 to 0.2 s in all, 40 of them for 1.5 s.
PAUSE, LONGEST_PAUSE = 0.02, 0.08
#: DynamoDB's words: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
NOT_MET, CONFLICT = "ConditionalCheckFailed", "TransactionConflict"


class EpochError(ValueError):
    """The table does not hold an epoch; the message names it, the field and the mend."""


class EpochTaken(Exception):  # noqa: N818 - says what happened
    """Somebody else has raised the epoch since it was read."""


@dataclasses.dataclass(frozen=True)
class Epoch:
    """`replayed`: the database of this region has everything that its journal has. Who put it so, why, and when (ISO
    8601)."""

    number: int
    active: str
    replayed: bool
    by: str
    why: str
    at: str

    @classmethod
    def parse(cls, item: Mapping[str, Mapping[str, Any]]) -> Epoch:
        """From the item as DynamoDB has it. Raises EpochError."""
        try:
            number, active, replayed = int(item["epoch"]["N"]), item["active"]["S"], item["replayed"]["BOOL"]
        except (KeyError, ValueError) as error:
            raise EpochError(f"{error}: expected epoch (N), active (S) and replayed (BOOL)") from error
        return cls(number, active, replayed, *(item.get(name, {}).get("S", "") for name in ("by", "why", "at")))

    def as_item(self) -> dict[str, dict[str, Any]]:
        """The item as DynamoDB has it."""
        texts = {"scope": SCOPE, "active": self.active, "by": self.by, "why": self.why, "at": self.at}
        return {
            **{name: {"S": text} for name, text in texts.items()},
            "epoch": {"N": str(self.number)},
            "replayed": {"BOOL": self.replayed},
        }

    def as_gate(self, gate: str) -> dict[str, dict[str, Any]]:
        """The item of one gate: what the other region's payments are let in by."""
        return {"scope": {"S": gate}, "epoch": {"N": str(self.number)}, "active": {"S": self.active}}


def unreplayed(region: str, number: int) -> str:
    """Why nobody moves the writer away from a region whose database may lack what its journal has, and the mend."""
    why = f"{region} has taken over and its journal was not replayed yet (epoch {number})"
    return f"{why}: run playbooks/reconcile.yml first"


def next_epoch(known: list[Epoch], active: str, *, replayed: bool, by: str, why: str, at: str) -> Epoch:
    """The epoch that begins `at` (ISO 8601), after all that have begun before in whichever region.

    `known` has those that could be read, one at least. The number is also the time, in seconds since 1970: a region
    that cannot be asked may have begun epochs of which this one was never told, and those are older. `replayed` is
    False after a failover, which may have lost what was not replicated; True after a switchover.
    """
    seconds = int(datetime.datetime.fromisoformat(at).timestamp())
    return Epoch(max(seconds, *(one.number + 1 for one in known)), active, replayed, by, why, at)


def read(dynamodb: Any, table: str) -> Epoch:
    """The epoch of the client's region. Raises AwsFailure, or EpochError saying which table and what to do."""
    region = dynamodb.meta.region_name
    with describing(f"read the epoch in {table}", region):
        answer = dynamodb.get_item(TableName=table, Key={"scope": {"S": SCOPE}}, ConsistentRead=True)
    if "Item" not in answer:
        raise EpochError(f"table {table} in {region}: no item {SCOPE}: run deploy.yml")
    try:
        return Epoch.parse(answer["Item"])
    except EpochError as error:
        raise EpochError(f"table {table} in {region}: {error}: run failover.yml or switchover.yml again") from error


def put(dynamodb: Any, table: str, new: Epoch, expected: int) -> None:
    """Replaces the epoch whose number is `expected` by `new`, and closes the gates, all at once.

    From then on no payment under an older epoch of another region is journalled here. Raises EpochTaken, or AwsFailure.
    """
    item = {
        "TableName": table,
        "Item": new.as_item(),
        "ConditionExpression": "#epoch = :expected",
        "ExpressionAttributeNames": {"#epoch": "epoch"},
        "ExpressionAttributeValues": {":expected": {"N": str(expected)}},
    }
    actions = [{"Put": item}, *({"Put": {"TableName": table, "Item": new.as_gate(gate)}} for gate in GATES)]
    region = dynamodb.meta.region_name
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, min(PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)))
        with describing(f"raise the epoch in {table}", region):
            codes = _reasons(dynamodb, actions)
        if not codes:
            return
        if codes[0] == NOT_MET:
            raise EpochTaken(f"table {table} in {region}: the epoch is no longer {expected}")
        if CONFLICT not in codes:
            raise AwsFailure(f"Could not raise the epoch in {table} in {region}: {', '.join(sorted(set(codes)))}")
    raise AwsFailure(f"Could not raise the epoch in {table} in {region}: payments were in the way", CONFLICT)


def _reasons(dynamodb: Any, actions: list[dict[str, Any]]) -> list[str]:
    """Why each action of the transaction was not carried out, in their order; [] when all of them were."""
    try:
        dynamodb.transact_write_items(TransactItems=actions)
    except dynamodb.exceptions.TransactionCanceledException as error:
        return [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])] or ["unknown"]
    return []

"""The journals: entries that this region writes in its peer before it acknowledges, and those that its peer wrote here.

A put is one transaction in the peer's region: the entry goes in only while no newer epoch of another region has begun
there. So after a promotion nothing comes in any more, and whatever was acknowledged is there.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from . import entries
from .clients import answered
from .deadlines import Since
from .problems import SOON, Unavailable
from .store import Entry

#: Seconds, and no second attempt: a payment waits for this, and the repair repeats.
PATIENCE = Config(connect_timeout=0.5, read_timeout=1, retries={"total_max_attempts": 1})
#: Two transactions that check the same item at once conflict, so the epoch is written on several, and each attempt
#: checks one of them: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
#: A promotion writes all of them (payments_dr.epoch); before the first one there are none, and nobody to refuse.
GATES = 16
#: Attempts that conflicts may cost, and the longest pause before the first repetition in seconds; it doubles.
ATTEMPTS, PAUSE = 6, 0.005
#: Seconds for which a peer that did not answer is not asked again.
REST = 2.0
DAY = 86_400
#: DynamoDB's words: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
CANCELED, NOT_MET, CONFLICT = "TransactionCanceledException", "ConditionalCheckFailed", "TransactionConflict"
PASSES = "attribute_not_exists(#scope) OR #active = :me OR #epoch < :mine"
SAME = "attribute_not_exists(#key) OR #id = :id"


class Refused(Exception):  # noqa: N818 - an answer
    """The peer is under a newer epoch, which names another region."""


class OutOfReach(Exception):  # noqa: N818 - a state
    """The peer did not take the entry, and did not say whether it may. The cause is an error of botocore, if any."""


class Contradicted(Exception):  # noqa: N818 - an answer
    """The journal has other payments under keys of these. `ids` are ours that did not go in; nothing went in."""

    def __init__(self, ids: frozenset[str]) -> None:
        super().__init__(f"the journal has other payments under the keys of {', '.join(sorted(ids))}")
        self.ids = ids


@dataclass(frozen=True)
class Tables:
    """Names in the peer's region."""

    journal: str
    epoch: str


class PeerJournal:
    """The journal in the peer's region, as this region writes it. It is never read from here."""

    def __init__(self, client: Callable[[], Any], tables: Tables, region: str, retention_days: int) -> None:
        """`client` answers a DynamoDB client in the peer's region, made at the first put; `region` is this one."""
        self._client, self._tables, self._region, self._kept_for = client, tables, region, retention_days * DAY
        self._failed: Since | None = None

    @property
    def resting(self) -> bool:
        """Whether the peer did not answer a moment ago, and is left alone."""
        return self._failed is not None and self._failed.seconds() < REST

    def put(self, payments: Sequence[Entry], epoch: int) -> None:
        """All of the entries or none; again is no change. With no entries, only whether the peer would take some.

        Raises Refused, OutOfReach, Contradicted, or Unavailable where other payments are in the way for too long.
        """
        if self.resting:
            raise OutOfReach("the peer did not answer a moment ago")
        expires = int(time.time()) + self._kept_for
        puts = [self._put(entries.as_item(entry, epoch, expires)) for entry in payments]
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0, PAUSE * 2**attempt))
            if self._taken([self._check(epoch), *puts], payments):
                return
        raise Unavailable("journal-busy", "Too many payments are under way at once.", SOON)

    def _taken(self, actions: list[dict[str, Any]], payments: Sequence[Entry]) -> bool:
        """Whether the transaction was carried out; False when another one was in the way."""
        try:
            answered(self._client().transact_write_items, TransactItems=actions)
        except (BotoCoreError, ClientError) as error:
            codes = _reasons(error)
            if codes[:1] == [NOT_MET]:
                raise Refused("the peer is under a newer epoch") from error
            if CONFLICT in codes:
                return False
            if NOT_MET in codes:
                other = zip(payments, codes[1:], strict=True)
                raise Contradicted(frozenset(str(one.payment.id) for one, code in other if code == NOT_MET)) from error
            self._failed = Since()
            raise OutOfReach("the peer did not take the entry") from error
        self._failed = None
        return True

    def _check(self, epoch: int) -> dict[str, Any]:
        names = {"#scope": "scope", "#active": "active", "#epoch": "epoch"}
        values = {":me": {"S": self._region}, ":mine": {"N": str(epoch)}}
        return {
            "ConditionCheck": {
                "TableName": self._tables.epoch,
                "Key": {"scope": {"S": gate(random.randrange(GATES))}},
                "ConditionExpression": PASSES,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }

    def _put(self, item: dict[str, dict[str, str]]) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._tables.journal,
                "Item": item,
                "ConditionExpression": SAME,
                "ExpressionAttributeNames": {"#key": "idempotency_key", "#id": "id"},
                "ExpressionAttributeValues": {":id": item["id"]},
            }
        }


class OwnJournal:
    """What the peer acknowledged while it was active, as it lies in this region."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        """`client` answers a DynamoDB client in this region, made at the first question."""
        self._client, self._table = client, table

    def find(self, key: str) -> Entry | None:
        """The entry under an idempotency key. Raises Unavailable when it cannot be read."""
        try:
            read = self._client().get_item
            answer = answered(read, TableName=self._table, Key={"idempotency_key": {"S": key}}, ConsistentRead=True)
            return entries.from_item(answer["Item"]) if "Item" in answer else None
        except (BotoCoreError, ClientError, entries.EntryError) as error:
            detail = "What the other region acknowledged cannot be read."
            raise Unavailable("journal-unreadable", detail) from error


def gate(number: int) -> str:
    """The key of an item that a promotion closes."""
    return f"gate-{number:02}"


def _reasons(error: Exception) -> list[str]:
    """Why each action of a transaction was not carried out, in their order; [] for any other error."""
    if not isinstance(error, ClientError) or error.response["Error"]["Code"] != CANCELED:
        return []
    reasons: Any = error.response.get("CancellationReasons", [])
    return [reason.get("Code", "None") for reason in reasons]

"""Who may acknowledge payments, as this region's own epoch item says. Recovery writes it (payments_dr.epoch).

The number grows with every promotion, and the item names the region that the promotion was for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .clients import answered
from .deadlines import Since
from .problems import Unavailable

#: The item, of which there is one.
SCOPE = "payments"
#: Seconds for which an answer that names this region is not asked for again: fewer than it takes to fail over to the
#: other region and back again, since the payments of the time between have to be looked up (docs/decisions/0016).
FRESH = 2.0
#: Seconds for which such an answer still counts while the table does not answer.
HOLDS = 60.0


@dataclass(frozen=True)
class Epoch:
    """`replayed` says that this region's database has everything that its journal has."""

    number: int
    active: str
    replayed: bool


class Epochs:
    """The epoch as this region has it."""

    def __init__(self, client: Callable[[], Any], table: str, region: str) -> None:
        """`client` answers a DynamoDB client in this region; it is made at the first question."""
        self._client, self._table, self._region = client, table, region
        self._known: tuple[Epoch, Since] | None = None
        self._asked: Since | None = None

    def current(self, *, newest: bool = False) -> Epoch:
        """The epoch, from the table unless a young answer names this region and `newest` is not asked for.

        Raises Unavailable when nobody knows.
        """
        kept = self._kept()
        if kept and not newest and self._asked and self._asked.seconds() < FRESH:
            return kept
        try:
            self._asked = Since()
            epoch, moment = self._read(), self._asked
        except (BotoCoreError, ClientError, KeyError, ValueError) as error:
            if kept and not newest:
                return kept
            detail = "Whether this region may take payments cannot be read."
            raise Unavailable("epoch-unknown", detail) from error
        self._known = (epoch, moment)
        return epoch

    def _kept(self) -> Epoch | None:
        """What was read not too long ago, if it names this region."""
        if self._known is None:
            return None
        epoch, moment = self._known
        return epoch if epoch.active == self._region and moment.seconds() < HOLDS else None

    def _read(self) -> Epoch:
        read = self._client().get_item
        answer = answered(read, TableName=self._table, Key={"scope": {"S": SCOPE}}, ConsistentRead=True)
        if "Item" not in answer:
            raise KeyError(f"{self._table} has no item {SCOPE}: run deploy.yml")
        item = answer["Item"]
        return Epoch(int(item["epoch"]["N"]), str(item["active"]["S"]), bool(item["replayed"]["BOOL"]))

"""What operations ask of the function directly, since only it stands where the database is.

An event is {"action": "migrate"} or another of the names below; no request of the API can look like one.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from . import backlog, entries, schema, store
from .database import Database
from .deadlines import Deadline
from .durability import Durability
from .faults import reason
from .journal import OutOfReach
from .problems import Unavailable
from .settings import Settings
from .store import Entry, Payment
from .transaction_log import TransactionLog

#: Seconds that a payment's own request has for its put, before the repair takes it on.
GRACE = 30.0
BATCH = 50
#: Seconds that must be left for another batch of entries, or for another object.
ENOUGH = 3.0
#: Lines of the ledger at once: as JSON they must stay under 6 MB, the most that an invocation may answer.
LARGEST_LEDGER = 5000
#: Entries at once: each is one statement.
MOST_ENTRIES = 500
#: What leaves nothing to do: no writer here, or no payments yet.
NOTHING_TO_DO = {"migrate": {"standby"}, "repair": {"standby", "schema-missing"}}
Action = Callable[[Mapping[str, Any], Deadline], dict[str, Any]]


class Actions:
    """The actions, over what the API has, too. Errors are raised: the caller sees FunctionError."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        durability: Durability,
        log: TransactionLog,
        logger: Logger,
        metrics: Metrics,
    ) -> None:
        self._settings, self._database, self._durability, self._log = settings, database, durability, log
        self._logger, self._metrics = logger, metrics
        self._known: dict[str, Action] = {
            "migrate": self._migrate,
            "repair": self._repair,
            "ledger": self._ledger,
            "replay": self._replay,
        }

    def run(self, event: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """{"action", "status", "region", …}; a status of NOTHING_TO_DO says that nothing was done."""
        action = event["action"]
        if not isinstance(action, str) or action not in self._known:
            raise ValueError(f"action: must be one of {', '.join(sorted(self._known))}")
        try:
            outcome = self._known[action](event, Deadline(seconds))
        except Unavailable as problem:
            if problem.code not in NOTHING_TO_DO.get(action, ()):
                raise RuntimeError(f"{action}: {problem.code}: {problem.detail} {reason(problem)}") from problem
            outcome = {"status": problem.code}
        outcome = {"action": action, "region": self._settings.region, **outcome}
        self._logger.info("done", **{name: value for name, value in outcome.items() if not isinstance(value, list)})
        return outcome

    def _migrate(self, _: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """`schema_version` is the one now, `applied` the versions that this call brought."""
        work = partial(schema.migrate, migrations=schema.load())
        version, applied = self._database.run(work, deadline)
        return {"status": "migrated" if applied else "current", "schema_version": version, "applied": applied}

    def _repair(self, _: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Write the objects and entries that crashes and outages left out: `repaired` and `journaled` of them,
        `pending` and `unjournaled` still to come."""
        self._database.run(store.must_be_writer, deadline)
        repaired, journaled = self._repair_log(deadline), self._repair_journal(deadline)
        pending, unjournaled = self._database.run(partial(backlog.left, age=GRACE), deadline)
        for name, value in (
            ("TransactionLogRepaired", repaired),
            ("TransactionLogPending", pending),
            ("JournalRepaired", journaled),
            ("JournalPending", unjournaled),
        ):
            self._metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
        return {
            "status": "incomplete" if pending or unjournaled else "repaired",
            **{"repaired": repaired, "pending": pending},
            **{"journaled": journaled, "unjournaled": unjournaled},
        }

    def _repair_log(self, deadline: Deadline) -> int:
        repaired = 0
        for batch in self._unfinished(backlog.UNLOGGED, deadline):
            for entry in batch:
                if deadline.left() < ENOUGH:
                    return repaired
                payment = entry.payment
                try:
                    self._log.put(entry)
                except (BotoCoreError, ClientError) as error:
                    self._logger.error("transaction log unreachable", payment_id=str(payment.id), reason=reason(error))
                    return repaired
                self._mark(payment, deadline, logged=True)
                repaired += 1
        return repaired

    def _repair_journal(self, deadline: Deadline) -> int:
        return self._journal(self._unfinished(backlog.UNJOURNALED, deadline), deadline)

    def _journal(self, batches: Iterable[Sequence[Entry]], deadline: Deadline) -> int:
        """How many the peer took. Entries that contradict its journal are told and passed over; a person looks."""
        journaled = 0
        for batch in batches:
            try:
                contradicting = self._durability.keep_all(batch)
            except (OutOfReach, Unavailable) as error:
                self._logger.error("journal unreachable", reason=reason(error))
                return journaled
            for entry in batch:
                if str(entry.payment.id) in contradicting:
                    self._logger.error("journal contradicts", payment_id=str(entry.payment.id))
                else:
                    self._mark(entry.payment, deadline, journaled=True)
                    journaled += 1
        return journaled

    def _unfinished(self, statement: str, deadline: Deadline) -> Iterator[list[Entry]]:
        """Batches, the oldest payments first, for as long as there is time for another."""
        after = backlog.FIRST
        while deadline.left() > ENOUGH:
            work = partial(backlog.unfinished, statement=statement, age=GRACE, limit=BATCH, after=after)
            batch = self._database.run(work, deadline)
            if not batch:
                return
            yield batch
            after = batch[-1].payment.id

    def _mark(self, payment: Payment, deadline: Deadline, *, logged: bool = False, journaled: bool = False) -> None:
        work = partial(store.mark, identifier=payment.id, logged=logged, journaled=journaled)
        self._database.run(work, deadline)

    def _ledger(self, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """`payments` after the id `cursor`, up to `limit`, and the `next_cursor` of what follows. Standby, too."""
        cursor, limit = event.get("cursor"), event.get("limit", LARGEST_LEDGER)
        if not isinstance(limit, int) or not 1 <= limit <= LARGEST_LEDGER:
            raise ValueError(f"limit: must be an integer between 1 and {LARGEST_LEDGER}")
        try:
            after = uuid.UUID(cursor) if cursor else backlog.FIRST
        except (ValueError, AttributeError, TypeError):
            raise ValueError("cursor: must be the next_cursor of the page before") from None
        lines = self._database.run(partial(backlog.ledger, after=after, limit=limit), deadline)
        following = lines[-1]["id"] if len(lines) == limit else None
        return {"status": "read", "payments": lines, "next_cursor": following}

    def _replay(self, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Make payments as another region acknowledged them, in the order given; `outcomes` has one of `inserted`,
        `there` and `conflict` for each. What was inserted goes into the peer's journal at once where that is there:
        Aurora need not have replicated it when this region is lost."""
        given = event.get("entries")
        if not isinstance(given, list) or len(given) > MOST_ENTRIES:
            raise ValueError(f"entries: must be a list of up to {MOST_ENTRIES} journal entries")
        wanted = [_entry(number, fields) for number, fields in enumerate(given)]
        self._database.run(store.must_be_writer, deadline)
        outcomes = [self._database.run(partial(backlog.restore, entry=entry), deadline) for entry in wanted]
        made = [entry for entry, outcome in zip(wanted, outcomes, strict=True) if outcome == backlog.INSERTED]
        batches = (made[start : start + BATCH] for start in range(0, len(made), BATCH))
        self._journal(itertools.takewhile(lambda _: deadline.left() > ENOUGH, batches), deadline)
        told = zip(wanted, outcomes, strict=True)
        return {
            "status": "replayed",
            "outcomes": [{"id": str(entry.payment.id), "outcome": outcome} for entry, outcome in told],
        }


def _entry(number: int, fields: Any) -> Entry:
    try:
        return entries.parse(fields if isinstance(fields, Mapping) else {})
    except entries.EntryError as error:
        raise ValueError(f"entries[{number}].{error}") from None

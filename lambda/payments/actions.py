"""What operations ask of the function directly, since only it stands where the database is.

An event is {"action": "migrate"} or {"action": "repair"}; no request of the API can look like one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from . import schema, store
from .database import Database
from .deadlines import Deadline
from .faults import reason
from .problems import Unavailable
from .settings import Settings
from .transaction_log import TransactionLog

#: Seconds that a payment's own request has for its put, before the repair takes it on.
GRACE = 30.0
BATCH = 100
#: Seconds that must be left for another put.
ENOUGH = 3.0
#: What leaves nothing to do: no writer here, or no payments yet.
NOTHING_TO_DO = {"migrate": {"standby"}, "repair": {"standby", "schema-missing"}}


class Actions:
    """The actions, over a database and a transaction log. Errors are raised: the caller sees FunctionError."""

    def __init__(
        self, settings: Settings, database: Database, log: TransactionLog, logger: Logger, metrics: Metrics
    ) -> None:
        self._settings, self._database, self._log = settings, database, log
        self._logger, self._metrics = logger, metrics
        self._known: dict[str, Callable[[Deadline], dict[str, Any]]] = {
            "migrate": self._migrate,
            "repair": self._repair,
        }

    def run(self, action: Any, seconds: float) -> dict[str, Any]:
        """{"action", "status", "region", …}; a status of NOTHING_TO_DO says that nothing was done."""
        if not isinstance(action, str) or action not in self._known:
            raise ValueError(f"action: must be one of {', '.join(sorted(self._known))}")
        try:
            outcome = self._known[action](Deadline(seconds))
        except Unavailable as problem:
            if problem.code not in NOTHING_TO_DO[action]:
                raise RuntimeError(f"{action}: {problem.code}: {problem.detail} {reason(problem)}") from problem
            outcome = {"status": problem.code}
        outcome = {"action": action, "region": self._settings.region, **outcome}
        self._logger.info("done", **outcome)
        return outcome

    def _migrate(self, deadline: Deadline) -> dict[str, Any]:
        """`schema_version` is the one now, `applied` the versions that this call brought."""
        work = partial(schema.migrate, migrations=schema.load())
        version, applied = self._database.run(work, deadline)
        return {"status": "migrated" if applied else "current", "schema_version": version, "applied": applied}

    def _repair(self, deadline: Deadline) -> dict[str, Any]:
        """Write the objects that crashes and outages of S3 left out: `repaired` of them, `pending` still to come."""
        self._database.run(store.must_be_writer, deadline)
        left = self._database.run(partial(store.pending, age=GRACE, limit=BATCH), deadline)
        repaired = 0
        for payment in left:
            if deadline.left() < ENOUGH:
                break
            try:
                self._log.put(payment)
            except (BotoCoreError, ClientError) as error:
                self._logger.error("transaction log unreachable", payment_id=str(payment.id), reason=reason(error))
                break
            self._database.run(partial(store.mark_logged, identifier=payment.id), deadline)
            repaired += 1
        self._metrics.add_metric(name="TransactionLogRepaired", unit=MetricUnit.Count, value=repaired)
        self._metrics.add_metric(name="TransactionLogPending", unit=MetricUnit.Count, value=len(left) - repaired)
        status = "repaired" if repaired == len(left) else "incomplete"
        return {"status": status, "repaired": repaired, "pending": len(left) - repaired}

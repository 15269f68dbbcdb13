"""The payment API: what each route does, and in which order a payment becomes one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from . import backlog, cursors, rules, store
from .database import Connection, Database
from .deadlines import Deadline
from .durability import Durability, Fenced, contradiction
from .epochs import Epoch
from .faults import reason
from .problems import Problem, Unavailable, invalid
from .proxy import Answer, Request
from .rules import Fault
from .settings import Settings
from .tracing import Tracer
from .transaction_log import TransactionLog

#: Seconds that a request may wait for the database. Route 53 gives up on /health after 2.
PATIENCE = {"/health": 1.5}
USUAL_PATIENCE = 4.0
SMALLEST_PAGE, USUAL_PAGE, LARGEST_PAGE = 1, 20, 100
PAYMENT_PATH = re.compile(r"/payments/[^/]+")
Route = Callable[[Request, Deadline], Answer]


class Api:
    """The routes, over a database, what guards its payments, and a transaction log."""

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
        self._logger, self._metrics, self._tracer = logger, metrics, Tracer()
        self._beside = ThreadPoolExecutor(max_workers=1)
        self._health_told = "ok"
        self._routes: dict[str, dict[str, Route]] = {
            "/health": {"GET": self._health},
            "/payments": {"GET": self._list, "POST": self._pay},
            "/payments/{id}": {"GET": self._find},
        }

    def answer(self, request: Request, seconds: float) -> Answer:
        """Whatever happens, an answer within `seconds`; problems are raised by the routes and end here."""
        name = "/payments/{id}" if PAYMENT_PATH.fullmatch(request.path) else request.path
        try:
            route = self._route(name, request.method)
            answer = route(request, Deadline(min(PATIENCE.get(name, USUAL_PATIENCE), seconds)))
        except Problem as problem:
            answer = self._told(problem)
        except Exception as error:
            # Whatever nobody foresaw: the log says it, the client learns only that it was not its fault.
            self._logger.exception("unhandled", reason=reason(error))
            detail = "The request could not be handled. It may be sent again."
            answer = Answer.of(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail))
        # Route 53 asks for health more than once a second. A path is not logged: anything may stand in it.
        log = self._logger.debug if name == "/health" else self._logger.info
        known = name if name in self._routes else "unknown"
        log("answered", method=request.method, route=known, status=int(answer.status))
        return answer

    def _route(self, name: str, method: str) -> Route:
        methods = self._routes.get(name)
        if methods is None:
            raise Problem(HTTPStatus.NOT_FOUND, "no-such-path", "There is nothing at this path.")
        if method not in methods:
            allowed = ", ".join(sorted(methods))
            detail = f"{name} takes {allowed}."
            raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed", detail, headers={"Allow": allowed})
        return methods[method]

    def _told(self, problem: Problem, **members: Any) -> Answer:
        """A problem's answer, with a line in the log where operators have to know the cause."""
        if isinstance(problem, Unavailable):
            level = self._logger.info if problem.code == "standby" else self._logger.error
            level("unavailable", code=problem.code, reason=reason(problem))
        return Answer.of(problem, **members)

    def _health(self, _: Request, deadline: Deadline) -> Answer:
        """200 where a payment could be accepted now; else 503 and why. Names region and version either way.

        The peer is no part of it: whether it can keep a copy says nothing about who should take the payments.
        """
        here = {"region": self._settings.region, "version": self._settings.version}
        try:
            self._database.run(store.must_be_writer, deadline)  # first: a standby says so, whatever its epoch is
            self._durability.entitled()
        except Unavailable as problem:
            # Asked more than once a second: what was told already is not told again.
            answer = Answer.of(problem, **here) if problem.code == self._health_told else self._told(problem, **here)
            self._health_told = problem.code
            return answer
        self._health_told = "ok"
        return Answer(HTTPStatus.OK, {"status": "ok", **here})

    def _pay(self, request: Request, deadline: Deadline) -> Answer:
        """Admit, commit, copy to the peer and to the log, acknowledge: docs/decisions/0016 has why in this order."""
        order, key = self._order(request)
        try:
            epoch = self._admitted(deadline)
            record = self._committed(order, key, epoch, deadline)
            self._complete(record, epoch, deadline)
        except Unavailable:
            self._count("PaymentsUnavailable")
            raise
        except Problem as problem:
            self._count("PaymentsConflicting" if problem.status == HTTPStatus.CONFLICT else "PaymentsRejected")
            raise
        payment = record.entry.payment
        headers = {"Location": f"/payments/{payment.id}"}
        if record.replayed:
            headers["Idempotent-Replayed"] = "true"
        self._count("PaymentsReplayed" if record.replayed else "PaymentsAccepted")
        self._logger.info("paid", payment_id=str(payment.id), replayed=record.replayed)
        return Answer(HTTPStatus.CREATED, payment.document(), headers)

    def _admitted(self, deadline: Deadline) -> Epoch:
        """The epoch that this payment is under. Raises Unavailable: `standby` where the database is another's, too."""
        try:
            return self._durability.admit()
        except Fenced:
            self._database.run(store.must_be_writer, deadline)
            raise

    def _committed(self, order: rules.Order, key: str, epoch: Epoch, deadline: Deadline) -> store.Record:
        """The payment in the database, as the other region acknowledged it if it did."""
        found = self._durability.recall(key, epoch)

        def work(connection: Connection) -> store.Record:
            if found and backlog.restore(connection, found) == backlog.CONFLICT:
                self._logger.error("journal contradicts", payment_id=str(found.payment.id))
                raise contradiction()
            return store.record(connection, order, key, self._settings.region)

        with self._tracer.waiting_for("database"):
            return self._database.run(work, deadline)

    def _complete(self, record: store.Record, epoch: Epoch, deadline: Deadline) -> None:
        """Write the log object and the peer's entry at the same time. Without the object a payment is acknowledged, and
        the repair writes it; without the entry only as Durability allows, which raises Unavailable."""
        if record.logged and record.journaled:
            return
        payment = record.entry.payment
        put = None if record.logged else self._beside.submit(self._put_object, record.entry)
        try:
            with self._tracer.waiting_for("journal"):
                journaled = record.journaled or self._durability.keep(record.entry, epoch)
        finally:
            lost = put and put.result()
        if lost:
            self._count("TransactionLogDeferred")
            self._logger.warning("transaction log deferred", payment_id=str(payment.id), reason=reason(lost))
        try:
            marking = partial(store.mark, identifier=payment.id, logged=not lost, journaled=journaled)
            self._database.run(marking, deadline)
        except Unavailable as error:  # the payment is committed: what is not marked stays in the outbox
            self._logger.warning("outbox deferred", payment_id=str(payment.id), reason=reason(error))

    def _order(self, request: Request) -> tuple[rules.Order, str]:
        """What is asked for; raises Problem, and counts it."""
        try:
            _only(request, ())
            keys = request.headers.get("idempotency-key", [])
            if faults := rules.check_key(keys):
                raise invalid(HTTPStatus.BAD_REQUEST, faults)
            return _order(request), keys[0]
        except Problem:
            self._count("PaymentsRejected")
            raise

    def _put_object(self, entry: store.Entry) -> Exception | None:
        """Why the payment's object could not be written, if so."""
        try:
            with self._tracer.waiting_for("transaction-log"):
                self._log.put(entry)
        except (BotoCoreError, ClientError) as error:
            return error
        return None

    def _find(self, request: Request, deadline: Deadline) -> Answer:
        _only(request, ())
        identifier = _identifier(request.path.rpartition("/")[2])
        found = identifier and self._query("payment", partial(store.find, identifier=identifier), deadline)
        if not found:
            raise Problem(HTTPStatus.NOT_FOUND, "no-such-payment", "There is no payment with this id.")
        return Answer(HTTPStatus.OK, found.document())

    def _list(self, request: Request, deadline: Deadline) -> Answer:
        _only(request, ("cursor", "limit"))
        read = partial(store.page, cursor=_cursor(request), limit=_limit(request))
        payments, following = self._query("payments", read, deadline)
        document = {
            "payments": [payment.document() for payment in payments],
            "next_cursor": following.encode() if following else None,
        }
        return Answer(HTTPStatus.OK, document)

    def _query(self, name: str, work: Callable[[Connection], Any], deadline: Deadline) -> Any:
        with self._tracer.waiting_for(f"database {name}"):
            return self._database.run(work, deadline)

    def _count(self, metric: str) -> None:
        self._metrics.add_metric(name=metric, unit=MetricUnit.Count, value=1)


def _order(request: Request) -> rules.Order:
    content_type = ", ".join(request.headers.get("content-type", []))
    media_type, _, parameters = content_type.partition(";")
    charset = re.fullmatch(r'\s*(?:charset="?utf-8"?)?\s*', parameters, re.IGNORECASE)
    if media_type.strip().lower() != "application/json" or not charset:
        detail = "Content-Type must be application/json, in UTF-8."
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content-type", detail)
    if len(request.body) > rules.LARGEST_BODY:
        detail = f"The body is larger than {rules.LARGEST_BODY} bytes."
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body", detail)
    try:
        order, faults = rules.check(rules.parse(request.body))
    except rules.BodyError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "body", str(error)) from None
    if order is None:
        raise invalid(HTTPStatus.UNPROCESSABLE_ENTITY, faults)
    return order


def _only(request: Request, names: tuple[str, ...]) -> None:
    """A parameter that is not known, or comes twice, is a mistake that a client should learn of."""
    faults = [Fault(rules.shown(name), "is not a parameter here") for name in request.query if name not in names]
    faults += [Fault(name, "must come once") for name in names if len(request.query.get(name, [])) > 1]
    if faults:
        raise invalid(HTTPStatus.BAD_REQUEST, faults)


def _identifier(word: str) -> uuid.UUID | None:
    """The id that `word` spells in the one way that this API does."""
    try:
        identifier = uuid.UUID(word)
    except ValueError:
        return None
    return identifier if str(identifier) == word.lower() else None


def _cursor(request: Request) -> cursors.Cursor | None:
    if "cursor" not in request.query:
        return None
    try:
        return cursors.decode(request.query["cursor"][0])
    except ValueError:
        raise invalid(HTTPStatus.BAD_REQUEST, [Fault("cursor", "is none that this API gave out")]) from None


def _limit(request: Request) -> int:
    word = request.query.get("limit", [str(USUAL_PAGE)])[0]
    limit = int(word) if re.fullmatch(r"[0-9]{1,4}", word) else 0
    if not SMALLEST_PAGE <= limit <= LARGEST_PAGE:
        fault = Fault("limit", f"must be an integer between {SMALLEST_PAGE} and {LARGEST_PAGE}")
        raise invalid(HTTPStatus.BAD_REQUEST, [fault])
    return limit

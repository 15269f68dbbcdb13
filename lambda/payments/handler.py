"""The payments function's door: API Gateway's events, and what operations ask, in; answers out.

What is made here is made once for each execution environment, before its first request.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics

from . import journal, proxy
from .actions import Actions
from .api import Api
from .clients import Clients
from .credentials import Credentials
from .database import Database
from .durability import Durability
from .epochs import Epochs
from .problems import Problem
from .settings import Settings
from .transaction_log import TransactionLog
from .witness import Witness

#: Seconds kept back for the answer itself, out of the function's own time-out.
MARGIN = 0.5

settings = Settings.from_environment()
logger = Logger(service="payments", level=settings.log_level)
logger.append_keys(region=settings.region, version=settings.version)
metrics = Metrics(namespace="Payments", service=settings.function)  # an account may hold more than one deployment

_clients = Clients(settings.region, ("s3", "secretsmanager", "dynamodb"))
_credentials = Credentials(_clients.client("secretsmanager"), settings.database_secret)
_database = Database(
    settings.database_endpoint,
    settings.database_port,
    settings.database_name,
    _credentials,
    settings.database_ca_file,
)
_log = TransactionLog(_clients.client("s3"), settings.transaction_log_bucket)
_here = _clients.later("dynamodb", settings.region, journal.PATIENCE)
_there = _clients.later("dynamodb", settings.peer_region, journal.PATIENCE)
_durability = Durability(
    settings.durability,
    settings.region,
    Epochs(_here, settings.epoch_table, settings.region),
    journal.OwnJournal(_here, settings.journal_table),
    journal.PeerJournal(_there, settings.peer_tables, settings.region, settings.journal_retention_days),
    Witness(settings.api_name, settings.api_gateway, settings.dns_servers),
    logger,
    metrics,
)
api = Api(settings, _database, _durability, _log, logger, metrics)
actions = Actions(settings, _database, _durability, _log, logger, metrics)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda's entry point: {"action": …}, or a proxy event of a REST API."""
    seconds = context.get_remaining_time_in_millis() / 1000 - MARGIN
    try:
        return actions.run(event, seconds) if "action" in event else _serve(event, seconds)
    finally:
        if metrics.metric_set:  # most calls are Route 53's, which count nothing
            metrics.flush_metrics()


def _serve(event: dict[str, Any], seconds: float) -> dict[str, Any]:
    correlation = proxy.correlation_id(event)
    logger.set_correlation_id(correlation)
    try:
        answer = api.answer(proxy.read(event), seconds)
    except Problem as problem:
        answer = proxy.Answer.of(problem)
    return proxy.write(answer, correlation)

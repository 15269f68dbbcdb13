"""The payments function's door: API Gateway's event in, a response out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths

from .problems import problem
from .settings import Settings

settings = Settings.from_environment()
logger = Logger(service="payments", level=settings.log_level)
logger.append_keys(region=settings.region, version=settings.version)
api = APIGatewayRestResolver()


@api.get("/health")
def health() -> dict[str, str]:
    """Says which region answers, and with which version: what Route 53 and verify.yml ask for."""
    return {"status": "ok", "region": settings.region, "version": settings.version}


@api.not_found
def not_found(_error: NotFoundError) -> Response:
    event = api.current_event
    return problem(HTTPStatus.NOT_FOUND, f"There is no {event.http_method} {event.path}.")


@api.exception_handler(Exception)
def failed(error: Exception) -> Response:
    """Whatever nobody foresaw: the log has it whole, the client learns only that it was not its fault."""
    logger.exception("unhandled", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The request could not be handled. It may be sent again.")


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda's entry point, for a proxy event of a REST API."""
    response = api.resolve(event, context)
    logger.info("answered", method=event.get("httpMethod"), path=event.get("path"), status=response["statusCode"])
    return response

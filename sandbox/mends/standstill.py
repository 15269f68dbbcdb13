"""What stands still in a region that is out: functions, whoever invokes them, topics, REST APIs and replication.

Named so that it is applied last, outside what the other mends measure and deliver.
"""

from __future__ import annotations

import functools

from ministack.core.arn import parse_arn
from ministack.core.responses import get_region
from ministack.services import apigateway_v1, lambda_svc, sns

from sandbox import api_calls, replication
from sandbox.outages import Kind, board

UNANSWERED = {"errorType": "ServiceException", "errorMessage": "The Lambda service is out."}
INTERNAL_ERROR = b'{"message": "Internal server error"}'


def apply() -> None:
    """Wrap the steps that every invocation, message and API call passes."""
    lambda_svc._execute_function_dispatch = functools.partial(invoke, lambda_svc._execute_function_dispatch)
    sns._fanout = functools.partial(fan_out, sns._fanout)
    replication.QUEUE.held = lambda source, destination: not board.outages.replicates(source, destination)
    apigateway_v1._execute_in_scope = functools.partial(execute, apigateway_v1._execute_in_scope)


def invoke(inner, function: dict, config: dict, *arguments) -> dict:
    """Run a function, unless its region or Lambda is out: then the service fails, which is no error of the function."""
    if board.outages.has(parse_arn(config["FunctionArn"]).region, Kind.DARK, Kind.HANG, Kind.LAMBDA):
        return {"error": True, "body": UNANSWERED, "log": ""}
    return inner(function, config, *arguments)


def fan_out(inner, topic_arn: str, *arguments, **options) -> None:
    """Hand a message to the subscribers, unless the topic's region is out: nobody can publish there, alarms neither."""
    if not board.outages.unreachable(parse_arn(topic_arn).region):
        inner(topic_arn, *arguments, **options)


async def execute(inner, request: dict, api_id: str, stage_name: str, *arguments):
    """Answer a call of a REST API; 500 where API Gateway itself fails, measured and logged like any other.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
    """
    if not board.outages.has(get_region(), Kind.API_ERRORS):
        return await inner(request, api_id, stage_name, *arguments)
    request["stage"] = apigateway_v1._stages_v1.get(api_id, {}).get(stage_name)
    if call := api_calls.current():
        call.request = request
    return 500, {"Content-Type": "application/json"}, INTERNAL_ERROR

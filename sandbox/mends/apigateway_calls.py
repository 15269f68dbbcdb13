"""API Gateway (REST), the calls themselves: metrics, access logs, one request id throughout, and no error's inside."""

from __future__ import annotations

import functools
import time

from ministack.services import apigateway_v1

from sandbox import api_calls

HIDDEN = "Internal server error"


def apply() -> None:
    """Wrap the steps of a call."""
    for name, wrapper in {
        "_handle_execute_in_scope": answer,
        "_execute_in_scope": note_request,
        "_build_lambda_event_v1": build_event,
        "_call_lambda_raw": invoke,
        "_lambda_proxy_response": hide_error,
    }.items():
        setattr(apigateway_v1, name, functools.partial(wrapper, getattr(apigateway_v1, name)))


async def answer(inner, api_id, stage_name, method, path, headers, body, query_params, account, region) -> tuple:
    """Answer one call; then measure it and log it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    """
    with api_calls.begin(api_id, stage_name, method, path, headers) as call:
        status, sent, content = await inner(
            api_id, stage_name, method, path, headers, body, query_params, account, region
        )
        api_calls.end(call, status, content)
    named = {name.lower() for name in sent}
    own = {"x-amzn-requestid": call.request_id, "x-amz-apigw-id": call.extended_id}
    return status, sent | {name: value for name, value in own.items() if name not in named}, content


async def note_request(inner, request: dict, *arguments) -> tuple:
    """Give the emulator's notes on a request our request id, and keep them: they name the stage and the resource."""
    if call := api_calls.current():
        request["request_id"] = call.request_id
        call.request = request
    return await inner(request, *arguments)


def build_event(inner, *arguments, **options) -> dict:
    """The function sees the ids and names that the caller and the access log see.

    https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
    """
    event = inner(*arguments, **options)
    if call := api_calls.current():
        event["requestContext"] |= {
            "requestId": call.request_id,
            "extendedRequestId": call.extended_id,
            "domainName": call.arrival.domain,
            "protocol": call.protocol,
        }
        event["requestContext"]["identity"]["sourceIp"] = call.arrival.source_ip
    return event


async def invoke(inner, *arguments, **options) -> tuple:
    """Measure how long the function took."""
    started = time.perf_counter()
    result = await inner(*arguments, **options)
    if call := api_calls.current():
        call.integration_ms = (time.perf_counter() - started) * 1000
    return result


def hide_error(inner, result) -> tuple:
    """What a function failed with goes to the access log; the caller learns nothing of it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
    """
    response, error = inner(result)
    if error is None:
        return response, None
    if call := api_calls.current():
        call.integration_error = error
    return None, HIDDEN

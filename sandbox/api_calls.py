"""One call of a REST API: who came, what was answered and how long it took; its metrics and its line in the access log.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id
from ministack.services import apigateway_v1, cloudwatch_logs

from sandbox import log_streams, meters

VARIABLE = re.compile(r"\$context\.([A-Za-z][\w]*(?:\.[A-Za-z]\w*)*)")
NOTHING = "-"


@dataclass(frozen=True)
class Arrival:
    """How a request came to a regional endpoint: the caller's address, the HTTP version (1.1), the name asked for."""

    source_ip: str = "127.0.0.1"
    http_version: str = "1.1"
    domain: str = ""


@dataclass
class Call:
    """One call; `request` is the emulator's own notes on it, which name the stage and the resource."""

    api_id: str
    stage_name: str
    method: str
    path: str
    headers: Mapping[str, Any]
    arrival: Arrival
    started: float = field(default_factory=time.time)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extended_id: str = field(default_factory=lambda: base64.b64encode(os.urandom(11)).decode())
    request: Mapping[str, Any] = field(default_factory=dict)
    integration_ms: float | None = None
    integration_error: str | None = None

    @property
    def protocol(self) -> str:
        """The protocol in API Gateway's spelling."""
        version = self.arrival.http_version
        return f"HTTP/{version if '.' in version else version + '.0'}"

    @property
    def trace_id(self) -> str | None:
        """The root of the X-Ray trace that the endpoint began, or took over from the caller."""
        return self.headers.get("x-amzn-trace-id")


arrived: ContextVar[Arrival] = ContextVar("arrived")
_current: ContextVar[Call | None] = ContextVar("call", default=None)


def current() -> Call | None:
    """Return the call that is being answered in this context."""
    return _current.get()


@contextlib.contextmanager
def begin(api_id: str, stage_name: str, method: str, path: str, headers: Mapping[str, Any]) -> Iterator[Call]:
    """Make the call that is answered within this block the current one."""
    call = Call(api_id, stage_name, method, path, headers, arrived.get(Arrival()))
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)


def end(call: Call, status: int, body: bytes | str | None) -> None:
    """Publish the metrics of an answered call and write its line in the access log, as its stage says."""
    stage = call.request.get("stage")
    if not stage:
        return  # no stage, no metrics: the call was for nothing that is there
    latency = (time.time() - call.started) * 1000
    measure(call, stage, status, latency)
    settings = stage.get("accessLogSettings") or {}
    if settings.get("destinationArn") and settings.get("format"):
        known = variables(call, status, latency, len(body or b""))
        write(settings["destinationArn"], f"{call.api_id}/{call.stage_name}", render(settings["format"], known))


def measure(call: Call, stage: Mapping[str, Any], status: int, latency: float) -> None:
    """Publish Count, errors and latencies by API and stage; by resource and method where the stage asks for it."""
    name = apigateway_v1._rest_apis[call.api_id]["name"]
    by_stage = {"ApiName": name, "Stage": call.stage_name}
    dimensions = [{"ApiName": name}, by_stage]
    resource = call.request.get("resource_path") or ""
    if resource and method_setting(stage, resource, call.method).get("metricsEnabled"):
        dimensions.append(by_stage | {"Resource": resource, "Method": call.method})
    for each in dimensions:
        meters.record("AWS/ApiGateway", "Count", 1, "Count", each)
        meters.record("AWS/ApiGateway", "4XXError", int(400 <= status < 500), "Count", each)
        meters.record("AWS/ApiGateway", "5XXError", int(status >= 500), "Count", each)
        meters.record("AWS/ApiGateway", "Latency", round(latency), "Milliseconds", each)
        if call.integration_ms is not None:
            meters.record("AWS/ApiGateway", "IntegrationLatency", round(call.integration_ms), "Milliseconds", each)


def method_setting(stage: Mapping[str, Any], resource: str, method: str) -> Mapping[str, Any]:
    """Return the settings of one method, else those of every method of the stage."""
    settings = stage.get("methodSettings") or {}
    path = resource.lstrip("/")
    for key in (f"/{path}/{method}", f"{path}/{method}", "*/*"):
        if key in settings:
            return settings[key]
    return {}


def variables(call: Call, status: int, latency: float, length: int) -> dict[str, Any]:
    """Return the `$context` variables of a call, without those that have no value."""
    began = datetime.datetime.fromtimestamp(call.started, datetime.UTC)
    integration_ms = None if call.integration_ms is None else round(call.integration_ms)
    answered = None if call.integration_ms is None else (200 if call.integration_error is None else 502)
    known = {
        "accountId": get_account_id(),
        "apiId": call.api_id,
        "stage": call.stage_name,
        "requestId": call.request_id,
        "extendedRequestId": call.extended_id,
        "requestTime": began.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": round(call.started * 1000),
        "domainName": call.arrival.domain,
        "domainPrefix": call.arrival.domain.partition(".")[0],
        "httpMethod": call.method,
        "path": call.path,
        "resourcePath": call.request.get("resource_path"),
        "protocol": call.protocol,
        "status": status,
        "responseLength": length,
        "responseLatency": round(latency),
        "xrayTraceId": call.trace_id,
        "identity.sourceIp": call.arrival.source_ip,
        "identity.userAgent": call.headers.get("user-agent"),
        "integrationLatency": integration_ms,
        "integration.latency": integration_ms,
        "integrationStatus": answered,
        "integration.integrationStatus": answered,
        "integration.status": answered,
        "integrationErrorMessage": call.integration_error,
        "integration.error": call.integration_error,
    }
    return {name: value for name, value in known.items() if value not in (None, "")}


def render(form: str, known: Mapping[str, Any]) -> str:
    """Fill the variables into an access log format; what has no value is a dash. Quotes are escaped, as in JSON."""
    return VARIABLE.sub(lambda found: json.dumps(str(known.get(found[1], NOTHING)))[1:-1], form)


def write(destination: str, source: str, line: str) -> None:
    """Append a line to the log group with the ARN `destination`, in a stream of `source`; a group may be gone."""
    group = parse_arn(destination).resource.removeprefix("log-group:").removesuffix(":*")
    if group not in cloudwatch_logs._log_groups:
        return
    log_streams.append(group, hashlib.sha256(source.encode()).hexdigest()[:32], [line])

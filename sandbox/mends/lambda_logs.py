"""Lambda: a log stream for each execution environment, not for each invocation, and the metrics in what is logged."""

from __future__ import annotations

import datetime
import functools
import uuid

from ministack.services import cloudwatch_logs, lambda_svc

from sandbox import embedded_metrics, log_streams, meters

# A server's functions run in workers of its own: one name for each day's streams of a function is enough.
ENVIRONMENT = uuid.uuid4().hex


def apply() -> None:
    """Replace what writes the log of an invocation."""
    lambda_svc._emit_lambda_logs = functools.partial(write, lambda_svc._emit_lambda_logs)


def write(
    inner, function: dict, request_id: str, text: str, error: bool, duration_ms: int, *, log_source: str | None = None
) -> None:
    """Write an invocation's lines, in a stream that other invocations share.

    Ten thousand payments would be ten thousand streams otherwise.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
    """
    config = function.get("config") or function
    group_name = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    if log_source == "rie":  # a container's own log, which has its lines already
        inner(function, request_id, text, error, duration_ms, log_source=log_source)
        return
    version = config.get("Version", "$LATEST")
    if group_name not in cloudwatch_logs._log_groups:
        cloudwatch_logs._create_log_group({"logGroupName": group_name})
    memory = config.get("MemorySize", 128)
    lines = [
        f"START RequestId: {request_id} Version: {version}",
        *(text or "").splitlines(),
        f"END RequestId: {request_id}",
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms} ms\tBilled Duration: {duration_ms} ms\t"
        f"Memory Size: {memory} MB\tMax Memory Used: {lambda_svc._probe_peak_memory_mb(function)} MB",
    ]
    today = datetime.datetime.now(datetime.UTC)
    log_streams.append(group_name, f"{today:%Y/%m/%d}/[{version}]{ENVIRONMENT}", lines)
    for line in lines:
        for each in embedded_metrics.find(line):
            meters.record(*each)

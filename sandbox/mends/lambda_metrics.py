"""Lambda: every invocation is measured once, whoever made it."""

from __future__ import annotations

import functools
import time

from ministack.services import lambda_svc

from sandbox import meters


def apply() -> None:
    """Measure where every executor passes, instead of in Invoke alone."""
    lambda_svc._emit_lambda_metrics = count_throttle
    lambda_svc._execute_function_dispatch = functools.partial(run, lambda_svc._execute_function_dispatch)


def count_throttle(function_name: str, duration_ms: float, error: bool, throttle: bool) -> None:
    """Count a throttled request, which is no invocation.

    The emulator calls this when it refuses one (with no duration), and again when the refused Invoke returns.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    if throttle and not duration_ms:
        meters.record("AWS/Lambda", "Throttles", 1, "Count", {"FunctionName": function_name})


def run(inner, function: dict, config: dict, *arguments) -> dict:
    """Run a function; an API's calls, schedules and event sources count like Invoke's.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    started = time.perf_counter()
    result = inner(function, config, *arguments)
    took = (time.perf_counter() - started) * 1000
    dimensions = {"FunctionName": config["FunctionName"]}
    meters.record("AWS/Lambda", "Invocations", 1, "Count", dimensions)
    meters.record("AWS/Lambda", "Errors", int(bool(result.get("error"))), "Count", dimensions)
    meters.record("AWS/Lambda", "Throttles", 0, "Count", dimensions)
    meters.record("AWS/Lambda", "Duration", round(took, 1), "Milliseconds", dimensions)
    return result

"""CloudWatch: alarms come back as they were put, whichever protocol the client speaks; old metrics cost little."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from xml.etree.ElementTree import Element, tostring

from ministack.services import cloudwatch

from sandbox import meters, wire

# What PutMetricAlarm's query branch forgets, and DescribeAlarms' query branch leaves out.
REMEMBERED = ("Metrics", "EvaluateLowSampleCountPercentile", "ThresholdMetricId", "InsufficientDataActions")
THROUGH_JSON = {
    "PutMetricAlarm": "_put_metric_alarm",
    "PutCompositeAlarm": "_put_composite_alarm",
    "DescribeAlarms": "_describe_alarms",
    "DescribeAlarmsForMetric": "_describe_alarms_for_metric",
}


def apply() -> None:
    """Answer the query protocol from the JSON branch, which is complete, and keep every field of an alarm.

    Alarms are evaluated by sandbox/alarms.py at the end of each minute, not whenever a metric is put: the emulator's
    way knows no dimensions, expressions or missing data. Services record their metrics through sandbox/meters.py.
    """
    cloudwatch._evaluate_alarm = leave_to_the_clock
    cloudwatch.record_metric = meters.record
    cloudwatch._evict_old_metrics = functools.partial(evict_old_metrics, cloudwatch._evict_old_metrics)
    cloudwatch._put_metric_alarm = functools.partial(put_metric_alarm, cloudwatch._put_metric_alarm)
    for operation, name in THROUGH_JSON.items():
        setattr(cloudwatch, name, functools.partial(through_json, getattr(cloudwatch, name), operation))


def leave_to_the_clock(alarm: dict) -> None:
    """Where the emulator would evaluate `alarm` now, nothing is done."""


def evict_old_metrics(evict: Callable[[], None]) -> None:
    """`evict` only where something is old: it copies every point there is, and is called for every request.

    A metric's points stand in the order in which they were put, so that the first one tells.
    """
    cutoff = time.time() - cloudwatch.TWO_WEEKS_SECONDS
    if any(points[0]["Timestamp"] < cutoff for points in cloudwatch._metrics.values() if points):
        evict()


def through_json(handler, operation: str, params: dict, data: dict, is_cbor: bool, is_json: bool = False) -> tuple:
    """Serve a query request (Terraform, older SDKs) by the JSON branch of the same handler.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_CompositeAlarm.html
    """
    if is_cbor or is_json:
        return handler(params, data, is_cbor, is_json)
    model = wire.operation("cloudwatch", operation)
    status, headers, body = handler(params, wire.from_query(params, model.input_shape) or {}, False, True)
    answer = json.loads(body)
    if status != 200:
        return cloudwatch._error(answer["__type"], answer["message"], status)
    result = Element(f"{operation}Result")
    if model.output_shape:
        wire.to_xml(result, answer, model.output_shape)
    return cloudwatch._xml(200, f"{operation}Response", tostring(result, "unicode"))


def put_metric_alarm(handler, params: dict, data: dict, is_cbor: bool, is_json: bool = False) -> tuple:
    """PutMetricAlarm keeps the fields that the emulator drops, and invents no metric for an alarm on an expression.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    answer = handler(params, data, is_cbor, is_json)
    alarm = cloudwatch._alarms.get(data.get("AlarmName"))
    if answer[0] == 200 and alarm is not None:
        alarm.update({field: data[field] for field in REMEMBERED if data.get(field)})
        if data.get("Metrics") or data.get("ExtendedStatistic"):
            alarm.pop("Statistic", None)
        if data.get("Metrics"):
            alarm.pop("Period", None)
    return answer

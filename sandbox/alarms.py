"""CloudWatch's evaluation of metric alarms: at the end of every minute, over windows that end there.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
Alarms of 10, 20 and 30 seconds are evaluated every ten seconds. Composite alarms and actions follow a change of state
at once; the emulator does both. Not modelled: anomaly detection, Metrics Insights, alarms across accounts.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch

from sandbox import alarm_rules, expressions
from sandbox.clock import Clock
from sandbox.config import REGIONS, Config
from sandbox.outages import board

log = logging.getLogger("sandbox.alarms")

TICK_SECONDS = 10
MINUTE_SECONDS = 60
Alarm = dict[str, Any]


class Evaluator:
    """Evaluates the alarms of one account."""

    def __init__(self, account: str, clock: Clock) -> None:
        """Evaluate at the pace of `clock`."""
        self.account = account
        self.clock = clock
        self._reported: set[tuple[str, str]] = set()

    def evaluate(self, now: float, minute: bool = True) -> list[str]:
        """Evaluate over the windows that end at `now` (epoch seconds); return the names of those that changed state.

        minute: whether a minute ends; only high-resolution alarms are evaluated in between. In a region that is out
        every alarm stays as it was.
        """
        changed = []
        for region in REGIONS:
            if board.outages.unreachable(region):
                continue
            with request_scope(self.account, region):
                for alarm in list(cloudwatch._alarms.values()):
                    if (minute or period_of(alarm) < MINUTE_SECONDS) and self._evaluate_one(alarm, now, region):
                        changed.append(alarm["AlarmName"])
        return changed

    def _evaluate_one(self, alarm: Alarm, now: float, region: str) -> bool:
        if alarm.get("ThresholdMetricId") or alarm.get("ComparisonOperator") not in alarm_rules.COMPARISONS:
            return False
        rule = alarm_rules.Rule.of(alarm)
        period = self.clock.interval(period_of(alarm))
        ends = [now - period * back for back in range(rule.looked_at)][::-1]
        try:
            seen = values(alarm, ends, period)
        except expressions.ExpressionError as error:
            if (region, alarm["AlarmName"]) not in self._reported:
                self._reported.add((region, alarm["AlarmName"]))
                log.warning("%s in %s is not evaluated: %s", alarm["AlarmName"], region, error)
            return False
        state = alarm_rules.judge(rule, seen)
        if state is None or state == alarm["StateValue"]:
            return False
        change_state(alarm, state, alarm_rules.reason(rule, seen, ends, alarm["StateValue"], state), rule, seen)
        return True


def period_of(alarm: Alarm) -> int:
    """Return the alarm's period in seconds; an alarm on an expression has that of its metrics."""
    periods = [query["MetricStat"]["Period"] for query in alarm.get("Metrics") or () if "MetricStat" in query]
    return int(alarm.get("Period") or min(periods, default=MINUTE_SECONDS))


def values(alarm: Alarm, ends: Sequence[float], period: float) -> list[float | None]:
    """Return what the alarm watches in each of the windows of `period` seconds that end at `ends`."""
    if not alarm.get("Metrics"):
        statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"]
        return statistics(alarm, statistic, alarm.get("Unit"), ends, period)
    series: dict[str, expressions.Series] = {}
    waiting = [query for query in alarm["Metrics"] if "Expression" in query]
    for query in alarm["Metrics"]:
        if stat := query.get("MetricStat"):
            series[query["Id"]] = statistics(stat["Metric"], stat["Stat"], stat.get("Unit"), ends, period)
    metrics = list(series)
    # An expression may name another one: take each when what it names is there, in any order.
    for _ in range(len(waiting)):
        for query in [query for query in waiting if query["Id"] not in series]:
            others = {each["Id"] for each in waiting if each["Id"] not in series}
            if not others & expressions.names(query["Expression"]):
                series[query["Id"]] = expressions.evaluate(query["Expression"], series, metrics, len(ends))
    watched = next(query["Id"] for query in alarm["Metrics"] if query.get("ReturnData", True))
    if watched not in series:
        raise expressions.ExpressionError(f"the expressions behind {watched} go in a circle")
    return list(series[watched])


def statistics(
    metric: Mapping[str, Any], statistic: str, unit: str | None, ends: Sequence[float], period: float
) -> list[float | None]:
    """Return a statistic of one metric (with exactly its dimensions) in each window; None without data."""
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get("Dimensions") or []))
    stored = cloudwatch._metrics.get((metric["Namespace"], metric["MetricName"], dimensions)) or []
    recent = [
        point
        for point in stored
        if ends[0] - period <= point["Timestamp"] < ends[-1] and unit in (None, "", point["Unit"])
    ]
    return [
        _statistic([point for point in recent if end - period <= point["Timestamp"] < end], statistic) for end in ends
    ]


def _statistic(points: list[dict], statistic: str) -> float | None:
    return cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points) if points else None


def change_state(alarm: Alarm, state: str, why: str, rule: alarm_rules.Rule, seen: Sequence[float | None]) -> None:
    """Put the alarm into `state`: history, actions, and the composite alarms above it."""
    old = alarm["StateValue"]
    data = {
        "version": "1.0",
        "period": period_of(alarm),
        "threshold": rule.threshold,
        "recentDatapoints": [value for value in seen if value is not None][-rule.periods :],
    }
    alarm |= {
        "StateValue": state,
        "StateReason": why,
        "StateReasonData": json.dumps(data),
        "StateUpdatedTimestamp": int(time.time()),
    }
    cloudwatch._record_history(alarm["AlarmName"], old, state, why, reason_data=data)
    cloudwatch._dispatch_alarm_actions(alarm, old, state, why)
    cloudwatch._evaluate_parent_alarms(alarm)


async def run(config: Config) -> None:
    """Evaluate whenever ten seconds of the clock end, until cancelled."""
    evaluator = Evaluator(config.accounts.production, config.clock)
    tick = config.clock.interval(TICK_SECONDS)
    number = int(time.time() / tick)
    while True:
        number = max(number + 1, int(time.time() / tick))
        await asyncio.sleep(max(0, number * tick - time.time()))
        evaluator.evaluate(number * tick, minute=number % (MINUTE_SECONDS // TICK_SECONDS) == 0)

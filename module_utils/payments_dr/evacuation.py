"""The switch that sends the traffic out of a region: one metric in the *other* region, and the alarm that reads it.

Route 53 follows the alarm's data, so that neither its control plane nor the evacuated region is needed (design, 7).
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from typing import Any

from .calls import STEADY, AwsFailure, Clients, describing
from .topology import Topology
from .waiters import Clock, Seen, Wait, until

NAMESPACE, METRIC, ALARM_KIND = "PaymentsDR", "Evacuate", "evacuate"
#: Seconds after which the metric is put again while the alarm does not follow. The alarm takes each minute's maximum:
#: a 0 in the minute of an earlier 1 changes nothing, and the minutes of silence after it keep the state.
PUT_AGAIN = 10.0
#: Seconds back in which a datapoint counts as said but perhaps not yet evaluated: two periods and the metric's delay.
RECENT = 180


@dataclasses.dataclass(frozen=True)
class Switch:
    """The switch for one region. `on` is whether its alarm is in ALARM: one that was never told anything has no data,
    and sends nobody away. `said` is what was put last within RECENT seconds, None when nothing was."""

    region: str
    standing_in: str
    alarm: str
    on: bool
    said: bool | None

    def stands(self, on: bool) -> bool:
        """Whether it is as wanted, and nothing said meanwhile will change that."""
        return self.on is on and self.said in (None, on)


@dataclasses.dataclass(frozen=True)
class Evacuation:
    """What was done: whether anything was put, the switch before, and whether the alarm has confirmed it."""

    changed: bool
    before: Switch
    confirmed: bool
    sentence: str


def read_switch(cloudwatch: Any, topology: Topology, region: str, now: float) -> Switch:
    """The switch that evacuates `region`, from the other region's CloudWatch. Raises AwsFailure."""
    standing_in = topology.peer(region).region
    name = topology.alarm(ALARM_KIND, standing_in)
    until_now = datetime.datetime.fromtimestamp(now, datetime.UTC)
    with describing(f"read the evacuation switch {name}", standing_in):
        alarms = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        points = cloudwatch.get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=METRIC,
            Dimensions=[{"Name": "Region", "Value": region}],
            StartTime=until_now - datetime.timedelta(seconds=RECENT),
            EndTime=until_now + datetime.timedelta(seconds=60),
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
    if not alarms:
        raise AwsFailure(f"The evacuation switch {name} does not exist in {standing_in}: run deploy.yml", "NotFound")
    newest = max(points, key=lambda point: point["Timestamp"], default=None)
    return Switch(
        region=region,
        standing_in=standing_in,
        alarm=name,
        on=alarms[0]["StateValue"] == "ALARM",
        said=newest and newest["Maximum"] > 0,
    )


def evacuate(
    clients: Clients,
    topology: Topology,
    region: str,
    on: bool,
    clock: Clock,
    say: Callable[[str], None],
    wait: Wait | None = None,
    changing: bool = True,
) -> Evacuation:
    """Sends the traffic out of `region`, or lets it back in. Only the other region is called.

    With `wait` it stays until the alarm agrees; else the alarm follows at the end of the minute. With `changing` false
    nothing is put. Raises AwsFailure, and Late when the alarm does not follow.
    """
    cloudwatch = clients("cloudwatch", topology.peer(region).region, STEADY)
    before = read_switch(cloudwatch, topology, region, clock.now())
    wish = f"evacuation of {region} {'on' if on else 'off'}"
    if before.stands(on):
        return Evacuation(False, before, True, f"{wish}: it was already")
    if not changing:
        return Evacuation(True, before, False, f"{wish}: would be put")
    _put(cloudwatch, region, on)
    say(f"{wish}: put in {before.standing_in}")
    if wait:
        _confirm(cloudwatch, topology, before, on, clock, say, wait)
    sentence = f"{wish}: {before.alarm} agrees" if wait else f"{wish}: put; {before.alarm} follows within two minutes"
    return Evacuation(True, before, wait is not None, sentence)


def _put(cloudwatch: Any, region: str, on: bool) -> None:
    with describing(f"put {METRIC} of {region}", cloudwatch.meta.region_name):
        cloudwatch.put_metric_data(
            Namespace=NAMESPACE,
            MetricData=[
                {
                    "MetricName": METRIC,
                    "Dimensions": [{"Name": "Region", "Value": region}],
                    "Value": 1.0 if on else 0.0,
                    "Unit": "None",
                }
            ],
        )


def _confirm(
    cloudwatch: Any,
    topology: Topology,
    switch: Switch,
    on: bool,
    clock: Clock,
    say: Callable[[str], None],
    wait: Wait,
) -> None:
    put_at = clock.monotonic()

    def look() -> Seen:
        nonlocal put_at
        now = read_switch(cloudwatch, topology, switch.region, clock.now())
        if not now.stands(on) and clock.monotonic() - put_at >= PUT_AGAIN:
            _put(cloudwatch, switch.region, on)
            put_at = clock.monotonic()
        return Seen(now.stands(on), f"{switch.alarm} is {_word(now.on)}, not {_word(on)} yet")

    until(f"{switch.alarm} in {switch.standing_in} to be {_word(on)}", look, wait, clock, say)


def _word(on: bool) -> str:
    """CloudWatch's word for a state."""
    return "ALARM" if on else "OK"

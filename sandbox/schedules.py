"""EventBridge's scheduled rules, at the pace of the clock.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
A rate counts from the rule's creation, through restarts of the sandbox. In a hurry it comes sooner; cron expressions
name times of day, which stay real. What fell due while the sandbox was down is not made up for.
"""

from __future__ import annotations

import asyncio
import datetime
import math
import uuid

from ministack.core.responses import request_scope
from ministack.services import eventbridge

from sandbox import meters
from sandbox.clock import Clock
from sandbox.config import REGIONS, Config
from sandbox.mends import lambda_async
from sandbox.outages import board

LOOK_SECONDS = 1


class Scheduler:
    """Triggers the rules of one account, each in its own region."""

    def __init__(self, account: str, clock: Clock) -> None:
        """Trigger what falls due from now on."""
        self.account = account
        self.clock = clock
        self.looked = clock.now()

    def look(self) -> list[str]:
        """Trigger every enabled rule that fell due since the last look; return their names.

        What falls due in a region that is out is not made up for.
        """
        since, now = self.looked, self.clock.now()
        self.looked = now
        triggered = []
        for region in REGIONS:
            if board.outages.unreachable(region):
                continue
            with request_scope(self.account, region):
                for key, rule in list(eventbridge._rules.items()):
                    expression, made = rule["ScheduleExpression"], rule["CreationTime"]
                    if rule["State"] == "ENABLED" and due(expression, made, since, now, self.clock):
                        trigger(rule, eventbridge._targets.get(key) or [], now)
                        triggered.append(rule["Name"])
        return triggered


def due(expression: str, made: float, since: float, now: float, clock: Clock) -> bool:
    """Say whether a rule that was made at `made` falls due after `since` and until `now` (all epoch seconds)."""
    seconds = eventbridge._parse_rate_seconds(expression)
    if seconds is not None:
        pace = clock.interval(seconds)
        return math.floor((now - made) / pace) > max(0, math.floor((since - made) / pace))
    fields = eventbridge._parse_cron_fields(expression)
    following = fields and eventbridge._cron_next_fire(fields, datetime.datetime.fromtimestamp(since, datetime.UTC))
    return bool(following) and following.timestamp() <= now


def trigger(rule: dict, targets: list[dict], now: float) -> None:
    """Send the scheduled event to the rule's targets, in the account and region of the current scope.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-schedule.html
    """
    account, region = rule["Arn"].split(":")[4], rule["Arn"].split(":")[3]
    event = {
        "EventId": str(uuid.uuid4()),
        "Source": "aws.events",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "EventBusName": rule["EventBusName"],
        "Time": now,
        "Resources": [rule["Arn"]],
        "Account": account,
        "Region": region,
    }
    meters.record("AWS/Events", "TriggeredRules", 1, "Count", {"RuleName": rule["Name"]})
    for target in targets:
        eventbridge._invoke_target(target, event, rule)


async def run(config: Config) -> None:
    """Look every second of the clock, until cancelled."""
    lambda_async.clock = config.clock
    scheduler = Scheduler(config.accounts.production, config.clock)
    while True:
        # Handing an event over is quick; what it starts runs in threads of its own.
        await asyncio.to_thread(scheduler.look)
        await config.clock.sleep(LOOK_SECONDS)

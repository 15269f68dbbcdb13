"""Scheduled rules start their functions in their own region, at the pace of the clock, and only when they may."""

import datetime
import io
import json
import zipfile

import pytest

from sandbox.clock import Clock

from .metrics import eventually, total

HANDLER = """
def handler(event, context):
    print("asked for", event["action"])
    if event["action"] == "fail":
        raise RuntimeError("as asked")
"""
ACCOUNT = "222222222222"


def at(hour, minute=0, second=0):
    return datetime.datetime(2026, 11, 22, hour, minute, second, tzinfo=datetime.UTC).timestamp()


def falls_due(expression, made, since, now, hurry=1):
    from sandbox.schedules import due

    return due(expression, made, since, now, Clock(hurry))


def test_a_rate_counts_from_the_rules_creation():
    made = at(12, 0, 20)
    assert not falls_due("rate(1 minute)", made, made - 5, made + 59)
    assert falls_due("rate(1 minute)", made, made + 59, made + 60)
    assert not falls_due("rate(1 minute)", made, made + 60, made + 119), "once a minute"
    assert falls_due("rate(5 minutes)", made, made + 299, made + 301)
    assert falls_due("rate(1 hour)", made, made + 3599.5, made + 3600.5)


def test_a_rate_comes_sooner_in_a_hurry_and_a_time_of_day_does_not():
    made = at(12, 0, 20)
    assert falls_due("rate(1 minute)", made, made, made + 1, hurry=60)
    assert falls_due("cron(30 12 * * ? *)", made, at(12, 29, 59), at(12, 30))
    assert not falls_due("cron(30 12 * * ? *)", made, at(12, 30), at(12, 31))
    assert not falls_due("cron(30 12 * * ? *)", made, at(12, 0), at(12, 29), hurry=60)


def test_a_rule_without_a_schedule_never_falls_due():
    assert not falls_due("", at(1), at(1), at(23))


class Scheduled:
    """A function and a rule that starts it every minute, in one region."""

    def __init__(self, sandbox, name, region, action="repair", permitted=True, **settings):
        self.sandbox, self.name, self.region = sandbox, name, region
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("index.py", HANDLER)
        self.lambda_ = sandbox.client("lambda", region)
        self.queue = sandbox.client("sqs", region).create_queue(QueueName=name)["QueueUrl"]
        self.lambda_.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Code={"ZipFile": packed.getvalue()},
            DeadLetterConfig={"TargetArn": f"arn:aws:sqs:{region}:{ACCOUNT}:{name}"},
        )
        if settings:
            self.lambda_.put_function_event_invoke_config(FunctionName=name, **settings)
        self.events = sandbox.client("events", region)
        self.rule = self.events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")["RuleArn"]
        if permitted:
            self.permit()
        target = {"Id": "it", "Arn": f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"}
        self.events.put_targets(Rule=name, Targets=[target | {"Input": json.dumps({"action": action})}])

    def permit(self):
        self.lambda_.add_permission(
            FunctionName=self.name,
            StatementId="schedule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=self.rule,
        )

    def counted(self, name, region=None):
        return total(self.sandbox, "AWS/Events", name, {"RuleName": self.name}, region=region or self.region) or 0

    def invoked(self, name="Invocations"):
        return total(self.sandbox, "AWS/Lambda", name, {"FunctionName": self.name}, region=self.region) or 0

    def logged(self):
        groups = self.sandbox.client("logs", self.region)
        events = groups.filter_log_events(logGroupName=f"/aws/lambda/{self.name}")["events"]
        return [event["message"] for event in events]

    def dead_letters(self):
        found = self.sandbox.client("sqs", self.region).receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return found.get("Messages", [])

    def stop(self):
        self.events.disable_rule(Name=self.name)


@pytest.mark.parametrize("region", ["us-east-1", "us-east-2"])
def test_a_rule_starts_its_function_with_its_input_in_its_region(hurried, region):
    scheduled = Scheduled(hurried, f"scheduled-{region}", region)
    eventually(lambda: scheduled.invoked() >= 3)
    scheduled.stop()
    assert "asked for repair" in scheduled.logged()
    assert scheduled.counted("Invocations") >= 3
    assert scheduled.counted("TriggeredRules") >= 3
    assert scheduled.counted("FailedInvocations") == 0
    other = {"us-east-1": "us-east-2", "us-east-2": "us-east-1"}[region]
    assert scheduled.counted("Invocations", other) == 0


def test_a_rule_that_the_function_does_not_know_fails_until_it_is_permitted(hurried):
    scheduled = Scheduled(hurried, "unpermitted", "us-east-1", permitted=False)
    eventually(lambda: scheduled.counted("FailedInvocations") >= 2)
    assert scheduled.invoked() == 0
    scheduled.permit()
    eventually(lambda: scheduled.invoked() >= 1)
    scheduled.stop()


def test_a_disabled_rule_rests(hurried):
    scheduled = Scheduled(hurried, "resting", "us-east-1")
    eventually(lambda: scheduled.invoked() >= 1)
    scheduled.stop()
    triggered = scheduled.counted("TriggeredRules")
    waker = Scheduled(hurried, "waking", "us-east-1")
    eventually(lambda: waker.invoked() >= 3)
    waker.stop()
    assert scheduled.counted("TriggeredRules") - triggered <= 1, "at most one that was on its way"


def test_an_event_that_fails_is_repeated_and_then_a_dead_letter(hurried):
    scheduled = Scheduled(hurried, "failing", "us-east-1", action="fail")
    eventually(lambda: scheduled.counted("TriggeredRules") >= 1)
    scheduled.stop()
    letters = eventually(scheduled.dead_letters)
    triggered = scheduled.counted("TriggeredRules")
    assert json.loads(letters[0]["Body"]) == {"action": "fail"}
    assert letters[0]["MessageAttributes"]["ErrorMessage"]["StringValue"] == "as asked"
    eventually(lambda: scheduled.invoked("AsyncEventsDropped") == triggered)
    assert scheduled.invoked("AsyncEventsReceived") == triggered
    assert scheduled.invoked("Errors") == 3 * triggered


def test_a_function_without_concurrency_gives_its_events_up_at_once(hurried):
    scheduled = Scheduled(hurried, "fenced", "us-east-1")
    scheduled.lambda_.put_function_concurrency(FunctionName="fenced", ReservedConcurrentExecutions=0)
    before = scheduled.invoked()
    letters = eventually(scheduled.dead_letters)
    scheduled.stop()
    assert json.loads(letters[0]["Body"]) == {"action": "repair"}
    assert letters[0]["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"
    assert scheduled.invoked() - before <= 1

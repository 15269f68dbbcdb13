"""Lambda: asynchronous invocations are repeated at AWS's pace, on the sandbox's clock, and end as dead letters."""

from __future__ import annotations

import contextvars
import json
import threading
import time
from dataclasses import dataclass

from ministack.core.arn import parse_arn
from ministack.core.responses import request_scope
from ministack.services import lambda_svc, sqs

from sandbox import meters
from sandbox.clock import Clock

# sandbox/schedules.py sets it while the sandbox runs.
clock = Clock()

# Seconds before the second and the third attempt of a function that fails.
RETRY_SECONDS = (60.0, 120.0)
# Seconds before the first and between the last attempts while there is no concurrency left.
THROTTLED_SECONDS, LONGEST_THROTTLED_SECONDS = 1.0, 300.0
LONGEST_AGE_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Settings:
    """What a function's event invoke config says; AWS's defaults without one.

    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    """

    retries: int = len(RETRY_SECONDS)
    age: float = LONGEST_AGE_SECONDS

    @classmethod
    def of(cls, function: dict) -> Settings:
        """Read them from the emulator's record of a function."""
        kept = configured(function)
        retries, age = kept.get("MaximumRetryAttempts"), kept.get("MaximumEventAgeInSeconds")
        return cls(cls.retries if retries is None else int(retries), float(age or cls.age))


@dataclass
class Attempts:
    """How one event went so far."""

    settings: Settings
    failed: int = 0
    throttled: int = 0

    def wait(self, throttled: bool, age: float) -> float | None:
        """Return the seconds until the next attempt, after one that failed at `age` seconds; None to give up.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
        """
        if throttled:
            self.throttled += 1
            seconds = min(THROTTLED_SECONDS * 2 ** (self.throttled - 1), LONGEST_THROTTLED_SECONDS)
        else:
            self.failed += 1
            if self.failed > self.settings.retries:
                return None
            seconds = RETRY_SECONDS[self.failed - 1]
        return seconds if age + seconds <= self.settings.age else None


def apply() -> None:
    """Replace the emulator's asynchronous invocation."""
    lambda_svc.invoke_async_with_retry = invoke


def configured(function: dict) -> dict:
    """Return the event invoke config of a function; an empty one without."""
    qualified = function.get("event_invoke_configs") or {}
    return function.get("event_invoke_config") or qualified.get("$LATEST") or {}


def invoke(function: dict, event: dict) -> None:
    """Accept an event, and work on it in the background.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
    """
    config = function.get("config") or function
    scope = parse_arn(config["FunctionArn"])
    with request_scope(scope.account_id, scope.region):
        count("AsyncEventsReceived", config)
        arguments = (work, function, config, event)
        threading.Thread(target=contextvars.copy_context().run, args=arguments, daemon=True).start()


def work(function: dict, config: dict, event: dict) -> None:
    """Invoke the function until it succeeds or the event is dropped, which makes a dead letter of it.

    A function that may not run at all (reserved concurrency 0) gives its events up at once:
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    attempts = Attempts(Settings.of(function))
    started = time.monotonic()
    while True:
        result = lambda_svc._execute_function(function, event)
        if not (result.get("error") or result.get("throttle")):
            return
        throttled = bool(result.get("throttle"))
        seconds = attempts.wait(throttled, (time.monotonic() - started) * clock.hurry)
        if seconds is None or (throttled and lambda_svc._reserved_concurrency(function, config) == 0):
            break
        time.sleep(clock.interval(seconds))
    count("AsyncEventsDropped", config)
    give_up(function, config, event, result)


def give_up(function: dict, config: dict, event: dict, result: dict) -> None:
    """Send a dropped event to the function's dead-letter queue as it came, and a record of it to its destination.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    destination = configured(function).get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if destination:
        lambda_svc._route_async_failure(destination, config["FunctionName"], event, result)
    queue = sqs._queue_by_arn((config.get("DeadLetterConfig") or {}).get("TargetArn") or "")
    if queue is None:
        return
    error = result["body"] if isinstance(result.get("body"), dict) else {}
    attributes = {
        "ErrorCode": {"DataType": "Number", "StringValue": "429" if result.get("throttle") else "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": str(error.get("errorMessage") or error)[:1024]},
    }
    message = {"QueueUrl": queue["url"], "MessageBody": json.dumps(event), "MessageAttributes": attributes}
    sqs._act_send_message(message, queue["url"])


def count(name: str, config: dict) -> None:
    """Count an asynchronous event."""
    meters.record("AWS/Lambda", name, 1, "Count", {"FunctionName": config["FunctionName"]})

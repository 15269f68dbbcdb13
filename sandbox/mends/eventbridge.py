"""EventBridge: schedules follow the clock of the sandbox; deliveries to Lambda need a permission and are counted."""

from __future__ import annotations

import functools
import json
import logging

from ministack.core.arn import parse_arn
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc

from sandbox import meters

log = logging.getLogger("sandbox.eventbridge")
SERVICE = "events.amazonaws.com"


def apply() -> None:
    """Leave schedules to sandbox/schedules.py, and wrap what delivers an event."""
    eventbridge.start_scheduler = lambda: None
    eventbridge._invoke_target = functools.partial(deliver, eventbridge._invoke_target)
    eventbridge._dispatch_to_lambda = invoke


def deliver(inner, target: dict, event: dict, rule: dict, view=None) -> None:
    """Deliver an event to a target, and count it; one that cannot be delivered for good is a failed invocation.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    """
    dimensions = {"RuleName": rule["Name"]}
    meters.record("AWS/Events", "Invocations", 1, "Count", dimensions)
    if why := refusal(target["Arn"], rule["Arn"]):
        log.warning("%s in %s: not delivered to %s: %s", rule["Name"], get_region(), target["Arn"], why)
        meters.record("AWS/Events", "FailedInvocations", 1, "Count", dimensions)
        return
    inner(target, event, rule, view)


def refusal(target: str, rule: str) -> str:
    """Say why a Lambda target cannot be invoked by a rule; nothing when it can, and of other targets.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-lambda-permissions
    """
    spec = parse_arn(target)
    if spec.service != "lambda":
        return ""
    if (spec.account_id, spec.region) != (get_account_id(), get_region()):
        return "it is in another account or region"
    function, config, _ = lambda_svc._get_func_record_for_ref(target)
    if not function or not config:
        return "there is no such function"
    caller = EvalContext(
        principal_arn=SERVICE,
        principal_type="Service",
        principal_account=get_account_id(),
        action="lambda:InvokeFunction",
        resource_arn=target,
        region=get_region(),
        service_context={"aws:sourcearn": rule, "aws:sourceaccount": get_account_id()},
    )
    if evaluate_resource_policy(function.get("policy"), caller, SERVICE).decision != "Allow":
        return f"the function's policy does not let {SERVICE} invoke it for {rule}"
    return ""


def invoke(arn: str, payload: str) -> None:
    """Invoke a function as EventBridge does: asynchronously, with Lambda's own repetitions and dead letters.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
    """
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), json.loads(payload))

"""SNS: e-mail is delivered, to the sandbox's inbox."""

from __future__ import annotations

import functools
from collections.abc import Callable

from ministack.services import sns

# Called with topic ARN, address, subject, message and message id; sandbox/inbox.py sets it while the sandbox runs.
deliver: Callable[[str, str, str, str, str], None] | None = None


def apply() -> None:
    """Wrap what hands a message to the subscribers."""
    sns._fanout = functools.partial(fan_out, sns._fanout)


def fan_out(
    inner,
    topic_arn: str,
    message_id: str,
    message: str,
    subject: str,
    message_structure: str = "",
    message_attributes: dict | None = None,
    *more,
    **options,
) -> None:
    """Hand a message to the subscribers, those by e-mail too, whose filter policies let it through.

    https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
    """
    inner(topic_arn, message_id, message, subject, message_structure, message_attributes, *more, **options)
    topic = sns._topic_by_arn_any_scope(topic_arn)
    for subscriber in topic["subscriptions"] if topic and deliver else ():
        if subscriber["protocol"] not in ("email", "email-json") or not subscriber["confirmed"]:
            continue
        text = sns._resolve_message_for_protocol(message, message_structure, subscriber["protocol"])
        if sns._matches_filter_policy(subscriber, message_attributes or {}, text):
            deliver(topic_arn, subscriber["endpoint"], subject, text, message_id)

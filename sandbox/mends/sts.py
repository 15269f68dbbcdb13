"""STS: a role that does not exist cannot be assumed, whether or not policies are enforced."""

from __future__ import annotations

import functools

from ministack.services import iam, sts


def apply() -> None:
    """Wrap the check of the ARN that AssumeRole begins with."""
    sts._assumed_role_arn = functools.partial(existing_role_arn, sts._assumed_role_arn)


def existing_role_arn(inner, role_arn: str, session_name: str) -> tuple:
    """AssumeRole answers AccessDenied for a role that is not there: it does not tell which roles an account has.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    assumed, refusal = inner(role_arn, session_name)
    if refusal:
        return assumed, refusal
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    if iam._roles.get_scoped(account, "", name) is None:
        message = f"User is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        return assumed, sts._error(403, "AccessDenied", message, ns="sts")
    return assumed, None

"""Clients with the deployment role assumed, bounded patience, and one exception for everything that AWS may refuse."""

from __future__ import annotations

import contextlib
import dataclasses
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
from botocore import exceptions as errors
from botocore.config import Config

#: To be merged into the argument spec of every module that talks to AWS.
AWS_SPEC = {"assume_role_arn": {"type": "str"}}

#: The session name that CloudTrail shows for what we do.
SESSION_NAME = "payments-dr"

_UNREACHABLE = (errors.ConnectionError, errors.HTTPClientError)
_MENDS = {
    "NoCredentials": "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": "the credentials have expired: sign in again",
    "ExpiredTokenException": "the credentials have expired: sign in again",
    "InvalidClientTokenId": "the access key is unknown: check AWS_PROFILE or AWS_ACCESS_KEY_ID",
    "ProfileNotFound": "check AWS_PROFILE against ~/.aws/config",
}


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long one call may take: seconds to connect, seconds to wait for bytes, and attempts in all."""

    connect: float
    read: float
    attempts: int

    def config(self) -> Config:
        """The botocore settings; standard mode waits with jitter between attempts, 20 s at most."""
        return Config(
            connect_timeout=self.connect,
            read_timeout=self.read,
            retries={"mode": "standard", "total_max_attempts": self.attempts},
            max_pool_connections=16,
        )


#: For what changes things: ride out a throttled or slow API.
STEADY = Patience(connect=3, read=10, attempts=3)
#: For observing: a dark region must be reported within 10 s, even one that swallows packets.
BRISK = Patience(connect=2, read=3, attempts=2)


class AwsFailure(Exception):  # noqa: N818 - says what happened; botocore has the errors
    """AWS refused or did not answer. `message` says what was being done and why it failed; `code` is the AWS error
    code or botocore's exception name; `unreachable` tells a region that does not answer from one that says no."""

    def __init__(self, message: str, code: str = "", unreachable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.unreachable = unreachable


class describing(contextlib.ContextDecorator):  # noqa: N801 - reads as a word: `with describing("read the topology")`
    """Context manager and decorator: botocore's errors inside become one AwsFailure that says what was being done.

    Not for generator functions: their body runs after the decorator has left.
    """

    def __init__(self, action: str, region: str | None = None) -> None:
        self.action = f"{action} in {region}" if region else action

    def __enter__(self) -> describing:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if isinstance(error, errors.ClientError):
            raise _from_answer(self.action, error) from error
        if isinstance(error, errors.BotoCoreError):
            code = type(error).__name__.removesuffix("Error")
            raise AwsFailure(_sentence(self.action, code, str(error)), code, isinstance(error, _UNREACHABLE)) from error
        return False


def _from_answer(action: str, error: errors.ClientError) -> AwsFailure:
    """AWS answered with an error. 5xx after all attempts counts as unreachable: the region does not serve."""
    code = error.response["Error"].get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return AwsFailure(_sentence(action, code, error.response["Error"].get("Message", "")), code, status >= 500)


def _sentence(action: str, code: str, reason: str) -> str:
    mend = _MENDS.get(code)
    return f"Could not {action}: {code}: {reason}" + (f" ({mend})" if mend else "")


#: Sessions per module object: a role is assumed once in a process, and the keys never leave its memory.
_sessions: weakref.WeakKeyDictionary[Any, dict[tuple, boto3.session.Session]] = weakref.WeakKeyDictionary()


def client(module: Any, service: str, region: str | None = None, patience: Patience = STEADY) -> Any:
    """A boto3 client for `service` in `region` (default: the module's), as the role in `assume_role_arn` if given.

    `module` is an AnsibleAWSModule; its endpoint_url, keys, profile and CA bundle are honoured.
    Raises AwsFailure when there are no credentials or the role may not be assumed.
    """
    default_region, endpoint, given = get_aws_connection_info(module)
    region = region or default_region
    if not region:
        raise AwsFailure("No region: set the option region, or AWS_REGION in the environment", "NoRegion")
    options = {"endpoint_url": endpoint or None, "verify": given.pop("verify", None), "region_name": region}
    config = patience.config().merge(given.pop("aws_config", None) or Config())
    role = module.params.get("assume_role_arn")
    cache = _sessions.setdefault(module, {})
    with describing("sign in to AWS", region):
        if (None, None) not in cache:
            cache[None, None] = boto3.session.Session(**given)
        if (role or None, region if role else None) not in cache:
            sts = cache[None, None].client("sts", config=config, **options)
            cache[role, region] = _assume(sts, role, region)
        session = cache[role or None, region if role else None]
        return session.client(service, config=config, **options)


def _assume(sts: Any, role: str, region: str) -> boto3.session.Session:
    """The session of the role. STS is asked in the region itself (botocore's default since 1.40), so that signing in
    does not depend on another region."""
    with describing(f"assume the role {role}", region):
        keys = sts.assume_role(RoleArn=role, RoleSessionName=SESSION_NAME)["Credentials"]
    return boto3.session.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region)


def concurrently(jobs: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """Runs calls that do not need one another side by side; answers {name: result}. The first error is raised."""
    with ThreadPoolExecutor(max_workers=max(1, min(8, len(jobs)))) as pool:
        futures = {name: pool.submit(job) for name, job in jobs.items()}
        return {name: future.result() for name, future in futures.items()}


def observed(look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `look` answers, with reachable true; a region that does not answer is an observation too, not a failure.

    Other AwsFailures (no permission, bad credentials) pass: they say something about us, not about the region.
    """
    try:
        return {"reachable": True, "reason": "", **look()}
    except AwsFailure as failure:
        if not failure.unreachable:
            raise
        return {"reachable": False, "reason": failure.message}

"""Bounded patience, calls side by side, and one exception for everything that AWS may refuse. Not for Ansible alone."""

from __future__ import annotations

import contextlib
import dataclasses
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore import exceptions as errors
from botocore.config import Config

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

#: Codes of an API that is there and asks for less: https://docs.aws.amazon.com/awssupport/latest/user/throttling.html
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "TooManyRequestsException",
    }
)
#: Attempts in all at what is throttled, and the longest pause between two in seconds: about 10 s altogether.
THROTTLED_ATTEMPTS, LONGEST_PAUSE = 10, 2.0

#: (service, region, patience) -> a boto3 client: what recovers runs in an Ansible module and in a Lambda alike.
Clients = Callable[[str, str, Patience], Any]


def prepared(client: Any) -> Any:
    """The client, which from now on repeats what is throttled oftener than its Patience says, and serves many threads.

    Attempts are few so that silence costs little; "slow down" is an answer, comes at once, and costs no time-out. In a
    disaster everybody calls the surviving region, and a recovery must not fail on that. Its classes of exceptions are
    made now: botocore makes them at the first use, and threads that race for it get classes that are not the same.
    """
    _ = client.exceptions
    client.meta.events.register_last("needs-retry", _after_throttling, unique_id="riding-out-throttling")
    return client


def _after_throttling(response: tuple[Any, dict[str, Any]] | None, attempts: int, **_: Any) -> float | None:
    """Seconds until the next attempt, with jitter; None when botocore's own retries are to decide."""
    code = response[1].get("Error", {}).get("Code") if response else None
    if code not in THROTTLED or attempts >= THROTTLED_ATTEMPTS:
        return None
    return random.uniform(0, min(LONGEST_PAUSE, 0.1 * 2**attempts))


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

"""Clients for a module, with the deployment role assumed."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import boto3
from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
from botocore.config import Config

from .calls import STEADY, AwsFailure, Clients, Patience, describing, prepared

#: To be merged into the argument spec of every module that talks to AWS.
AWS_SPEC = {"assume_role_arn": {"type": "str"}}

#: The session name that CloudTrail shows for what we do.
SESSION_NAME = "payments-dr"

#: Sessions per module object, by (role, region): a role is assumed once in a process, and the keys never leave its
#: memory. Futures, so that threads that need the same role wait for one answer of STS, also when none comes.
_sessions: weakref.WeakKeyDictionary[Any, dict[tuple, Future]] = weakref.WeakKeyDictionary()
#: A boto3 session makes clients one at a time:
#: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/session.html#multithreading-or-multiprocessing-with-sessions
_making = threading.Lock()


def client(module: Any, service: str, region: str | None = None, patience: Patience = STEADY) -> Any:
    """A boto3 client for `service` in `region` (default: the module's), as the role in `assume_role_arn` if given.

    `module` is an AnsibleAWSModule; its endpoint_url, keys, profile and CA bundle are honoured. Threads may ask at
    once. Raises AwsFailure when there are no credentials or the role may not be assumed.
    """
    default_region, endpoint, given = get_aws_connection_info(module)
    region = region or default_region
    if not region:
        raise AwsFailure("No region: set the option region, or AWS_REGION in the environment", "NoRegion")
    options = {"endpoint_url": endpoint or None, "verify": given.pop("verify", None), "region_name": region}
    config = patience.config().merge(given.pop("aws_config", None) or Config())

    def make(session: boto3.session.Session, name: str) -> Any:
        with _making:
            return prepared(session.client(name, config=config, **options))

    role = module.params.get("assume_role_arn")
    with describing("sign in to AWS", region):
        session = _once(module, (None, None), lambda: boto3.session.Session(**given))
        if role:
            own = session
            session = _once(module, (role, region), lambda: _assume(make(own, "sts"), role, region))
        return make(session, service)


def clients(module: Any) -> Clients:
    """The module's clients as recovery code asks for them."""
    return lambda service, region, patience: client(module, service, region, patience)


def _once(module: Any, key: tuple, sign_in: Callable[[], boto3.session.Session]) -> boto3.session.Session:
    """The session under `key`, signed in by the first who asks. What failed is tried again by whoever asks later."""
    sessions, mine = _sessions.setdefault(module, {}), Future()
    future = sessions.setdefault(key, mine)  # atomic: all threads get the same one
    if future is mine:
        try:
            mine.set_result(sign_in())
        except BaseException as error:
            del sessions[key]
            mine.set_exception(error)
    return future.result()


def _assume(sts: Any, role: str, region: str) -> boto3.session.Session:
    """The session of the role. STS is asked in the region itself (botocore's default since 1.40), so that signing in
    does not depend on another region."""
    with describing(f"assume the role {role}", region):
        keys = sts.assume_role(RoleArn=role, RoleSessionName=SESSION_NAME)["Credentials"]
    return boto3.session.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region)

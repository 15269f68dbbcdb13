"""What a request to the AWS APIs is for: the region that would have to answer it, the service and the operation. Pure.

https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

HOME = "us-east-1"  # where the control planes of the global services are
GLOBAL_SERVICES = frozenset({"cloudfront", "globalaccelerator", "iam", "organizations", "route53", "shield"})
CREDENTIAL = re.compile(r"Credential=[^/,\s]+/\d{8}/([^/]+)/([^/]+)/aws4_request")
PRESIGNED = re.compile(r"^[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request$")
CBOR_PATH = re.compile(r"^/service/[^/]+/operation/(\w+)$")
INVOKE_PATH = re.compile(r"/functions/[^/]+/(invocations|invoke-async|response-streaming-invocations)/?$")
REST_XML = ("/2013-04-01/", "/2020-05-31/")  # Route 53, CloudFront
# S3's bucket names and settings are changed in us-east-1, whatever region the bucket is in.
BUCKET_CHANGES = frozenset({"PUT", "DELETE"})

OBJECTS = "ObjectOperation"
INVOKE = "Invoke"
# What serves: the data planes that a payment's way leads through.
SERVING = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "ConditionCheckItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncrypt",
        "GetSecretValue",
        "PutLogEvents",
        "PutMetricData",
        "Publish",
        "DeleteMessage",
        "ReceiveMessage",
        "SendMessage",
        "SendMessageBatch",
    }
) | {OBJECTS, INVOKE}
# What only looks, in services whose data plane it is.
LOOKING = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithWebIdentity",
        "GetCallerIdentity",
        "GetSessionToken",
        "DescribeAlarmHistory",
        "DescribeAlarms",
        "GetMetricData",
        "GetMetricStatistics",
        "ListMetrics",
        "FilterLogEvents",
        "GetLogEvents",
        "GetQueryResults",
        "StartQuery",
        "GetParameter",
        "GetParameters",
        "GetParametersByPath",
        "PutEvents",
    }
)


@dataclass(frozen=True)
class Call:
    """One signed request; `region` is the one that would have to answer, `wire` the protocol of an error."""

    region: str
    service: str
    operation: str
    wire: str  # json, cbor, rest, query, xml (S3)

    @property
    def serves(self) -> bool:
        """Whether it belongs to a data plane that serves."""
        return self.operation in SERVING

    @property
    def looks(self) -> bool:
        """Whether it asks a data plane how things are."""
        return self.operation in LOOKING


def call(
    method: str,
    path: str,
    query: str,
    headers: Mapping[bytes, bytes],
    body: bytes,
    home_of: Callable[[str], str | None],
) -> Call | None:
    """Read a request; None for one that is not signed.

    `home_of` returns the region of a bucket; None for one that is not there.
    """
    asked = parse_qs(query, keep_blank_values=True)
    signature = CREDENTIAL.search(headers.get(b"authorization", b"").decode("latin-1"))
    signature = signature or PRESIGNED.match(asked.get("X-Amz-Credential", [""])[0])
    if signature is None:
        return None
    region, service = signature[1], signature[2]
    if service == "s3":
        return Call(_bucket_region(method, path, region, home_of), service, _bucket_operation(path), "xml")
    operation, wire = _operation(method, path, asked, headers, body)
    return Call(HOME if service in GLOBAL_SERVICES else region, service, operation, wire)


def needs_body(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the operation stands in the body: forms of the query protocol."""
    return headers.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded")


def _operation(
    method: str, path: str, asked: Mapping[str, list[str]], headers: Mapping[bytes, bytes], body: bytes
) -> tuple[str, str]:
    if target := headers.get(b"x-amz-target", b"").decode("latin-1"):
        return target.rpartition(".")[2], "json"
    if found := CBOR_PATH.match(path):
        return found[1], "cbor"
    action = asked.get("Action") or (parse_qs(body.decode("latin-1")).get("Action") if needs_body(headers) else None)
    if action:
        return action[0], "query"
    if path.startswith(REST_XML):
        return f"{method} {path}", "query"  # whose errors look the same
    if INVOKE_PATH.search(path):
        return INVOKE, "rest"
    return f"{method} {path}", "rest"


def _bucket_operation(path: str) -> str:
    _, _, key = path.lstrip("/").partition("/")
    return OBJECTS if key else "BucketOperation"


def _bucket_region(method: str, path: str, signed: str, home_of: Callable[[str], str | None]) -> str:
    """A bucket is where it is, however the request is signed."""
    bucket, _, key = path.lstrip("/").partition("/")
    if bucket and not key and method in BUCKET_CHANGES:
        return HOME
    return (home_of(bucket) if bucket else None) or signed

"""What stands in a region's own PostgreSQL and bucket, and waiting until something stands there."""

from __future__ import annotations

import json
import os
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pg8000.native

from .conftest import Sandbox, topology

PRIMARY, DR = "us-east-1", "us-east-2"
DEADLINE_SECONDS = 60
SECRET = "payments/aurora/master"
T = TypeVar("T")


def eventually(
    look: Callable[[], T | None],
    what: str = "what was looked for",
    seconds: float = DEADLINE_SECONDS,
    pause: float = 0.1,
) -> T:
    """What `look` finds, when it finds something. `pause`: seconds between looks, longer where each costs the local AWS
    much, which has the same processors to get on with."""
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, f"{what}: not within {seconds:.0f} s"
        time.sleep(pause)
    return found


def patiently(seconds: float) -> float:
    """A limit, as much longer as others compute beside us."""
    return seconds * max(1.0, waiting() / (os.cpu_count() or 1))


def waiting() -> float:
    """How many want a processor: in the last minute on average or now, since the average comes a minute late."""
    now, _ = Path("/proc/loadavg").read_text().split()[3].split("/")
    return max(os.getloadavg()[0], int(now))


def address_of(sandbox: Sandbox, region: str) -> tuple[str, int, str]:
    """Where the region's PostgreSQL listens, and the endpoint that its certificate is for."""
    cluster = topology(sandbox)["regions"][region]["cluster"]
    described = sandbox.client("rds", region).describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]
    name = described["Endpoint" if region == PRIMARY else "ReaderEndpoint"]
    address, port = json.loads((sandbox.folder / "aurora" / "endpoints.json").read_text())[name]
    return address, port, name


def password_of(sandbox: Sandbox, region: str = PRIMARY) -> str:
    """The one in the region's copy of the secret."""
    secret = sandbox.client("secretsmanager", region).get_secret_value(SecretId=SECRET)
    return json.loads(secret["SecretString"])["password"]


@contextmanager
def session(sandbox: Sandbox, region: str = PRIMARY, password: str | None = None) -> Iterator[pg8000.native.Connection]:
    """A session of the function's user, with the secret's password unless another is given, over TLS."""
    address, port, _ = address_of(sandbox, region)
    context = ssl.create_default_context(cafile=sandbox.engineer["PAYMENTS_CA"])
    context.check_hostname = False  # it is reached by its address here
    login = password_of(sandbox, region) if password is None else password
    connection = pg8000.native.Connection(
        "payments", host=address, port=port, password=login, database="payments", ssl_context=context, timeout=10
    )
    try:
        yield connection
    finally:
        connection.close()


def rows(sandbox: Sandbox, region: str, query: str, **values) -> list:
    """What a region's own PostgreSQL answers."""
    with session(sandbox, region) as connection:
        return connection.run(query, **values)


def log_objects(sandbox: Sandbox, region: str = PRIMARY) -> list[str]:
    """The keys of the transaction log in the region's bucket."""
    s3, bucket = sandbox.client("s3", region), topology(sandbox)["regions"][region]["bucket"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="transactions/")
    return [one["Key"] for page in pages for one in page.get("Contents", [])]

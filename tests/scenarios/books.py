"""Whether clients, API, both databases and both transaction logs agree on every payment, to the character.

The comparison is pure; the readers below it say what each of them holds.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .conftest import Sandbox, topology
from .crowd import Told
from .keep_alive import Client
from .looking import DR, PRIMARY, log_objects, rows

#: How many disagreements are told of a kind.
MOST = 5
READERS = 8
POLL_SECONDS = 0.5
PAGE = 100
SETTLED_SECONDS = 120
STATUSES = {PRIMARY: "COMPLETED", DR: "REPLICA"}
# The document of a payment as the API and the log have it, made by the database alone.
ROWS = """
SELECT idempotency_key, CAST(jsonb_build_object(
    'id', id, 'status', status, 'region', region,
    'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'amount', amount, 'currency', currency, 'reference', reference, 'metadata', metadata) AS text)
FROM payments WHERE idempotency_key LIKE :pattern
"""
COUNT = """
SELECT count(*), count(outbox.payment_id) FROM payments LEFT JOIN outbox ON payment_id = id
WHERE idempotency_key LIKE :pattern
"""

Entry = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Stored:
    """An object of the transaction log."""

    name: str
    versions: int
    status: str
    document: dict[str, Any]


def disagreements(told: Iterable[Told], books: Mapping[str, Iterable[Entry]]) -> list[str]:
    """What is wrong, in sentences: every key must have one acknowledged document, and every book that one, once."""
    wrong: list[str] = []
    wanted: dict[str, str] = {}
    for one in told:
        document = canonical(one.document)
        if wanted.setdefault(one.key, document) != document:
            wrong.append(f"{one.key}: acknowledged as {wanted[one.key]} and as {document}")
        if any(one.document.get(name) != value for name, value in one.order.items()):
            wrong.append(f"{one.key}: asked for {canonical(one.order)}, acknowledged {document}")
    for name, entries in books.items():
        wrong += _differences(name, wanted, entries)
    return wrong


def _differences(name: str, wanted: Mapping[str, str], entries: Iterable[Entry]) -> list[str]:
    held: dict[str, list[str]] = {}
    for key, document in entries:
        held.setdefault(key, []).append(canonical(document))
    found = {
        "acknowledged, but not there": sorted(wanted.keys() - held.keys()),
        "there, but never acknowledged": sorted(held.keys() - wanted.keys()),
        "there more than once": sorted(key for key, documents in held.items() if len(documents) > 1),
        "other than acknowledged": sorted(
            key for key, documents in held.items() if key in wanted and set(documents) != {wanted[key]}
        ),
    }
    return [f"{name}: {len(keys)} {what}: {', '.join(keys[:MOST])}" for what, keys in found.items() if keys]


def odd_objects(region: str, objects: Iterable[Stored]) -> list[str]:
    """Objects that are not what a log object must be: one version, in its place, replicated."""
    wrong = []
    for one in objects:
        place = f"transactions/{one.document['created_at'][:10].replace('-', '/')}/{one.document['id']}.json"
        if one.name != place:
            wrong.append(f"the log in {region}: {one.name} should be {place}")
        if one.versions != 1:
            wrong.append(f"the log in {region}: {one.name} has {one.versions} versions")
        if one.status != STATUSES[region]:
            wrong.append(f"the log in {region}: {one.name} is {one.status or 'not replicated'}, not {STATUSES[region]}")
    return wrong


def canonical(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True)


def proven(sandbox: Sandbox, told: list[Told], prefix: str) -> list[str]:
    """What is wrong with the payments whose keys begin with `prefix`, in every place that knows of them."""
    settle(sandbox, told, prefix)
    books: dict[str, list[Entry]] = {"GET /payments": listed(Client(sandbox), prefix)}
    wrong: list[str] = []
    for region in (PRIMARY, DR):
        books[f"the database in {region}"] = recorded(sandbox, region, prefix)
        objects = [one for one in logged(sandbox, region) if one.document["reference"].startswith(prefix)]
        books[f"the log in {region}"] = [(one.document["reference"], one.document) for one in objects]
        wrong += odd_objects(region, objects)
    return [*disagreements(told, books), *wrong]


def settle(sandbox: Sandbox, told: Iterable[Told], prefix: str) -> None:
    """Wait until all of it is in both databases and both logs, and nothing waits for its log object.

    What does not come in time is not waited for: the comparison will name it.
    """
    wanted = {one.document["id"] for one in told}
    ends = time.monotonic() + SETTLED_SECONDS
    while time.monotonic() < ends:
        counts = [rows(sandbox, region, COUNT, pattern=f"{prefix}%")[0] for region in (PRIMARY, DR)]
        if counts == [[len(wanted), 0]] * 2 and all(wanted <= _ids(sandbox, region) for region in (PRIMARY, DR)):
            return
        time.sleep(POLL_SECONDS)


def _ids(sandbox: Sandbox, region: str) -> set[str]:
    return {name.rpartition("/")[2].removesuffix(".json") for name in log_objects(sandbox, region)}


def listed(client: Client, prefix: str) -> list[Entry]:
    """What the API lists, page by page."""
    entries: list[Entry] = []
    query = f"limit={PAGE}"
    while query:
        answer = client.request("GET", f"/payments?{query}")
        assert answer.status == 200, answer
        entries += [(one["reference"], one) for one in answer.body["payments"]]
        cursor = answer.body["next_cursor"]
        query = f"limit={PAGE}&cursor={cursor}" if cursor else ""
    client.hang_up()
    return [(key, document) for key, document in entries if key.startswith(prefix)]


def recorded(sandbox: Sandbox, region: str, prefix: str) -> list[Entry]:
    """What stands in the region's PostgreSQL."""
    return [(key, json.loads(document)) for key, document in rows(sandbox, region, ROWS, pattern=f"{prefix}%")]


def logged(sandbox: Sandbox, region: str) -> list[Stored]:
    """Every object of the log in the region's bucket, with what is in it."""
    s3, bucket = sandbox.client("s3", region), topology(sandbox)["regions"][region]["bucket"]
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="transactions/")
    versions = Counter(
        one["Key"] for page in pages for kind in ("Versions", "DeleteMarkers") for one in page.get(kind, [])
    )

    def read(name: str) -> Stored:
        answer = s3.get_object(Bucket=bucket, Key=name)
        return Stored(name, versions[name], answer.get("ReplicationStatus", ""), json.loads(answer["Body"].read()))

    with ThreadPoolExecutor(READERS) as readers:
        return list(readers.map(read, versions))

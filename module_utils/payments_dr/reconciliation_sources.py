"""The sources of a reconciliation, each as pages of sightings: journals, buckets, the database, an old volume's rows.

What cannot be read as a payment is a sighting all the same, of its damage, or an error that names it: a reconciliation
that leaves something out proves nothing.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .calls import AwsFailure, describing
from .json_object import json_object
from .payments_function import TOO_LARGE, FunctionFailed, ask
from .reconciliation_rows import SourceError, milliseconds, moment_of, parse, sight
from .reconciliation_table import Sighting

Page = list[Sighting]
#: Payments that the function is asked for at once; less where they would not fit into an answer, which has 6 MB:
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LEDGER_PAGE = 2000
#: A function's clock, which the ids are made by, and the database's may differ so much. Milliseconds.
SKEW_MS = 3_600_000
OBJECT = re.compile(r"transactions/(\d{4}/\d\d/\d\d)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json")
PREFIX = "transactions/"
#: What an entry of a journal is reconciled by; the names are reserved words to DynamoDB, some of them.
NAMES = ("idempotency_key", "id", "fingerprint", "amount", "currency", "region", "created_at")
#: What S3 says of an object that is archived, or gone since it was listed: of the one, and of no other.
WITHHELD = ("InvalidObjectState", "NoSuchKey")
#: What an object tells in its metadata, or not at all.
HIDDEN = ("idempotency_key", "fingerprint")
#: Lines of an old ledger that make a page.
LINES = 1000


def journal(dynamodb: Any, table: str, since: int, segment: int, segments: int) -> Iterator[Page]:
    """The entries of one segment of a journal, payments made since then (ms). Strongly consistent: an entry that was
    acknowledged is not missed. Raises AwsFailure."""
    request = {
        "TableName": table,
        "ConsistentRead": True,
        "Segment": segment,
        "TotalSegments": segments,
        "ProjectionExpression": ", ".join(f"#{number}" for number in range(len(NAMES))),
        "ExpressionAttributeNames": {f"#{number}": name for number, name in enumerate(NAMES)},
    }
    pages = iter(dynamodb.get_paginator("scan").paginate(**request))
    while (found := _next(pages, f"read the journal {table}", dynamodb)) is not None:
        yield [one for item in found["Items"] if _since(one := entry(plain(item), table), since)]


def plain(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An item of DynamoDB's as plain values; a number is a text."""
    return {name: next(iter(value.values()), None) for name, value in item.items()}


def entry(row: Mapping[str, Any], table: str) -> Sighting:
    """The payment that an entry of a journal holds, as far as it can be read. Its key always can: it is the table's."""
    seen = sight(row, table)
    return seen if seen.id else dataclasses.replace(seen, id=_unnamed(table, row["idempotency_key"]))


def objects(s3: Any, bucket: str, since: int) -> Iterator[Page]:
    """The transaction log objects of payments made since then (ms), as the listing of a bucket has them."""
    begin = datetime.datetime.fromtimestamp(since / 1000, datetime.UTC)
    request = {"Bucket": bucket, "Prefix": PREFIX, "StartAfter": f"{PREFIX}{begin:%Y/%m/%d}"}
    pages = iter(s3.get_paginator("list_objects_v2").paginate(**request))
    while (found := _next(pages, f"list the objects of {bucket}", s3)) is not None:
        sightings = [_object(entry["Key"], bucket) for entry in found.get("Contents", [])]
        yield [one for one in sightings if _since(one, since)]


def ledger(functions: Any, name: str, since: int) -> Iterator[Page]:
    """The payments of the active region's database made since then (ms), through its payments function. Raises
    AwsFailure, SourceError."""
    cursor, limit = str(first_id(since - SKEW_MS)), LEDGER_PAGE
    while cursor:
        try:
            answer = ask(functions, name, {"action": "ledger", "cursor": cursor, "limit": limit})
        except FunctionFailed as failure:
            if failure.code != TOO_LARGE or limit == 1:
                raise
            limit //= 2
            continue
        if not isinstance(answer.get("payments"), list):
            said = answer.get("status", "nothing")
            raise SourceError(f"{name}: ledger: expected payments, the function says {said}")
        rows = [parse(row, f"{name}: ledger") for row in answer["payments"]]
        yield [one for one in rows if one.made >= since]
        cursor = answer.get("next_cursor") or ""


def old_ledger(path: Path, since: int) -> Iterator[Page]:
    """The payments of an old volume, a JSON object on each line as `row_to_json` makes them. Raises SourceError."""
    page: Page = []
    try:
        with path.open("rb") as file:
            start = 0
            for number, line in enumerate(file, 1):
                if line.strip():
                    one = parse(json_object(line), f"old_ledger: {path}, line {number}", line=start)
                    page += [one] if one.made >= since else []
                start += len(line)
                if len(page) == LINES:
                    yield page
                    page = []
    except OSError as error:
        raise SourceError(f"old_ledger: {path} cannot be read: {error.strerror}") from error
    yield page


def old_row(path: Path, start: int) -> dict[str, Any]:
    """The line of an old ledger that begins at that byte."""
    with path.open("rb") as file:
        file.seek(start)
        return json_object(file.readline())


def first_id(moment: int) -> uuid.UUID:
    """The smallest id of a payment made then (ms): they are UUIDs of version 7, which begin with their time."""
    return uuid.UUID(int=max(0, moment) << 80 | 0x7 << 76 | 0b10 << 62)


def read_object(s3: Any, bucket: str, key: str) -> tuple[Sighting, dict[str, Any]]:
    """The payment that a log object holds, as far as it can be read, and its whole entry as far as the object knows it:
    `idempotency_key` and `fingerprint` are in its metadata. Raises AwsFailure."""
    where, named = f"{bucket}: {key}", _object(key, bucket)
    try:
        with describing(f"read {key} of {bucket}", s3.meta.region_name):
            found = s3.get_object(Bucket=bucket, Key=key)
            text = found["Body"].read()
    except AwsFailure as failure:
        if failure.code not in WITHHELD:
            raise
        return dataclasses.replace(named, damage=f"{where}: {failure.code}"), {}
    told = found.get("Metadata", {})
    row = {
        **json_object(text),
        "idempotency_key": told.get("idempotency-key", ""),
        "fingerprint": told.get("fingerprint", ""),
    }
    known = bool(row["idempotency_key"] and row["fingerprint"])
    seen = sight(row, where, without=() if known else HIDDEN)
    if seen.id not in (b"", named.id):
        return dataclasses.replace(named, damage=f"{where}: id: another payment's"), row
    return dataclasses.replace(seen, id=named.id, made=seen.made or named.made), row


def replication_status(s3: Any, bucket: str, key: str) -> str | None:
    """How S3 replicates an object: PENDING, COMPLETED, FAILED or REPLICA, "" where it does not say; None without the
    object. Raises AwsFailure."""
    with describing(f"look at {key} of {bucket}", s3.meta.region_name):
        try:
            return s3.head_object(Bucket=bucket, Key=key).get("ReplicationStatus", "")
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
                raise
            return None


def object_key(identifier: bytes, made: int) -> str:
    """Where the function puts the object of a payment (lambda/payments/transaction_log.py)."""
    day = datetime.datetime.fromtimestamp(made / 1000, datetime.UTC)
    return f"{PREFIX}{day:%Y/%m/%d}/{uuid.UUID(bytes=identifier)}.json"


def _object(key: str, bucket: str) -> Sighting:
    """From its key alone: the moment in the id, or the day."""
    try:
        named = OBJECT.fullmatch(key)
        if not named:
            raise ValueError
        identifier = bytes.fromhex(named[2].replace("-", ""))
        moment = moment_of(identifier) or milliseconds(f"{named[1].replace('/', '-')}T00:00:00+00:00")
    except ValueError:
        damage = f"{bucket}: {key} is no payment's object: who put it there?"
        return Sighting(_unnamed(key), 0, place=key, damage=damage)
    return Sighting(identifier, moment, place=key)


def _since(one: Sighting, since: int) -> bool:
    """Whether it was made since then (ms). What does not say when is not left out; an id's time is a function's."""
    return not one.made or one.made >= since - (SKEW_MS if one.damage else 0)


def _unnamed(*place: str) -> bytes:
    """What stands for the id of something that names no payment: longer than an id, and the same at each reading."""
    return hashlib.sha256("\0".join(place).encode()).digest()


def _next(pages: Iterator[Any], action: str, client: Any) -> Any | None:
    """The next page, None after the last one. Raises AwsFailure."""
    with describing(action, client.meta.region_name):
        return next(pages, None)

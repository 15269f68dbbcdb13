"""The sources of a reconciliation, each as pages of sightings: journals, buckets, the database, an old volume's rows.

What cannot be read as a payment is an error that names it: a reconciliation that leaves something out proves nothing.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .calls import describing
from .json_object import json_object
from .payments_function import TOO_LARGE, FunctionFailed, ask
from .reconciliation import UNJOURNALED, UNLOGGED
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
ID_BYTES = 16
EPOCH = datetime.datetime.fromtimestamp(0, datetime.UTC)
MILLISECOND = datetime.timedelta(milliseconds=1)
#: Lines of an old ledger that make a page.
LINES = 1000


class SourceError(ValueError):
    """Something in a source is no payment; the message names the place and the field."""


def journal(dynamodb: Any, table: str, since: int, segment: int, segments: int) -> Iterator[Page]:
    """The entries of one segment of a journal, payments made since then (ms). Strongly consistent: an entry that was
    acknowledged is not missed. Raises AwsFailure, SourceError."""
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
        yield [one for item in found["Items"] if (one := _entry(item, table)).made >= since]


def objects(s3: Any, bucket: str, since: int) -> Iterator[Page]:
    """The transaction log objects of payments made since then (ms), as the listing of a bucket has them."""
    begin = datetime.datetime.fromtimestamp(since / 1000, datetime.UTC)
    request = {"Bucket": bucket, "Prefix": PREFIX, "StartAfter": f"{PREFIX}{begin:%Y/%m/%d}"}
    pages = iter(s3.get_paginator("list_objects_v2").paginate(**request))
    while (found := _next(pages, f"list the objects of {bucket}", s3)) is not None:
        sightings = [_object(entry["Key"], bucket) for entry in found.get("Contents", [])]
        yield [one for one in sightings if one.made >= since]


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


def parse(row: Mapping[str, Any], where: str, line: int | None = None) -> Sighting:
    """A payment with its key, as the function and PostgreSQL tell it. Raises SourceError naming the field."""
    field = "id"
    try:
        identifier = bytes.fromhex(row["id"].replace("-", ""))
        if len(identifier) != ID_BYTES:
            raise ValueError
        field = "created_at"
        made = milliseconds(row["created_at"])
        field = "fingerprint"
        fingerprint = bytes.fromhex(row["fingerprint"].removeprefix("\\x"))
        field = "amount"
        amount = int(row["amount"])
        for field in ("idempotency_key", "currency", "region"):  # noqa: B007 - the message names it
            if not isinstance(row[field], str):
                raise TypeError
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"{where}: {field}: missing, or not as a payment has it") from error
    return Sighting(
        id=identifier,
        made=made,
        key=row["idempotency_key"],
        fingerprint=fingerprint,
        amount=amount,
        currency=row["currency"],
        region=row["region"],
        waits=(0 if row.get("journaled", True) else UNJOURNALED) | (0 if row.get("logged", True) else UNLOGGED),
        line=line,
    )


def milliseconds(text: str) -> int:
    """ISO 8601 with a time zone, as milliseconds since the epoch. Raises ValueError."""
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("without a time zone")
    return (moment - EPOCH) // MILLISECOND


def first_id(moment: int) -> uuid.UUID:
    """The smallest id of a payment made then (ms): they are UUIDs of version 7, which begin with their time."""
    return uuid.UUID(int=max(0, moment) << 80 | 0x7 << 76 | 0b10 << 62)


def read_object(s3: Any, bucket: str, key: str) -> tuple[Sighting, dict[str, str]]:
    """The payment that a log object holds, and its whole entry as far as the object knows it: `idempotency_key` and
    `fingerprint` are in its metadata. Raises AwsFailure, SourceError."""
    with describing(f"read {key} of {bucket}", s3.meta.region_name):
        found = s3.get_object(Bucket=bucket, Key=key)
        text = found["Body"].read()
    told = found.get("Metadata", {})
    entry = {
        **json_object(text),
        "idempotency_key": told.get("idempotency-key", ""),
        "fingerprint": told.get("fingerprint", ""),
    }
    seen = parse(entry, f"{bucket}: {key}")
    known = bool(entry["idempotency_key"] and entry["fingerprint"])
    return (seen if known else dataclasses.replace(seen, key=None, fingerprint=None)), entry


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
    """From its key alone: the day in it, or the moment in the id."""
    named = OBJECT.fullmatch(key)
    if not named:
        raise SourceError(f"{bucket}: {key} is no payment's object: who put it there?")
    identifier = bytes.fromhex(named[2].replace("-", ""))
    if identifier[6] >> 4 == 7:
        return Sighting(identifier, int.from_bytes(identifier[:6], "big"), place=key)
    return Sighting(identifier, milliseconds(f"{named[1].replace('/', '-')}T00:00:00+00:00"), place=key)


def _entry(item: Mapping[str, Mapping[str, Any]], table: str) -> Sighting:
    row = {name: next(iter(value.values()), None) for name, value in item.items()}
    try:
        return parse(row, table)
    except SourceError as error:
        raise SourceError(f"{error} (the entry of payment {row.get('id')})") from error


def _next(pages: Iterator[Any], action: str, client: Any) -> Any | None:
    """The next page, None after the last one. Raises AwsFailure."""
    with describing(action, client.meta.region_name):
        return next(pages, None)


def as_entry(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A payment as a journal has it, in plain values, from any source's row: what the function puts into the database.
    Raises SourceError naming the field."""
    parse(row, where)
    metadata = row.get("metadata")
    text = metadata if isinstance(metadata, str) else json.dumps(metadata)
    wrong = [name for name in ("reference", "status") if not isinstance(row.get(name), str)]
    if wrong or not _is_object(text):
        field = wrong[0] if wrong else "metadata"
        raise SourceError(f"{where}: {field}: missing, or not as a payment has it (payment {row['id']})")
    return {
        **{name: row[name] for name in ("id", "idempotency_key", "currency", "reference", "status", "region")},
        "created_at": row["created_at"],
        "amount": int(row["amount"]),
        "fingerprint": row["fingerprint"].removeprefix("\\x"),
        "metadata": text,
    }


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False

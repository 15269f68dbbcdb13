"""What a reconciliation looks up for what differs, and what it puts into the database that lacks it."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .calls import AwsFailure, describing
from .payments_function import ask
from .reconciliation import (
    DATABASE,
    JOURNAL,
    JOURNALS,
    LOG,
    LOGS,
    PEER_JOURNAL,
    PEER_LOG,
    UNJOURNALED,
    UNLOGGED,
)
from .reconciliation_rows import SourceError, as_entry
from .reconciliation_sources import entry, object_key, old_row, plain, read_object, replication_status
from .reconciliation_table import Sighting, Table

#: Entries that one call of the function replays, which has 10 s, and that one BatchGetItem reads, which takes 100:
#: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
BATCH = 100
#: Objects that are read or looked at side by side.
AT_ONCE = 16
#: What the function answers for an entry, and what the report says.
INSERTED, THERE, CONFLICT = "inserted", "there", "conflict"
OUTCOMES = {INSERTED: "replayed", THERE: "was there by then"}
#: How S3 says that the other bucket has the object, too.
ARRIVED = ("COMPLETED", "REPLICA")
Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Places:
    """Where the whole of a payment can be read, by the source's bit: the journals (a DynamoDB client, a table), the
    buckets (an S3 client, a bucket), an old ledger's file; and the payments function (a Lambda client, a name)."""

    journals: Mapping[int, tuple[Any, str]]
    buckets: Mapping[int, tuple[Any, str]]
    old_ledger: Path | None
    functions: Any
    function: str


class PeerSilentError(Exception):
    """A source of the other region, `bit`, has become silent; the message says how."""

    def __init__(self, bit: int, failure: AwsFailure) -> None:
        super().__init__(failure.message)
        self.bit = bit


def look_up(table: Table, places: Places, read: int) -> None:
    """Looks again at what differs, since time has passed and listings do not say all: at payments of which only an
    object is left, for what seems to be in no journal or bucket, and how S3 replicates what is in one of two buckets.

    Only sources that were `read` are asked; it may be asked again. Raises PeerSilentError, AwsFailure.
    """
    for rows in table.odd():
        unknown = [row for row in rows if row["amount"] is None and not row["damaged"] & LOGS]
        _read_objects(table, places, unknown, read)
        charged = [row for row in rows if row["seen"] & DATABASE]
        _journaled_meanwhile(table, places, [row for row in charged if not row["seen"] & JOURNALS], read)
        if read & LOGS == LOGS:
            _logged_meanwhile(table, places, charged)


def _read_objects(table: Table, places: Places, rows: list[Row], read: int) -> None:
    for bit, (s3, bucket) in places.buckets.items():
        ours = [row for row in rows if row["seen"] & bit & read]
        with _asking(bit):
            table.add(bit, _each(ours, lambda row, s3=s3, bucket=bucket: read_object(s3, bucket, row["place"])[0]))
        rows = [row for row in rows if row not in ours]


def _journaled_meanwhile(table: Table, places: Places, rows: list[Row], read: int) -> None:
    """What still waits for the journal is left out."""
    for bit, (dynamodb, name) in places.journals.items():
        asked = [row for row in rows if not row["waits"] & UNJOURNALED and read & bit]
        for start in range(0, len(asked), BATCH):
            keys = [row["key"] for row in asked[start : start + BATCH]]
            with _asking(bit):
                found = _journaled(keys, dynamodb, name)
            table.add(bit, [entry(row, name) for row in found])


def _logged_meanwhile(table: Table, places: Places, rows: list[Row]) -> None:
    for bit, (s3, bucket) in places.buckets.items():
        # In this bucket only, or in none that is known of.
        asked = [row for row in rows if row["seen"] & LOGS in (0, bit) and not row["waits"] & UNLOGGED]
        look = lambda row, s3=s3, bucket=bucket: replication_status(s3, bucket, object_key(row["id"], row["made"]))  # noqa: E731
        with _asking(bit):
            statuses = _each(asked, look)
        found = [(row, status) for row, status in zip(asked, statuses, strict=True) if status is not None]
        table.add(bit, [Sighting(row["id"], row["made"]) for row, _ in found])
        table.add(LOGS, [Sighting(row["id"], row["made"]) for row, status in found if status in ARRIVED])
        table.replicating([(status, row["id"]) for row, status in found])


@contextlib.contextmanager
def _asking(bit: int) -> Iterator[None]:
    """The other region may fall silent, the active one may not."""
    try:
        yield
    except AwsFailure as failure:
        if failure.unreachable and bit in (PEER_JOURNAL, PEER_LOG):
            raise PeerSilentError(bit, failure) from failure
        raise


def replay(table: Table, places: Places, changing: bool, tell: Callable[[str], None]) -> int:
    """Puts into the database what it lacks and may get, in the order in which it was made; how many were put in. Not
    `changing`, it only reads what would be put in: what cannot be is known before it has to be. What turns out to be
    damaged is left out, and gets that for its cause.

    Every step can be run again. Raises AwsFailure, SourceError.
    """
    inserted = done = 0
    for listed in table.to_replay(BATCH):
        rows, entries, damaged = _entries(listed, places)
        table.judge(damaged)
        if not changing or not rows:
            continue
        answer = ask(places.functions, places.function, {"action": "replay", "entries": entries})
        outcomes = _outcomes(answer, rows, places.function)
        table.judge([_judgement(row, outcome) for row, outcome in zip(rows, outcomes, strict=True)])
        inserted += outcomes.count(INSERTED)
        done += len(rows)
        tell(f"{done:,} replayed")
    return inserted


def repair(places: Places) -> str:
    """Has the function write what it has left over, as long as it gets on with it; what became of that, in words."""
    left = None
    while True:
        answer = ask(places.functions, places.function, {"action": "repair"})
        if answer.get("status") == "repaired":
            return "the function's repair is through"
        before, left = left, int(answer.get("pending", 0)) + int(answer.get("unjournaled", 0))
        if before is not None and left >= before:
            return "waits for the function's repair"


def _judgement(row: Row, outcome: str) -> tuple[str, str, bytes]:
    if outcome == CONFLICT:
        return "conflict", "not replayed: the database has another payment under its id or key", row["id"]
    return row["cause"], OUTCOMES[outcome], row["id"]


def _outcomes(answer: Mapping[str, Any], rows: Sequence[Row], function: str) -> list[str]:
    """The function's word on each row. Raises SourceError when it has none, or it is about another payment."""
    told = answer.get("outcomes")
    wanted = [str(uuid.UUID(bytes=row["id"])) for row in rows]
    if not isinstance(told, list) or [one.get("id") for one in told] != wanted:
        said = answer.get("status", "nothing")
        raise SourceError(f"{function}: replay: expected an outcome for each of {len(rows)} entries, it said {said}")
    outcomes = [one.get("outcome") for one in told]
    if unknown := set(outcomes) - {INSERTED, THERE, CONFLICT}:
        raise SourceError(f"{function}: replay: knows an outcome that we do not: {unknown.pop()!r}")
    return outcomes


def _entries(listed: Sequence[Row], places: Places) -> tuple[list[Row], list[Row], list[tuple[str, str, bytes]]]:
    """The rows that can be replayed, the whole payment of each, and a judgement on those that are damaged."""
    found = _whole(listed, places)
    rows, entries, damaged = [], [], []
    for row in listed:
        told, where, cause = found[row["id"]]
        try:
            whole = as_entry(told, where)
        except SourceError as error:
            if not cause:
                raise SourceError(f"{error} (payment {uuid.UUID(bytes=row['id'])})") from error
            damaged.append((cause, str(error), row["id"]))
            continue
        if bytes.fromhex(whole["fingerprint"]) != row["fingerprint"]:
            raise SourceError(f"replay: {uuid.UUID(bytes=row['id'])} has changed while it was reconciled: run it again")
        rows.append(row)
        entries.append(whole)
    return rows, entries, damaged


def _whole(rows: Sequence[Row], places: Places) -> dict[bytes, tuple[Row, str, str]]:
    """What a source tells of payments, by id: a journal, else the old ledger, else a log object; with that source's
    name, and the cause if it should be damaged."""
    found: dict[bytes, tuple[Row, str, str]] = {}
    for bit in (JOURNAL, PEER_JOURNAL):
        if ours := [row for row in rows if row["seen"] & bit and row["id"] not in found]:
            dynamodb, name = places.journals[bit]
            told = _journaled([row["key"] for row in ours], dynamodb, name)
            found |= {entry(one, name).id: (one, name, "journal-damaged") for one in told}
    rest = [row for row in rows if row["id"] not in found]
    others = _each(rest, lambda row: _other(row, places))
    return found | {row["id"]: other for row, other in zip(rest, others, strict=True)}


def _journaled(keys: list[str], dynamodb: Any, table: str) -> list[Row]:
    """Entries of a journal, as they stand in it. Raises AwsFailure."""
    found: list[Row] = []
    wanted: dict[str, Any] = {
        table: {"Keys": [{"idempotency_key": {"S": key}} for key in keys], "ConsistentRead": True}
    }
    while wanted:
        with describing(f"read entries of the journal {table}", dynamodb.meta.region_name):
            answer = dynamodb.batch_get_item(RequestItems=wanted)
        found += [plain(item) for item in answer["Responses"].get(table, [])]
        wanted = answer.get("UnprocessedKeys", {})
    return found


def _other(row: Row, places: Places) -> tuple[Row, str, str]:
    """A payment that is in no journal. Raises AwsFailure, SourceError."""
    if places.old_ledger and row["line"] is not None:
        return old_row(places.old_ledger, row["line"]), str(places.old_ledger), ""
    for bit in (LOG, PEER_LOG):
        if row["seen"] & bit:
            s3, bucket = places.buckets[bit]
            return read_object(s3, bucket, row["place"])[1], f"{bucket}: {row['place']}", "log-damaged"
    raise SourceError(f"replay: {uuid.UUID(bytes=row['id'])} was in a source and is gone: run it again")


def _each(rows: Sequence[Row], work: Callable[[Row], Any]) -> list[Any]:
    """The work for each row, side by side; the first error is raised."""
    if not rows:
        return []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, rows))

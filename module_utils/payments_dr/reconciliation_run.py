"""A reconciliation from its beginning to its end: read, join, decide, mend, and say whether all is explained.

The database is read last. So what a journal or a bucket has and it has not is no payment in flight, and what is newer
than the journals' reading is judged as such.
"""

from __future__ import annotations

import dataclasses
import functools
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from . import epoch as epochs
from . import reconciliation_mend as mend
from . import reconciliation_sources as sources
from .calls import BRISK, STEADY, AwsFailure, Clients, Patience
from .payments_function import PATIENCE
from .reconciliation import (
    DATABASE,
    JOURNAL,
    LOG,
    OLD,
    PEER_JOURNAL,
    PEER_LOG,
    SOURCES,
    UNJOURNALED,
    UNLOGGED,
    Case,
    Circumstances,
    cause_of,
)
from .reconciliation_report import balance
from .reconciliation_table import Sighting, Table
from .topology import Topology
from .waiters import Clock

#: Parts of a journal that are read side by side, and pages that wait for the table: what bounds the memory.
SEGMENTS, WAITING = 4, 8
#: Seconds between two words about the progress.
PROGRESS = 2.0
DAY_MS = 86_400_000
#: What was lost was paid so long before the promotion at most: replication is behind by seconds, and the guard `rpo`
#: refuses at minutes.
LOST_WITHIN_MS = 3_600_000
NAMES = {bit: name for name, bit in SOURCES.items()}
Tell = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is asked for. Payments of the last `days` are compared, fewer than a journal keeps its entries; `changing`
    False only says what would be done."""

    topology: Topology
    active: str
    days: float
    strict: bool
    unproven: str
    old_ledger: Path | None
    by: str
    changing: bool


@dataclasses.dataclass(frozen=True)
class Source:
    """One source: its readers run side by side, `needed` ones must be read to their end. `place` is for people."""

    bit: int
    place: str
    needed: bool
    readers: Sequence[Callable[[], Iterator[sources.Page]]]


@dataclasses.dataclass(frozen=True)
class Done:
    """How it ended. `unread` says by source why it was not read to its end; `epoch` is the one of the active region,
    and `covered` whether everything was compared that its promotion may have lost, now or before."""

    began: int
    since: int
    unread: dict[str, str]
    inserted: int
    explained: bool
    epoch: epochs.Epoch
    marked: bool
    covered: bool


class Later:
    """A client that is made when it is first used: signing in to a region that is gone fails, too, and then it is the
    region's source that was not read."""

    def __init__(self, clients: Clients, service: str, region: str, patience: Patience) -> None:
        self._make = functools.cache(lambda: clients(service, region, patience))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(), name)


class RolesDisagreeError(ValueError):
    """The epoch and Aurora name different regions; the message says what to do."""


def reconcile(clients: Clients, wanted: Wanted, table: Table, tell: Tell, clock: Clock) -> Done:
    """Fills the table with every payment and the cause of each difference; replays and repairs where it may.

    Raises AwsFailure, SourceError, EpochError, EpochTaken, RolesDisagreeError.
    """
    began = int(clock.now() * 1000)
    since = began - int(wanted.days * DAY_MS)
    dynamodb = clients("dynamodb", wanted.active, STEADY)
    epoch = epochs.read(dynamodb, wanted.topology.epoch_table(wanted.active))
    if epoch.active != wanted.active:
        raise RolesDisagreeError(
            f"Aurora's writer is in {wanted.active}, and the epoch there names {epoch.active}: payments are or will "
            "be refused. The failover function puts it right within a minute; then run this again"
        )
    places = _places(clients, wanted)
    unread = _read(_listed(wanted, places, since), table, tell, clock)
    unread |= _read([_database(wanted, places, since)], table, tell, clock)
    read = sum(bit for bit in _asked(wanted) if NAMES[bit] not in unread)
    read = _look(table, places, read, unread, tell)
    promoted = _promoted(epoch, began)
    now = Circumstances(wanted.active, read, began, promoted, wanted.strict, wanted.unproven)
    _judge(table, now, wanted.changing)
    inserted = mend.replay(table, places, wanted.changing, tell)
    if wanted.changing:
        _repair(table, places)
    explained = not table.unexplained() and all(one["balanced"] for one in balance(table.sums()))
    covered = epoch.replayed or since <= promoted - LOST_WITHIN_MS
    marked = wanted.changing and explained and covered and not epoch.replayed
    if marked:
        # Its time stays: it says when the promotion was.
        said = dataclasses.replace(epoch, replayed=True, by=wanted.by, why=f"{epoch.why}; reconciled")
        epochs.put(dynamodb, wanted.topology.epoch_table(wanted.active), said, epoch.number)
        epoch = said
    return Done(began, since, unread, inserted, explained, epoch, marked, covered)


def _promoted(epoch: epochs.Epoch, began: int) -> int:
    """When the epoch began (ms); where it does not say, now: then nothing counts as refused since."""
    try:
        return sources.milliseconds(epoch.at)
    except ValueError:
        return began


def _asked(wanted: Wanted) -> list[int]:
    return [DATABASE, JOURNAL, PEER_JOURNAL, LOG, PEER_LOG, *([OLD] if wanted.old_ledger else [])]


def _places(clients: Clients, wanted: Wanted) -> mend.Places:
    """The peer's region may be gone: it is asked briskly, and left alone when it does not answer."""
    active, peer = wanted.topology.places[wanted.active], wanted.topology.peer(wanted.active)
    journals, buckets = {}, {}
    for place, patience, journal, log in ((active, STEADY, JOURNAL, LOG), (peer, BRISK, PEER_JOURNAL, PEER_LOG)):
        dynamodb, s3 = (Later(clients, service, place.region, patience) for service in ("dynamodb", "s3"))
        journals[journal] = (dynamodb, wanted.topology.journal_table(place.region))
        buckets[log] = (s3, place.bucket)
    functions = clients("lambda", active.region, PATIENCE)
    return mend.Places(journals, buckets, wanted.old_ledger, functions, active.function)


def _listed(wanted: Wanted, places: mend.Places, since: int) -> list[Source]:
    """Everything but the database."""
    found = []
    for bit, (dynamodb, name) in places.journals.items():
        parts = [
            lambda part=part, dynamodb=dynamodb, name=name: sources.journal(dynamodb, name, since, part, SEGMENTS)
            for part in range(SEGMENTS)
        ]
        found.append(Source(bit, name, bit == JOURNAL, parts))
    for bit, (s3, bucket) in places.buckets.items():
        found.append(Source(bit, bucket, bit == LOG, [lambda s3=s3, bucket=bucket: sources.objects(s3, bucket, since)]))
    if (old := wanted.old_ledger) is not None:
        found.append(Source(OLD, str(old), True, [lambda: sources.old_ledger(old, since)]))
    return found


def _database(wanted: Wanted, places: mend.Places, since: int) -> Source:
    name = f"the database in {wanted.active}"
    return Source(DATABASE, name, True, [lambda: sources.ledger(places.functions, places.function, since)])


def _read(asked: list[Source], table: Table, tell: Tell, clock: Clock) -> dict[str, str]:
    """Puts the sources into the table; why a source was not read to its end, by its name, where it may be so.

    Raises what a source that is needed raises, and AwsFailure for a "no" of any.
    """
    unread: dict[int, str] = {}
    counts = dict.fromkeys((source.place for source in asked), 0)
    spoke = clock.monotonic()
    for source, page in _side_by_side(asked):
        if isinstance(page, BaseException):
            if source.needed or not (isinstance(page, AwsFailure) and page.unreachable):
                raise page
            unread[source.bit] = str(page)
            continue
        table.add(source.bit, page)
        counts[source.place] += len(page)
        if clock.monotonic() - spoke >= PROGRESS:
            tell(_progress(counts))
            spoke = clock.monotonic()
    tell(_progress(counts))
    return {NAMES[bit]: unread[bit] for bit in sorted(unread)}


def _progress(counts: dict[str, int]) -> str:
    return "read " + ", ".join(f"{place} {count:,}" for place, count in counts.items())


def _side_by_side(asked: list[Source]) -> Iterator[tuple[Source, list[Sighting] | BaseException]]:
    """The pages of all sources as they come, or the error that ended one. Who stops listening stops the readers."""
    pages: queue.Queue[tuple[Source, list[Sighting] | BaseException | None]] = queue.Queue(WAITING)
    stopped = threading.Event()

    def put(source: Source, page: list[Sighting] | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                pages.put((source, page), timeout=0.5)
                return
            except queue.Full:
                continue

    def run(source: Source, reader: Callable[[], Iterator[sources.Page]]) -> None:
        try:
            for page in reader():
                put(source, page)
                if stopped.is_set():
                    return
        except BaseException as error:  # whoever listens decides
            put(source, error)
        put(source, None)

    readers = [(source, reader) for source in asked for reader in source.readers]
    for source, reader in readers:
        threading.Thread(target=run, args=(source, reader), daemon=True).start()
    left = len(readers)
    try:
        while left:
            source, page = pages.get()
            if page is None:
                left -= 1
            else:
                yield source, page
    finally:
        stopped.set()


def _look(table: Table, places: mend.Places, read: int, unread: dict[str, str], tell: Tell) -> int:
    """Looks closer at what differs; answers which sources count as read then. One that has become silent meanwhile
    does not."""
    tell("looking closer at what differs")
    while True:
        try:
            mend.look_up(table, places, read)
            break
        except mend.PeerSilentError as silent:
            unread[NAMES[silent.bit]] = str(silent)
            read &= ~silent.bit
    table.join_unnamed()
    table.find_twins()
    return read


def _judge(table: Table, now: Circumstances, changing: bool) -> None:
    for rows in table.odd():
        judgements = []
        for row in rows:
            cause = cause_of(_case(row), now)
            if cause:
                to_come = {True: "to be replayed", False: "would be replayed"}[changing] if cause.replays else ""
                judgements.append((cause.name, row["damage"] or to_come, row["id"]))
        table.judge(judgements)


def _case(row: dict[str, Any]) -> Case:
    return Case(
        seen=row["seen"],
        made=row["made"],
        region=row["region"] or "",
        key=row["key"] or "",
        differs=bool(row["differs"]),
        damaged=row["damaged"],
        waits=row["waits"],
        status=row["status"],
        twin=row["twin"].hex() if row["twin"] else "",
        alike=bool(row["alike"]),
    )


def _repair(table: Table, places: mend.Places) -> None:
    """The function writes at once what its schedule would write later."""
    waiting = {"journal-repaired": UNJOURNALED, "log-repaired": UNLOGGED}
    if waiting.keys() & table.causes().keys():
        table.repaired(list(waiting), mend.repair(places))

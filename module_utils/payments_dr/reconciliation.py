"""Why a payment is not in every place where it should be. Pure: what the sources say of one payment in, its cause out.

Times are milliseconds since the epoch, as the payments' own. Whose journal is whose: a payment is journaled in the
region that did not take it, before it is acknowledged; its log object is put in the region that took it, and S3
replicates that to the other one.
"""

from __future__ import annotations

import dataclasses

#: The sources, as bits. JOURNAL and LOG are the active region's: its table holds what the other region acknowledged.
DATABASE, JOURNAL, PEER_JOURNAL, LOG, PEER_LOG, OLD = (1 << bit for bit in range(6))
JOURNALS, LOGS = JOURNAL | PEER_JOURNAL, LOG | PEER_LOG
SOURCES = {
    "database": DATABASE,
    "journal": JOURNAL,
    "peer-journal": PEER_JOURNAL,
    "log": LOG,
    "peer-log": PEER_LOG,
    "old-ledger": OLD,
}
#: What the database says is still to be written of a payment, as bits.
UNJOURNALED, UNLOGGED = 1, 2
#: A payment's own request has 10 s at most; the repair leaves it alone for 30.
IN_FLIGHT_MS = 30_000
#: What the old region took so long after the promotion was refused for certain: for less, two clocks may disagree, or
#: the public DNS may still have named it.
FENCED_MS = 60_000


@dataclasses.dataclass(frozen=True)
class Cause:
    """Why a payment differs. `explained` is False where a person has to find out or to decide; `replays` says that the
    payment is to be put into the database, `charged` that it is there already; `mend` is what to do, if anything."""

    name: str
    sentence: str
    explained: bool = True
    replays: bool = False
    charged: bool = False
    mend: str = ""


CAUSES = {
    cause.name: cause
    for cause in (
        Cause(
            "replayed-from-journal",
            "acknowledged, and in the journal; the database lost it with the region that took it",
            replays=True,
        ),
        Cause(
            "replayed-from-log",
            "committed, perhaps acknowledged while the peer was out of reach; its log object is left of it",
            replays=True,
        ),
        Cause(
            "replayed-from-old-ledger",
            "only in the old volume, and replayed because a person said so",
            replays=True,
        ),
        Cause("in-flight", "made while the sources were read: not everything can be there yet", charged=True),
        Cause(
            "journal-repaired",
            "acknowledged while the peer was out of reach; in the database, and the function's repair journals it",
            charged=True,
        ),
        Cause(
            "log-repaired",
            "its log object was not written: the function's repair writes it from the database",
            charged=True,
        ),
        Cause("log-on-its-way", "its log object is in one bucket, and S3 is replicating it", charged=True),
        Cause(
            "retried",
            "never acknowledged; the client sent it again under the same key, and that was charged once",
        ),
        Cause(
            "refused",
            "committed in the old region after the promotion, and refused there by the epoch: never acknowledged",
        ),
        Cause("never-acknowledged", "in no journal, and durability is strict: no client was told that it was taken"),
        Cause("left-out", "only in the old volume, and left out because a person said so"),
        Cause(
            "unproven",
            "only in the old volume: acknowledged if the peer was out of reach then, else not",
            explained=False,
            mend="compare with the metric PaymentsUnjournaled, and say -e reconciliation_unproven=replay or =leave",
        ),
        Cause(
            "logged-only",
            "its log object is all that is left, and does not say under which key it was paid",
            explained=False,
            mend="export the old volume and give it as -e old_ledger=<file>: it knows the key",
        ),
        Cause(
            "conflict",
            "the sources hold different payments under one id or one key",
            explained=False,
            mend="look at every source by the id; nothing of it was replayed",
        ),
        Cause(
            "journal-damaged",
            "its journal entry cannot be read: damaged, or of another release; nothing of it was replayed",
            explained=False,
            mend="the outcome says what of it; docs/runbooks/reconcile.md, where it may be whole. Put the entry back",
        ),
        Cause(
            "log-damaged",
            "all that is left is an object of the transaction log that cannot be read as a payment",
            explained=False,
            mend="the outcome says what of it; restore its older version, or remove what is no payment's",
        ),
        Cause(
            "journal-missing",
            "in the database and in no journal, though nothing is waiting to be journaled",
            explained=False,
            charged=True,
            mend="nothing is lost; find out who removed the entry, or who wrote to the database",
        ),
        Cause(
            "log-missing",
            "in the database and in no bucket, though nothing is waiting to be logged",
            explained=False,
            charged=True,
            mend="nothing is lost; find out who removed the object, or who wrote to the database",
        ),
        Cause(
            "log-not-replicated",
            "S3 has given up replicating its log object",
            explained=False,
            charged=True,
            mend="mend what verify.yml says about the replication, then run an S3 batch replication of what failed",
        ),
    )
}


@dataclasses.dataclass(frozen=True)
class Case:
    """One payment as the sources together know it. `waits` is what the database says is still to be written; `key` is
    "" where no source says it; `damaged` are the sources whose copy cannot be read; `status` is how S3 replicates the
    one object that there is ("" when nobody looked);
    `twin` is another payment under the same key, which is in the database or will be, `alike` whether that is the same
    order."""

    seen: int
    made: int
    region: str
    key: str = ""
    differs: bool = False
    damaged: int = 0
    waits: int = 0
    status: str = ""
    twin: str = ""
    alike: bool = False


@dataclasses.dataclass(frozen=True)
class Circumstances:
    """What holds for all payments. `read` are the sources that were read to their end, `began` when reading began,
    `promoted` when the present epoch began; `unproven` is a person's word on what is in the old volume only."""

    active: str
    read: int
    began: int
    promoted: int
    strict: bool = False
    unproven: str = "ask"


def cause_of(case: Case, now: Circumstances) -> Cause | None:
    """Why the payment is not everywhere where it should be; None when it is, or when nobody could know."""
    if case.damaged:
        return CAUSES["journal-damaged" if case.damaged & JOURNALS else "log-damaged"]
    if case.differs:
        return CAUSES["conflict"]
    name = _present(case, now) if case.seen & DATABASE else _missing(case, now)
    return CAUSES[name] if name else None


def _missing(case: Case, now: Circumstances) -> str:
    """The database was read last, so what another source knew before and it does not is no payment in flight."""
    if case.seen & JOURNALS:
        # It may have been acknowledged under its own id: then the key should have led to it.
        return "conflict" if case.twin else "replayed-from-journal"
    if case.twin and case.alike:
        return "retried"
    if case.region and case.region != now.active and case.made >= now.promoted + FENCED_MS:
        return "refused"
    # An entry in a journal that was not read would have led the key to this payment, and not to a twin.
    if now.strict and (case.twin or now.read & (PEER_JOURNAL if case.region == now.active else JOURNAL)):
        return "never-acknowledged"
    if case.twin:
        return "conflict"
    if case.seen & LOGS:
        return "replayed-from-log" if case.key else "logged-only"
    return {"replay": "replayed-from-old-ledger", "leave": "left-out"}.get(now.unproven, "unproven")


def _present(case: Case, now: Circumstances) -> str:
    unjournaled = not case.seen & JOURNALS and bool(case.waits & UNJOURNALED or now.read & JOURNALS == JOURNALS)
    home = LOG if case.region == now.active else PEER_LOG
    unlogged = not case.seen & LOGS and bool(case.waits & UNLOGGED or now.read & home)
    halfway = case.seen & LOGS not in (0, LOGS) and now.read & LOGS == LOGS
    if not (unjournaled or unlogged or halfway):
        return ""
    if case.made >= now.began - IN_FLIGHT_MS:
        return "in-flight"
    if unjournaled:
        return "journal-repaired" if case.waits & UNJOURNALED else "journal-missing"
    if unlogged:
        return "log-repaired" if case.waits & UNLOGGED else "log-missing"
    return "log-not-replicated" if case.status == "FAILED" else "log-on-its-way"

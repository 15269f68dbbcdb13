"""What has to hold beside the database before a payment is acknowledged: docs/decisions/0016.

This region is the one that may take payments, and the peer has the payment in its journal. While the peer is out of
reach, `strict` takes none; `available` takes them for as long as public DNS still leads here.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from .epochs import Epoch, Epochs
from .journal import Contradicted, OutOfReach, OwnJournal, PeerJournal, Refused
from .problems import LATER, SOON, Unavailable
from .store import Entry
from .witness import Witness

STRICT, AVAILABLE = "strict", "available"
MODES = (STRICT, AVAILABLE)


class Fenced(Unavailable):
    """Another region may take payments now, or does."""

    def __init__(self, retry_after: int = SOON) -> None:
        detail = "Payments are taken by the other region now. Use the API's own address, not the region's."
        super().__init__("fenced", detail, retry_after)


class Durability:
    """The steps of a payment that reach beyond the database. They raise Unavailable: nothing is acknowledged."""

    def __init__(
        self,
        mode: str,
        region: str,
        epochs: Epochs,
        own: OwnJournal,
        peer: PeerJournal,
        witness: Witness,
        logger: Logger,
        metrics: Metrics,
    ) -> None:
        self._strict, self._region = mode == STRICT, region
        self._epochs, self._own, self._peer, self._witness = epochs, own, peer, witness
        self._logger, self._metrics = logger, metrics
        # The number of the epoch that the peer refused. It is not forgotten while the peer is silent: whoever was told
        # that another region took over does not go on because of an old DNS answer.
        self._refused = 0

    def entitled(self) -> Epoch:
        """The epoch, where it is this region's turn as far as is known; the peer is asked only where it refused us."""
        epoch = self._epochs.current()
        if epoch.active != self._region:
            raise Fenced()
        if self._refused >= epoch.number:
            self._journal([], epoch)
        return epoch

    def admit(self) -> Epoch:
        """Before anything is written: the epoch under which this region may take a payment."""
        epoch = self.entitled()
        if self._peer.resting:
            self._without_journal(epoch, None)
        return epoch

    def recall(self, key: str, epoch: Epoch) -> Entry | None:
        """What the other region acknowledged under the key, as long as the database may lack it."""
        return None if epoch.replayed else self._own.find(key)

    def keep(self, entry: Entry, epoch: Epoch) -> bool:
        """After the commit: True when the peer has the entry; False when it may be acknowledged without."""
        try:
            if journaled := self._journal([entry], epoch):
                return journaled
        except Contradicted as error:
            self._logger.error("journal contradicts", payment_id=str(entry.payment.id))
            raise contradiction() from error
        self._count("PaymentsUnjournaled")
        return False

    def keep_all(self, entries: Sequence[Entry]) -> frozenset[str]:
        """Into the peer's journal, for the repair; answers ids that contradict it. Raises OutOfReach, Unavailable."""
        epoch = self._epochs.current(newest=True)
        if epoch.active != self._region:
            raise Fenced()
        contradicting: frozenset[str] = frozenset()
        while rest := [entry for entry in entries if str(entry.payment.id) not in contradicting]:
            try:
                self._peer.put(rest, epoch.number)
                break
            except Contradicted as error:
                contradicting |= error.ids
            except Refused as error:
                raise self._fenced(epoch) from error
        return contradicting

    def _journal(self, entries: list[Entry], epoch: Epoch) -> bool:
        try:
            self._peer.put(entries, epoch.number)
        except Refused as error:
            self._after_refusal(entries, epoch, error)
        except OutOfReach as error:
            self._without_journal(epoch, error)
            return False
        self._refused = 0
        return True

    def _after_refusal(self, entries: list[Entry], epoch: Epoch, error: Refused) -> None:
        """Once more where this region has become active again meanwhile. Raises Fenced."""
        self._refused = epoch.number
        newer = self._epochs.current(newest=True)
        if newer.number <= epoch.number or newer.active != self._region:
            raise self._fenced(epoch) from error
        if not newer.replayed:  # the payment has to be looked up first: its next attempt does
            raise Fenced() from error
        try:
            self._peer.put(entries, newer.number)
        except Refused as again:
            raise self._fenced(newer) from again
        except OutOfReach as silent:
            raise unjournaled() from silent

    def _fenced(self, epoch: Epoch) -> Fenced:
        """What the peer's refusal amounts to, counted."""
        self._refused = epoch.number
        self._count("JournalRefused")
        return Fenced(LATER)

    def _without_journal(self, epoch: Epoch, error: OutOfReach | None) -> None:
        """Raises unless a payment may be acknowledged while the peer is out of reach."""
        if error and error.__cause__:
            self._logger.error("journal out of reach", reason=f"{type(error.__cause__).__name__}: {error.__cause__}")
        if self._refused >= epoch.number:
            raise Fenced(LATER) from error
        if self._strict:
            raise unjournaled() from error
        leads_here = self._witness.names_us()
        if leads_here is None:
            detail = "The other region cannot be reached, and nobody says whether this one still takes payments."
            raise Unavailable("no-witness", detail) from error
        if not leads_here:
            raise Fenced(LATER) from error

    def _count(self, metric: str) -> None:
        self._metrics.add_metric(name=metric, unit=MetricUnit.Count, value=1)


def unjournaled() -> Unavailable:
    """No copy in the other region, and none is promised without."""
    return Unavailable("journal-unreachable", "The payment cannot be kept in the other region now.")


def contradiction() -> Unavailable:
    """Two regions hold different payments under one key: a person has to look."""
    detail = "Another payment with this Idempotency-Key is known elsewhere: it has to be reconciled."
    return Unavailable("journal-contradicts", detail, LATER)

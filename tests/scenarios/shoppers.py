"""Clients that pay at a constant pace while something happens, by the drill's own code, and what became of it."""

from __future__ import annotations

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from module_utils.payments_dr import drill, load
from module_utils.payments_dr.load import Paid
from module_utils.payments_dr.payments_client import Client

from .hurried import HURRY
from .looking import eventually, rows
from .two_regions import Site

CLIENTS, RATE = 4, 8.0
STEADY = 8
LEDGER = """
SELECT CAST(id AS text), reference, amount FROM payments WHERE reference LIKE :prefix || '-%'
"""


class Shoppers:
    """A context manager: they pay from its beginning to its end, and each ends the payment that it is at.

    They go by the public name, and forget an answer of DNS as much sooner as the sandbox hurries; or they insist on
    one region's own address.
    """

    def __init__(self, site: Site, name: str, region: str = "", clients: int = CLIENTS, rate: float = RATE) -> None:
        self.site, self.name, self._clients, self._rate = site, f"{name}-{time.time():.0f}", clients, rate
        self._host = site.topology.places[region].address if region else site.topology.api_name
        self._done, self._pool = threading.Event(), ThreadPoolExecutor(1)
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "payments.jsonl"

    def __enter__(self) -> Shoppers:
        self._path.touch()
        self._paying = self._pool.submit(self._pay)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()

    def stop(self) -> None:
        """Let each end its payment. Raises what went wrong with them, if anything did."""
        self._done.set()
        self._pool.shutdown()
        self._paying.result()

    def _pay(self) -> None:
        load.run(self._client, self.name, self._clients, self._rate, self._path, self._done.is_set)

    def _client(self) -> Client:
        site = self.site
        return Client(self._host, site.config.tls_port, site.ca_file, [site.dns], lambda: time.monotonic() * HURRY)

    @property
    def payments(self) -> list[Paid]:
        """Those that have ended so far."""
        with self._path.open() as file:
            return load.parse(file)

    def acknowledged(self, since: float = 0.0, region: str = "") -> list[Paid]:
        """Payments that ended after `since` and were acknowledged, by `region` if it is given."""
        return [paid for paid in self.payments if paid.id and paid.ended >= since and region in ("", paid.region)]

    def served_by(self, region: str, since: float, seconds: float, count: int = STEADY) -> None:
        """Wait until `region` has acknowledged so many payments that were sent after `since`."""
        what = f"{count} payments acknowledged by {region}"
        eventually(lambda: len(drill.served_since(self.payments, since, region)) >= count, what, seconds)

    def longest_silence(self, began: float, ended: float) -> float:
        """Seconds without an acknowledgement, as a drill measures them."""
        silence = drill.interruption(self.payments, began, ended)
        assert silence, "nobody was paid before, or nobody after"
        return silence.seconds

    def proof(self, active: str, began: float) -> dict[str, Any]:
        """What the active region's own database knows of what was acknowledged."""
        found = rows(self.site.sandbox, active, LEDGER, prefix=self.name)
        ledger = [{"id": one, "reference": reference, "amount": amount} for one, reference, amount in found]
        return drill.proof(self.payments, ledger, began)

"""Clients for AWS, each made once for the life of the execution environment."""

from __future__ import annotations

import threading
from typing import Any

from botocore.session import Session, get_session
from payments_dr.calls import Patience, prepared


class ClientFactory:
    """(service, region, patience) -> client, as payments_dr.calls.Clients wants it. The function's role signs."""

    def __init__(self, session: Session | None = None) -> None:
        self._session = session or get_session()
        self._made: dict[tuple[str, str, Patience], Any] = {}
        self._lock = threading.Lock()  # clients may be shared by threads, the session that makes them may not

    def __call__(self, service: str, region: str, patience: Patience) -> Any:
        with self._lock:
            key = (service, region, patience)
            if key not in self._made:
                made = self._session.create_client(service, region_name=region, config=patience.config())
                self._made[key] = prepared(made)
            return self._made[key]

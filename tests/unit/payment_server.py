"""A payment API on loopback, over TLS, with a ledger in memory: as idempotent as the real one, and as moody as told."""

import json
import threading
import uuid
from datetime import UTC, datetime

from tests.unit import tls_server

#: Moods in which nothing is charged, and what is answered then.
REFUSALS = {"refuse": 503, "turn away": 429}


class Ledger:
    """What was charged, and how the server behaves: `mood` is called before each answer, `region` is what it says."""

    def __init__(self, region="us-east-1"):
        self.region, self.payments, self.requests, self._lock = region, {}, 0, threading.Lock()
        self.mood = lambda number: None

    def pay(self, key, body):
        with self._lock:
            made = {"id": str(uuid.uuid4()), "created_at": datetime.now(UTC).isoformat(), "region": self.region}
            return self.payments.setdefault(key, {**body, **made})

    def listed(self):
        return sorted(self.payments.values(), key=lambda payment: payment["created_at"], reverse=True)


def _handler(ledger, page_size):
    class Handler(tls_server.QuietHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):  # noqa: N802 - as http.server names it
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            ledger.requests += 1
            mood = ledger.mood(ledger.requests)
            if mood in REFUSALS:
                return self._answer(REFUSALS[mood], {"title": "Unavailable"})
            paid = ledger.pay(self.headers["Idempotency-Key"], body)
            if mood == "charge and hang up":
                self.close_connection = True
                return None
            return self._answer(201, paid)

        def do_GET(self):  # noqa: N802
            start = int(self.path.partition("&cursor=")[2] or 0)
            found = ledger.listed()
            after = start + page_size
            rest = str(after) if after < len(found) else None
            self._answer(200, {"payments": found[start:after], "next_cursor": rest})

        def _answer(self, status, body):
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    return Handler


def serving(authority, host, ledger, address="127.0.0.1", port=0, page_size=100):
    """A context manager: the port on which the ledger is served."""
    return tls_server.serving(authority, host, _handler(ledger, page_size), address, port)

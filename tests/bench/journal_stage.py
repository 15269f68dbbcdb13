"""What the journal's bench does to a deployment of its own: variants of the function, distance, outages of the peer."""

from __future__ import annotations

import io
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from module_utils.payments_dr.mode import AUTOMATIC, MANUAL
from module_utils.payments_dr.package import archive
from tests.scenarios.api import Answer
from tests.scenarios.conftest import Sandbox, sandbox_command
from tests.scenarios.keep_alive import Client
from tests.scenarios.looking import DR, PRIMARY, eventually
from tests.scenarios.two_regions import Site

from . import journal_variant
from .journal_variant import INSTALLED, WITH

HANDLER = "payments/handler.py"
START_SECONDS = 120
CREATED = 201


def variant_of(package: bytes) -> bytes:
    """The function's zip with the variants in it."""
    with zipfile.ZipFile(io.BytesIO(package)) as zipped:
        files = {name: zipped.read(name) for name in zipped.namelist()}
    files[HANDLER] += INSTALLED.encode()
    files["payments/journal_variant.py"] = Path(journal_variant.__file__).read_bytes()
    return archive(files)


class Payer(Client):
    """A client whose payments are taken by one of the variants."""

    def __init__(self, sandbox: Sandbox, variant: str) -> None:
        super().__init__(sandbox)
        self._variant = variant

    def pay(self, key: str = "", **changes: Any) -> Answer:
        return super().pay(f"{self._variant}-{key or uuid.uuid4()}", **changes)


class Stage(Site):
    """The active region's function, and what is between it and its peer."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self._functions = self.client("lambda", PRIMARY)
        self._function = self.topology.places[PRIMARY].function

    @contextmanager
    def variants(self) -> Iterator[None]:
        """The function takes payments by every variant; nobody is to recover from what this bench breaks meanwhile."""
        place = self._functions.get_function(FunctionName=self._function)["Code"]["Location"]
        with urllib.request.urlopen(place, timeout=START_SECONDS) as answer:
            package = answer.read()
        self.set_mode(MANUAL)
        self._functions.update_function_code(FunctionName=self._function, ZipFile=variant_of(package))
        try:
            yield
        finally:
            self._functions.update_function_code(FunctionName=self._function, ZipFile=package)
            self.set_mode(AUTOMATIC)

    def apart(self, seconds: float) -> None:
        """Let a call of one region for the other be under way for so long, there and back, from now on."""
        sandbox_command(self.folder, "down")
        sandbox_command(self.folder, "up", "--distance", f"{seconds * 1000:g}")
        payer = Payer(self.sandbox, WITH)
        eventually(lambda: self.leads() == PRIMARY and payer.pay().status == CREATED, "a payment", START_SECONDS)

    def renew(self) -> None:
        """Have the next request served by a new environment."""
        known = self._functions.get_function_configuration(FunctionName=self._function)["Environment"]["Variables"]
        renewed = known | {"RENEWED": uuid.uuid4().hex}
        self._functions.update_function_configuration(FunctionName=self._function, Environment={"Variables": renewed})

    @contextmanager
    def peer_out(self, kind: str) -> Iterator[None]:
        """An outage of the peer; at the end it is over."""
        self.out(DR, kind)
        try:
            yield
        finally:
            self.restore(DR, kind=kind)

    @contextmanager
    def bare_script(self) -> Iterator[tuple[Callable[[], Any], Callable[[], Any]]]:
        """What a script in the active region does that keeps its connections: it puts an object; and it puts one while
        it asks the peer for the transaction that the function asks for."""
        s3, peer = self.sandbox.client("s3"), self.sandbox.client("dynamodb", DR)
        # From the region's own address, so that it goes the same way.
        manager = peer._endpoint.http_session._manager
        manager.connection_pool_kw["source_address"] = (self.config.addresses[PRIMARY], 0)
        bucket = self.topology.places[PRIMARY].bucket

        def put() -> None:
            s3.put_object(Bucket=bucket, Key=f"bare/{uuid.uuid4()}.json", Body=bytes(250), IfNoneMatch="*")

        def both() -> None:
            beside = pool.submit(put)
            peer.transact_write_items(TransactItems=self._actions())
            beside.result()

        with ThreadPoolExecutor(1) as pool:
            yield put, both

    def _actions(self) -> list[dict[str, Any]]:
        key = f"bare-{uuid.uuid4()}"
        texts = dict.fromkeys(("id", "currency", "reference", "status", "region", "created_at"), key)
        item = {name: {"S": text} for name, text in {**texts, "idempotency_key": key, "metadata": "{}"}.items()}
        check = {
            "TableName": self.topology.epoch_table(DR),
            "Key": {"scope": {"S": "gate-bare"}},
            "ConditionExpression": "attribute_not_exists(#scope)",
            "ExpressionAttributeNames": {"#scope": "scope"},
        }
        put = {
            "TableName": self.topology.journal_table(DR),
            "Item": {**item, "expires": {"N": str(int(time.time()) + 86_400)}},
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": "idempotency_key"},
        }
        return [{"ConditionCheck": check}, {"Put": put}]

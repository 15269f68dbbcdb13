"""The server behind the writer's endpoint in us-east-1, and what may befall it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import pg8000.native
import trustme

from sandbox import certificates
from sandbox.aurora import postgres
from sandbox.aurora.admin import Admin

from .conftest import Sandbox, topology
from .looking import PRIMARY, address_of, eventually

END_SESSIONS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'payments'"


class Writer:
    """A real PostgreSQL, started again by the sandbox when it ends, as Aurora starts an instance again."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.cluster = topology(sandbox)["regions"][PRIMARY]["cluster"]
        self.home = sandbox.folder / "aurora" / PRIMARY / self.cluster
        self.address, self.port, self.endpoint = address_of(sandbox, PRIMARY)
        self._authority = certificates.authority(sandbox.folder)
        self._admin = Admin(self._authority)

    def pid(self) -> int:
        """The postmaster's; waits for it where the server is being started again."""
        return eventually(lambda: postgres.postmaster(self.home / "data"), "the writer's server to run")

    def kill(self) -> None:
        """SIGKILL to every process at once: what was not on the disk is gone."""
        self._signal(signal.SIGKILL)

    def restart(self) -> None:
        """Have it stop cleanly and break its sessions off, as a reboot of the instance does."""
        os.kill(self.pid(), signal.SIGINT)  # fast: https://www.postgresql.org/docs/current/server-shutdown.html

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """SIGSTOP: connections stay, and nobody answers on them. SIGCONT at the end: it goes on as if nothing was."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def end_sessions(self) -> None:
        """Break off what the function keeps open, so that it has to log in again."""
        with self._session() as session:
            session.run(END_SESSIONS)

    @contextlib.contextmanager
    def certified(self, authority: trustme.CA | None = None, **wanted) -> Iterator[None]:
        """Another certificate for the endpoint, and the right one at the end; each time sessions are broken off."""
        kept = {name: (self.home / name).read_bytes() for name in ("server.pem", "server-key.pem")}
        made = (authority or self._authority).issue_cert(self.endpoint, **wanted)
        with self._session() as session:
            self._present(
                {"server.pem": made.cert_chain_pems[0].bytes(), "server-key.pem": made.private_key_pem.bytes()}, session
            )
            try:
                yield
            finally:
                self._present(kept, session)

    def _present(self, files: dict[str, bytes], session: pg8000.native.Connection) -> None:
        """Put them in place, have the server read them, and wait until it has."""
        before = session.run("SELECT pg_conf_load_time()")
        for name, content in files.items():
            (self.home / name).write_bytes(content)
        os.kill(self.pid(), signal.SIGHUP)
        eventually(lambda: session.run("SELECT pg_conf_load_time()") != before, "the server to read its certificate")
        session.run(END_SESSIONS)

    @contextlib.contextmanager
    def _session(self) -> Iterator[pg8000.native.Connection]:
        with self._admin.connected(self.address, self.port) as session:
            yield session

    def _signal(self, number: int) -> None:
        for pid in postgres.processes(self.home / "data"):
            with contextlib.suppress(ProcessLookupError):  # a session that just ended
                os.kill(pid, number)

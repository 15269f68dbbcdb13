"""A real PostgreSQL server for tests: TLS only, on loopback, with a certificate of an authority made for the test."""

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

import pg8000.native
import trustme

HOST, USER, PASSWORD, DATABASE = "127.0.0.1", "payments", "first password of the tests", "payments"
PATIENCE_SECONDS = 20
SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{sockets}'
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
ssl_min_protocol_version = 'TLSv1.2'
password_encryption = scram-sha-256
max_connections = 40
"""


def programs() -> Path | None:
    """Where PostgreSQL's programs are; Debian keeps them off the PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return versions[-1] if versions else None


class DatabaseServer:
    """One server with one database, and an administrator who comes by its socket."""

    def __init__(self, folder: Path) -> None:
        """Everything in `folder`, which must be short: a socket's path is bounded."""
        self.folder, self.data = folder, folder / "data"
        self.authority = trustme.CA()
        self.authority_file = folder / "authority.pem"
        self.port = _free_port()
        self._process: subprocess.Popen | None = None

    def make(self) -> None:
        """Initialise and start it, with user and database."""
        self.authority.cert_pem.write_to_path(self.authority_file)
        self._own(self.folder)
        self._command("initdb", "--pgdata", self.data, "--username=admin", "--auth-local=trust", "--no-sync",
                      "--encoding=UTF8", "--locale=C")  # fmt: skip
        settings = SETTINGS.format(port=self.port, sockets=self.folder)
        (self.data / "postgresql.conf").write_text(settings)
        (self.data / "pg_hba.conf").write_text("local all admin trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        self.certify()
        self.start()
        role = f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'"
        self.admin(role, f"CREATE DATABASE {DATABASE} OWNER {USER}", database="postgres")

    def certify(self, authority: trustme.CA | None = None, name: str = HOST, **wanted) -> None:
        """Give it another certificate; a running server takes it at `reload`."""
        certificate = (authority or self.authority).issue_cert(name, **wanted)
        for path, blob in (("server.pem", certificate.cert_chain_pems[0]), ("server.key", certificate.private_key_pem)):
            (self.data / path).write_bytes(blob.bytes())
            (self.data / path).chmod(0o600)
            self._own(self.data / path)

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen([*_as_postgres(), programs() / "postgres", "-D", self.data], stderr=log)
        log.close()
        until(lambda: self.admin("SELECT 1", database="postgres"), "the server to answer")

    def stop(self, how: int = signal.SIGINT) -> None:
        """End it: fast by default, SIGQUIT as a crash."""
        if self._process:
            self.thaw()
            self._process.send_signal(how)
            self._process.wait(PATIENCE_SECONDS)
            self._process = None

    def freeze(self) -> None:
        """Stop all of its processes in their tracks, as a machine that hangs."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on where they were."""
        self._signal(signal.SIGCONT)

    def reload(self) -> None:
        """Have it read its settings and certificate again, and wait until new sessions see them."""
        before = self.admin("SELECT pg_conf_load_time()", database="postgres")
        self._process.send_signal(signal.SIGHUP)
        until(lambda: self.admin("SELECT pg_conf_load_time()", database="postgres") != before, "the settings")

    def become_standby(self) -> None:
        """Start again as a standby, which waits for a primary that never comes."""
        self.stop()
        (self.data / "standby.signal").touch()
        self._own(self.data / "standby.signal")
        self.start()

    def promote(self) -> None:
        """Make the standby a primary, as a failover does."""
        self.admin("SELECT pg_promote()")

    def read_only(self, yes: bool) -> None:
        """Refuse writes to everybody, as a fenced writer and a standby do."""
        self.admin(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if yes else 'off'}", database="postgres")
        self.reload()

    def admin(self, *statements: str, database: str = DATABASE) -> list:
        """Run statements as the superuser; answers the rows of the last."""
        socket_file = f"{self.folder}/.s.PGSQL.{self.port}"
        connection = pg8000.native.Connection(
            "admin", unix_sock=socket_file, database=database, ssl_context=False, timeout=PATIENCE_SECONDS
        )
        with contextlib.closing(connection):
            rows: list = []
            for statement in statements:
                rows = connection.run(statement)
            return rows

    def session(self) -> pg8000.native.Connection:
        """A plain session of the application's user."""
        trust = ssl.create_default_context(cafile=str(self.authority_file))
        return pg8000.native.Connection(USER, HOST, DATABASE, self.port, PASSWORD, ssl_context=trust, timeout=10)

    def _signal(self, number: int) -> None:
        main = self._process.pid
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if stat.read_text().rpartition(")")[2].split()[1] == str(main):
                    os.kill(int(stat.parent.name), number)
        os.kill(main, number)

    def _command(self, program: str, *arguments) -> None:
        subprocess.run([*_as_postgres(), programs() / program, *arguments], check=True, capture_output=True)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, "postgres", "postgres")


@contextlib.contextmanager
def running():
    """A server for the block, and nothing left of it afterwards."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = DatabaseServer(Path(folder))
        try:
            server.make()
            yield server
        finally:
            server.stop(signal.SIGQUIT)


def until(answer, what: str):
    """Wait until `answer()` is true, and does not fail to connect."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with contextlib.suppress(OSError, pg8000.native.Error):
            if found := answer():
                return found
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.02)


def _as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root."""
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    return as_postgres if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]

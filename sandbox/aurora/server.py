"""One PostgreSQL server: its folder, its life. Every method may be repeated after an interruption.

<dir>/aurora/<region>/<cluster>/   server.json  what it is; `complete` once it was made whole
                                   data/        the volume
                                   *.conf, *.pem, postgresql.log
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import trustme

from sandbox.aurora import postgres, settings
from sandbox.aurora.plan import Found, Wanted
from sandbox.aurora.postgres import Programs
from sandbox.errors import SandboxError

RECORD = "server.json"
STANDBY_SIGNAL = "standby.signal"
STOP_SECONDS = 10
END_SECONDS = 5
START_SECONDS = 30
COPY_SECONDS = 300


class Server:
    """The server of one cluster."""

    def __init__(self, home: Path, address: str, programs: Programs, issuer: trustme.CA) -> None:
        """Name the server in the folder `home` (it need not be there), listening on `address`."""
        self.home = home
        self.address = address
        self.data = home / "data"
        self._programs = programs
        self._issuer = issuer

    def found(self) -> Found | None:
        """Return what is on the disk, or None."""
        record = self._record()
        if record is None:
            return None if not self.home.exists() else Found("", 0, False, self._pid() is not None, False)
        return Found(
            identity=record["identity"],
            port=record["port"],
            complete=record["complete"],
            running=self._pid() is not None,
            standby=(self.data / STANDBY_SIGNAL).exists(),
            source=record.get("source"),
            follows=record.get("follows"),
            handed_to=record.get("handed_to"),
        )

    def create(self, wanted: Wanted, port: int) -> None:
        """Make an empty volume and start on it; complete() says that its users are there too."""
        self._prepare(wanted, port)
        self._programs.run(
            "initdb",
            "-D",
            self.data,
            "-U",
            settings.ADMIN,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--auth=reject",
            "--data-checksums",
            "--no-sync",
        )
        self.start(wanted)

    def seed(self, wanted: Wanted, port: int, source: Source) -> None:
        """Copy the writer's volume over TLS and follow it, as Aurora does when a secondary joins or rejoins."""
        self._prepare(wanted, port)
        self._programs.run(
            "pg_basebackup",
            "-D",
            self.data,
            "-d",
            self._conninfo(source),
            "--checkpoint=fast",
            "--wal-method=stream",
            "--no-sync",
            seconds=COPY_SECONDS,
        )
        self._follow(source)
        self.start(wanted, source)
        self.complete()

    def rejoin(self, wanted: Wanted, source: Source) -> None:
        """Follow the new writer on the old volume, which the writer has whole since it was stopped cleanly."""
        self._follow(source)
        self.start(wanted, source)

    def complete(self) -> None:
        """Remember that the server is made whole."""
        self._write_record(complete=True)

    def start(self, wanted: Wanted, source: Source | None = None) -> None:
        """Start, and wait until it takes connections (a standby: as soon as its data is consistent)."""
        if self._pid():
            return
        postgres.kill(self.data)  # what a killed server left would be in the way
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.configure(wanted, source)
        options = " ".join(
            f"-c {name}_file={_shell(self.home / file)}"
            for name, file in (("config", "postgresql.conf"), ("hba", "pg_hba.conf"))
        )
        self._programs.run(
            "pg_ctl",
            "start",
            "-D",
            self.data,
            "-w",
            "-t",
            START_SECONDS,
            "-s",
            "-l",
            self.home / "postgresql.log",
            "-o",
            options,
            seconds=START_SECONDS + 5,
        )

    def follow(self, wanted: Wanted, source: Source) -> None:
        """Follow the writer where it is now, without a restart."""
        self._follow(source)
        self.configure(wanted, source)
        self._programs.run("pg_ctl", "reload", "-D", self.data, "-s")

    def cut(self, wanted: Wanted) -> None:
        """Follow nobody from now on, without a restart; follow() takes it up again."""
        self._write_record(follows=None)
        self.configure(wanted)
        self._programs.run("pg_ctl", "reload", "-D", self.data, "-s")

    def promote(self) -> None:
        """Take over as a writer, and wait until that is so."""
        self._programs.run(
            "pg_ctl", "promote", "-D", self.data, "-w", "-t", START_SECONDS, "-s", seconds=START_SECONDS + 5
        )
        self._write_record(source=None, follows=None)

    def stop(self, seconds: int = STOP_SECONDS) -> None:
        """Stop cleanly: no client's transaction is half done, and every secondary that listens has everything."""
        if self._pid():
            self._programs.run(
                "pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w", "-t", seconds, "-s", seconds=seconds + 5
            )

    def end(self) -> None:
        """Stop, by force where it does not answer (a frozen one)."""
        try:
            self.stop(END_SECONDS)
        except SandboxError:
            postgres.kill(self.data)

    def fence(self) -> None:
        """Stop at once: it takes not one more write."""
        postgres.kill(self.data)

    def remove(self) -> None:
        """Remove the server with its volume."""
        postgres.kill(self.data)
        shutil.rmtree(self.home)

    def disown(self) -> None:
        """Forget whose copy the volume is, so that it is copied anew."""
        self._write_record(source=None)

    def hand_over(self, identity: str) -> None:
        """Remember that the cluster `identity` has everything that was on this volume."""
        self._write_record(handed_to=identity)

    def shutdown_position(self) -> int | None:
        """Return the position of the last checkpoint of a cleanly stopped writer; None where it was not."""
        said = dict(
            line.split(":", 1) for line in self._programs.run("pg_controldata", self.data).splitlines() if ":" in line
        )
        if said["Database cluster state"].strip() != "shut down":
            return None
        high, low = said["Latest checkpoint location"].strip().split("/")
        return (int(high, 16) << 32) + int(low, 16)

    def configure(self, wanted: Wanted, source: Source | None = None) -> None:
        """Write configuration and certificate; they are read at the next start or reload."""
        record = self._record() or {}
        own = {
            "listen_addresses": self.address,
            "port": str(record["port"]),
            "data_directory": str(self.data),
            "cluster_name": wanted.key[1],
            "ssl_ca_file": str(self.home / "ca.pem"),
            "ssl_cert_file": str(self.home / "server.pem"),
            "ssl_key_file": str(self.home / "server-key.pem"),
        }
        if source:
            own["primary_conninfo"] = self._conninfo(source)
        self._certify("server", wanted.hosts)
        self._certify("replicator", (settings.REPLICATOR,), settings.REPLICATOR)
        self._put("ca.pem", self._issuer.cert_pem.bytes())
        self._put(
            "postgresql.conf", settings.postgresql_conf(own, wanted.parameters, self._programs.parameters).encode()
        )
        self._put("pg_hba.conf", settings.pg_hba_conf(wanted.parameters).encode())

    def _prepare(self, wanted: Wanted, port: int) -> None:
        """Make an empty folder of the user's own, with a record that says it is not complete."""
        postgres.kill(self.data)
        shutil.rmtree(self.home, ignore_errors=True)
        region = self.home.parent
        region.mkdir(parents=True, exist_ok=True)
        region.chmod(0o711)  # to be passed through
        region.parent.chmod(0o711)
        self.home.mkdir()
        self._programs.own(self.home, 0o700)
        self._write_record(identity=wanted.identity, port=port, complete=False)
        self.configure(wanted)

    def _follow(self, source: Source) -> None:
        (self.data / STANDBY_SIGNAL).touch()
        self._programs.own(self.data / STANDBY_SIGNAL, 0o600)
        self._write_record(source=source.identity, follows=source.port, handed_to=None)

    def _conninfo(self, source: Source) -> str:
        """How to reach the writer as the replicator: over TLS, with its name verified."""
        return settings.conninfo(
            {
                "host": source.endpoint,
                "hostaddr": source.address,
                "port": source.port,
                "user": settings.REPLICATOR,
                "sslmode": "verify-full",
                "sslrootcert": self.home / "ca.pem",
                "sslcert": self.home / "replicator.pem",
                "sslkey": self.home / "replicator-key.pem",
                "connect_timeout": 3,
                "application_name": self.home.name,
            }
        )

    def _certify(self, name: str, identities: tuple[str, ...], common_name: str | None = None) -> None:
        made = self._issuer.issue_cert(*identities, common_name=common_name)
        self._put(f"{name}.pem", b"".join(blob.bytes() for blob in made.cert_chain_pems))
        self._put(f"{name}-key.pem", made.private_key_pem.bytes())

    def _put(self, name: str, content: bytes) -> None:
        scratch = self.home / f"{name}.new"
        scratch.unlink(missing_ok=True)
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        self._programs.own(scratch, 0o600)
        scratch.replace(self.home / name)

    def _record(self) -> dict | None:
        with contextlib.suppress(FileNotFoundError):
            return json.loads((self.home / RECORD).read_text())
        return None

    def _write_record(self, **changes: object) -> None:
        record: Mapping[str, object] = (self._record() or {}) | changes
        self._put(RECORD, json.dumps(record, indent=2).encode())

    def _pid(self) -> int | None:
        return postgres.postmaster(self.data)


class Source:
    """A writer that others follow: who it is and where it answers."""

    def __init__(self, wanted: Wanted, found: Found, address: str) -> None:
        """Name the writer of `wanted` that was `found` on `address`."""
        self.identity = found.identity
        self.port = found.port
        self.address = address
        self.endpoint = wanted.endpoint


def _shell(path: Path) -> str:
    """Quote a path for the shell that pg_ctl hands its options to."""
    return "'" + str(path).replace("'", "'\\''") + "'"

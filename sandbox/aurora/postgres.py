"""PostgreSQL's programs: where they are, how they are run by a user that they accept, and the processes of a server.

PostgreSQL refuses to run as root: root hands over to the user `postgres`, which then also needs to reach the sandbox's
folder. Where that lies below a folder of root's own, the programs keep the one capability that lets them through.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from sandbox.errors import SandboxError

OLDEST = 15
NEEDED = ("initdb", "pg_basebackup", "pg_controldata", "pg_ctl", "postgres")
BIN_VARIABLE = "SANDBOX_POSTGRES_BIN"
DEBIAN = Path("/usr/lib/postgresql")
USER = "postgres"
REACH = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
RUN_SECONDS = 60
KILL_SECONDS = 5
POLL_SECONDS = 0.02


@dataclasses.dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs and the user to run them as (None: whoever runs the sandbox)."""

    bin: Path
    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def run(self, name: str, *words: object, seconds: float = RUN_SECONDS) -> str:
        """Run one program to its end and return its output; SandboxError with its last words when it fails."""
        command = [*self.prefix, str(self.bin / name), *map(str, words)]
        try:
            # No pipe for what may stay behind in the background: a server would keep it open.
            done = subprocess.run(
                command,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SandboxError(f"{name} did not finish within {seconds} s") from error
        if done.returncode:
            raise SandboxError(f"{name} failed ({done.returncode}): {done.stdout.strip()[-500:]}")
        return done.stdout

    def own(self, path: Path, mode: int) -> None:
        """Give a file or folder to the user that the programs run as, with `mode`."""
        path.chmod(mode)
        if self.owner:
            os.chown(path, *self.owner)

    @functools.cached_property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters that this PostgreSQL has."""
        return frozenset(line.split("\t")[0] for line in self.run("postgres", "--describe-config").splitlines())


def programs(folder: Path, environ: Mapping[str, str] = os.environ) -> Programs:
    """Return the programs, able to work in `folder`; SandboxError that says what to install where there are none."""
    found = _bin(environ)
    if os.geteuid():
        return Programs(found)
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        raise SandboxError(
            f"root cannot run PostgreSQL and there is no user {USER}: install Debian's postgresql, or "
            "run the sandbox as another user"
        ) from None
    become = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    for prefix in (become, (*become, *REACH)):
        if subprocess.run([*prefix, "stat", folder / "."], capture_output=True, check=False).returncode == 0:
            return Programs(found, prefix, (user.pw_uid, user.pw_gid))
    raise SandboxError(f"the user {USER} cannot reach {folder}: name another folder with --dir")


def _bin(environ: Mapping[str, str]) -> Path:
    """Find the folder with the newest programs: the one named, Debian's, or the one on the PATH."""
    named = environ.get(BIN_VARIABLE)
    on_path = shutil.which("postgres")
    debian = sorted(
        (path for path in DEBIAN.glob("*/bin") if path.parent.name.isdigit()),
        key=lambda path: int(path.parent.name),
        reverse=True,
    )
    places = [Path(named)] if named else [*debian, *([Path(on_path).resolve().parent] if on_path else [])]
    for place in places:
        if all((place / name).exists() for name in NEEDED) and _major(place / "postgres") >= OLDEST:
            return place
    raise SandboxError(
        f"no PostgreSQL {OLDEST} or newer in {', '.join(map(str, places)) or DEBIAN}: install it "
        f"(apt-get install postgresql), or name its bin folder in {BIN_VARIABLE}"
    )


def _major(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    number = said.split()[2] if len(said.split()) > 2 else "0"
    return int(number.split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz") or 0)


def postmaster(data: Path) -> int | None:
    """Return the pid of the server that runs on a data folder, or None; a stale pid file counts as none."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid if str(data).encode() in command else None  # a zombie has no command line, a stranger another


def processes(data: Path) -> list[int]:
    """Return the pids of a server's processes, the ones that outlive it for a moment included: all work in its data."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == data:
                    found.append(int(entry.name))
    return found


def send(data: Path, number: signal.Signals) -> None:
    """Send a signal to every process of a server: SIGSTOP freezes it whole, SIGCONT thaws it."""
    for pid in processes(data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def kill(data: Path) -> None:
    """End every process of a server by SIGKILL, frozen ones too, and wait until they are gone."""
    deadline = time.monotonic() + KILL_SECONDS
    while left := processes(data):
        send(data, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise SandboxError(f"the processes {left} of {data} do not end")
        time.sleep(POLL_SECONDS)

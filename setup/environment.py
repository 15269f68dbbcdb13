"""The virtual environments, made from the locked requirements and nothing else."""

import hashlib
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from .errors import SetupError

Run = Callable[[Sequence[str | Path]], int]

# dev.txt holds all of run.txt, so an environment for tests also deploys.
SATISFIED_BY = {"run": ("run", "dev"), "dev": ("dev",), "checkov": ("checkov",), "awscli": ("awscli",)}


def ensure(folder: Path, lock: str, requirements: Path, *, uv: Path, run: Run | None = None) -> bool:
    """Bring `folder` to what requirements/<lock>.txt says; True when there was something to do.

    uv: the installer, at <folder>/bin/uv for the main environment (it is put there first), else that of the main one.
    """
    stamp = folder / ".locked"
    if stamp.exists() and stamp.read_text() in {_stamp(folder, name, requirements) for name in SATISFIED_BY[lock]}:
        return False
    run = run or _run
    print(f"setup: installing requirements/{lock}.txt into {_short(folder)}", flush=True)
    started = time.monotonic()
    stamp.unlink(missing_ok=True)
    if not _belongs_here(folder):
        venv.create(folder, clear=True, with_pip=folder in uv.parents)
    if not uv.exists():
        _pip(folder, requirements / "uv.txt", uv, run)
    _synchronise(folder, requirements / f"{lock}.txt", uv, run)
    stamp.write_text(_stamp(folder, lock, requirements))
    print(f"setup: {_short(folder)} is ready after {time.monotonic() - started:.0f} s", flush=True)
    return True


def _belongs_here(folder: Path) -> bool:
    """Whether the environment works and was made for this folder (scripts in it name their interpreter by path)."""
    command = [str(folder / "bin/python"), "-c", "import sys; print(sys.prefix, *sys.version_info[:3])"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return False
    version = " ".join(str(part) for part in sys.version_info[:3])
    activate = folder / "bin/activate"
    made_here = activate.exists() and str(folder) in activate.read_text()
    return made_here and answer.stdout.strip() == f"{folder} {version}"


def _stamp(folder: Path, lock: str, requirements: Path) -> str:
    """What the environment was made from: the locks, the interpreter and the place."""
    digest = hashlib.sha256(f"{sys.version} {folder}".encode())
    for name in ("uv", lock):
        digest.update((requirements / f"{name}.txt").read_bytes())
    return f"{lock} {digest.hexdigest()}\n"


def _synchronise(folder: Path, lock: Path, uv: Path, run: Run) -> None:
    if run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", folder / "bin/python", lock]) == 0:
        return
    print("setup: uv did not manage; trying pip, which also knows the indexes in pip.conf", flush=True)
    _pip(folder, lock, uv, run)


def _pip(folder: Path, lock: Path, uv: Path, run: Run) -> None:
    pip: list[str | Path] = [
        uv.parent / "python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--python",
        folder / "bin/python",
    ]
    if run([*pip, "install", "--quiet", "--require-hashes", "--no-deps", "-r", lock]):
        raise SetupError(
            f"requirements/{lock.name} could not be installed; the reason stands above. Without access to PyPI, name a "
            f"mirror with PIP_INDEX_URL (and UV_DEFAULT_INDEX), then try again."
        )


def _run(command: Sequence[str | Path]) -> int:
    # uv brings its own list of authorities unless told to take the system's, which company networks need.
    return subprocess.call([str(part) for part in command], env={**os.environ, "UV_SYSTEM_CERTS": "1"})


def _short(folder: Path) -> str:
    return os.path.relpath(folder)

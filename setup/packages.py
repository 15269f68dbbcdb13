"""Debian packages that the project needs from the system: install what is missing, or say the one command to type."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import SetupError


@dataclass(frozen=True)
class Need:
    """Something the system must have: `package` brings it on Debian and Ubuntu."""

    package: str
    why: str
    present: Callable[[], bool]


def _has_certificates() -> bool:
    bundles = ("/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem", "/etc/pki/tls/certs/ca-bundle.crt")
    return "SSL_CERT_FILE" in os.environ or any(Path(bundle).exists() for bundle in bundles)


def _has_postgresql() -> bool:
    """As sandbox/aurora/postgres.py looks for it, but for the version, which it tells itself."""
    named = os.environ.get("SANDBOX_POSTGRES_BIN")
    return bool(named or any(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or shutil.which("postgres"))


# To add one: the package's name, what it is for, and how to see that it is there. A program:
# `lambda: shutil.which("name") is not None`.
NEEDS = (
    Need(
        f"python{sys.version_info.major}.{sys.version_info.minor}-venv",
        "makes the virtual environment .venv",
        lambda: importlib.util.find_spec("ensurepip") is not None,
    ),
    Need("ca-certificates", "lets downloads be verified", _has_certificates),
    Need("postgresql", "is the database of the local AWS", _has_postgresql),
)


def missing(needs: Sequence[Need] = NEEDS) -> list[Need]:
    return [need for need in needs if not need.present()]


def ensure(
    needs: Sequence[Need] = NEEDS,
    *,
    run: Callable[[list[str]], int] = lambda command: subprocess.call(command),
    is_root: bool | None = None,
    has_apt: bool | None = None,
) -> list[str]:
    """Install what is missing and return the packages' names; SetupError with the command to type where we may not."""
    lacking = missing(needs)
    if not lacking:
        return []
    names = [need.package for need in lacking]
    reasons = "; ".join(f"{need.package} ({need.why})" for need in lacking)
    if not (shutil.which("apt-get") if has_apt is None else has_apt):
        raise SetupError(f"This system lacks what Debian's packages bring: {reasons}. Install it, then try again.")
    if not (os.geteuid() == 0 if is_root is None else is_root):
        raise SetupError(f"Missing: {reasons}. Type this, then try again:\n\n    {by_hand(names)}\n")
    print(f"setup: installing {reasons}", flush=True)
    for command in (["apt-get", "-q", "update"], install_command(names)):
        if status := run(command):
            raise SetupError(f"`{' '.join(command)}` failed with status {status}. Mend that, then try again.")
    if still := missing(lacking):
        raise SetupError(f"apt-get succeeded, and still missing: {', '.join(need.package for need in still)}.")
    return names


def install_command(names: Sequence[str]) -> list[str]:
    quietly = ["env", "DEBIAN_FRONTEND=noninteractive"]
    return [*quietly, "apt-get", "install", "-q", "-y", "--no-install-recommends", *names]


def by_hand(names: Sequence[str]) -> str:
    return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(names)}"

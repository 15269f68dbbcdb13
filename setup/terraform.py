"""Terraform: the one on the PATH where its version will do, else the pinned one from the official releases."""

import hashlib
import http.client
import json
import os
import platform
import shutil
import stat
import subprocess
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from .errors import SetupError

PINNED = "1.11.4"
AT_LEAST, BELOW = (1, 11), (2,)
OFFICIAL_RELEASES = "https://releases.hashicorp.com"
_BY_HAND = f"install Terraform {PINNED} yourself so that it is on the PATH"
_TIMEOUT_SECONDS = 30


def ensure(tools: Path, releases_url: str | None = None) -> Path:
    """Return the terraform to use; without a fit one in `tools` or on the PATH, install the pinned one in `tools`."""
    ours = tools / "terraform"
    on_path = shutil.which("terraform")
    candidates = [ours, *([Path(on_path)] if on_path else [])]
    for candidate in candidates:
        if satisfies(version_of(candidate)):
            return candidate
    base = (releases_url or OFFICIAL_RELEASES).rstrip("/")
    return install(ours, base)


def version_of(program: Path) -> str | None:
    """The version that `program` says it is; None when it is absent or does not run."""
    # The check for new releases would go out to the network, and a CLI configuration that is absent would warn.
    environment = {key: value for key, value in os.environ.items() if key != "TF_CLI_CONFIG_FILE"}
    environment["CHECKPOINT_DISABLE"] = "1"
    command = [str(program), "version", "-json"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True, env=environment)
        return json.loads(answer.stdout)["terraform_version"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None


def satisfies(version: str | None) -> bool:
    """Whether a version such as 1.12.0 is within the pin; a pre-release of the lower bound is not told apart."""
    if version is None:
        return False
    numbers = version.split("-")[0].split(".")
    return all(part.isdecimal() for part in numbers) and AT_LEAST <= tuple(map(int, numbers)) < BELOW


def release_platform(system: str | None = None, machine: str | None = None) -> str:
    """The name that HashiCorp gives this platform, such as linux_amd64."""
    system = (system or platform.system()).lower()
    machine = (machine or platform.machine()).lower()
    architecture = {"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}.get(machine, machine)
    return f"{system}_{architecture}"


def install(target: Path, base: str, version: str = PINNED) -> Path:
    """Download, check against the published SHA256SUMS and put in place in one step: `target` is whole or untouched."""
    name = f"terraform_{version}_{release_platform()}.zip"
    folder = f"{base}/terraform/{version}"
    print(f"setup: installing Terraform {version} from {folder}", flush=True)
    expected = _published_checksum(f"{folder}/terraform_{version}_SHA256SUMS", name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".terraform-") as scratch:
        archive = Path(scratch, name)
        archive.write_bytes(_download(f"{folder}/{name}"))
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != expected:
            raise SetupError(
                f"{folder}/{name} has the checksum {found}, but {expected} was published: nothing was installed. "
                f"Try again; if it stays so, check TERRAFORM_RELEASES_URL or {_BY_HAND}."
            )
        with zipfile.ZipFile(archive) as opened:
            program = Path(opened.extract("terraform", scratch))
        program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        if version_of(program) != version:
            raise SetupError(f"{folder}/{name} does not run on this machine: nothing was installed; {_BY_HAND}.")
        program.replace(target)
    return target


def _published_checksum(url: str, name: str) -> str:
    for line in _download(url).decode("ascii", errors="replace").splitlines():
        checksum, _, file = line.partition("  ")
        if file == name:
            return checksum
    raise SetupError(f"{url} lists no {name}: there is no release for this platform; {_BY_HAND}.")


def _download(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:
            return response.read()  # raises IncompleteRead when the connection ends early
    except urllib.error.HTTPError as error:
        reason = f"answered {error.code} {error.reason}"
    except urllib.error.URLError as error:
        reason = f"cannot be reached ({error.reason})"
    except (OSError, ValueError) as error:
        reason = f"cannot be read ({error})"
    except http.client.HTTPException as error:
        reason = f"broke off ({type(error).__name__}: {error})"
    raise SetupError(
        f"{url} {reason}. Check the network and the proxy, set TERRAFORM_RELEASES_URL to a mirror of "
        f"{OFFICIAL_RELEASES}, or {_BY_HAND}."
    )

"""Where Terraform gets the AWS provider from: a filesystem mirror when the machine has one, else the public registry.

A mirror is trusted no more than the registry: terraform/.terraform.lock.hcl holds the provider's checksums.
"""

import os
import re
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import SetupError
from .terraform import release_platform

REGISTRY = "registry.terraform.io"
PROVIDER = "hashicorp/aws"
VARIABLE = "TERRAFORM_PROVIDER_MIRROR"
_DEPTH = 4
_SECONDS = 2.0
_SKIPPED = {"proc", "sys", "dev", "run", "boot", "snap", "lost+found", "node_modules", "__pycache__"}

_CONFIGURATION = """\
# Written by `make setup`: this machine has a mirror of the AWS provider. Delete it to use the public registry.
provider_installation {{
  filesystem_mirror {{
    path    = "{path}"
    include = ["{provider}"]
  }}
  direct {{
    exclude = ["{provider}"]
  }}
}}
"""


def ensure(target: Path, lock: Path, environment: Mapping[str, str], root: Path = Path("/")) -> Path | None:
    """Write the Terraform CLI configuration `target` for a mirror and return the mirror; without one None and no file.

    A configuration that the person chose (TF_CLI_CONFIG_FILE, ~/.terraformrc) is left to work as it is.
    """
    mirror = choose(target, pinned_version(lock), environment, root)
    if mirror is None:
        target.unlink(missing_ok=True)
        return None
    text = _CONFIGURATION.format(path=mirror, provider=f"{REGISTRY}/{PROVIDER}")
    if not target.exists() or target.read_text() != text:
        _replace(target, text)
    return mirror


def choose(target: Path, version: str, environment: Mapping[str, str], root: Path) -> Path | None:
    """The mirror to use, or None when Terraform needs no configuration of ours."""
    configured = environment.get("TF_CLI_CONFIG_FILE")
    if configured and Path(configured) != target and Path(configured).exists():
        return None
    if given := environment.get(VARIABLE):
        if not holds(Path(given), version):
            raise SetupError(
                f"{VARIABLE}={given} holds no {PROVIDER} {version} for {release_platform()}. It must name the folder "
                f"that contains {REGISTRY}/; `terraform providers mirror` makes one."
            )
        return Path(given).resolve()
    if Path(environment.get("HOME", ""), ".terraformrc").exists():
        return None
    if (known := _named_in(target)) and holds(known, version):
        return known
    return next((folder for folder in candidates(root) if holds(folder, version)), None)


def pinned_version(lock: Path) -> str:
    """The provider's version in Terraform's dependency lock file."""
    text = lock.read_text() if lock.exists() else ""
    found = re.search(rf'provider "{re.escape(f"{REGISTRY}/{PROVIDER}")}" {{\s+version\s+= "([^"]+)"', text)
    if not found:
        raise SetupError(f"{lock} does not lock {PROVIDER}. It is part of the repository: restore it with git.")
    return found[1]


def holds(mirror: Path, version: str) -> bool:
    """Whether `mirror` has the provider for this platform, unpacked or as an archive (Terraform reads both layouts)."""
    folder = mirror / REGISTRY / PROVIDER
    archive = f"terraform-provider-{PROVIDER.split('/')[1]}_{version}_{release_platform()}.zip"
    return (folder / version / release_platform()).is_dir() or (folder / archive).is_file()


def candidates(root: Path, depth: int = _DEPTH, seconds: float = _SECONDS) -> Iterator[Path]:
    """Folders that contain registry.terraform.io at most `depth` below `root`, nearest first, for `seconds` at most."""
    deadline = time.monotonic() + seconds
    waiting = deque([(root, 0)])
    while waiting and time.monotonic() < deadline:
        folder, level = waiting.popleft()
        children = _folders(folder)
        if REGISTRY in children:
            yield folder
        if level + 1 < depth:
            waiting.extend((folder / name, level + 1) for name in children if name not in _SKIPPED)


def _folders(folder: Path) -> list[str]:
    """Names of the folders in `folder`, in order; nothing where we may not look."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _named_in(configuration: Path) -> Path | None:
    """The mirror that an earlier run wrote down, so that the search is made once."""
    text = configuration.read_text() if configuration.exists() else ""
    found = re.search(r'path\s+= "([^"]+)"', text)
    return Path(found[1]) if found else None


def _replace(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as file:
        file.write(text)
    Path(file.name).replace(target)

"""`python3 -m setup run|dev`: what `make setup` calls, and `make deploy` and `make test` before they begin."""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import environment, packages, provider_mirror, terraform
from .errors import SetupError

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m setup", description="Install what the machine lacks.")
    parser.add_argument("purpose", choices=["run", "dev"], nargs="?", default="run", help="dev: tests and linters too")
    purpose = parser.parse_args(arguments).purpose
    try:
        with _alone(ROOT / "build"):
            prepare(purpose)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def prepare(purpose: str) -> None:
    """Every step looks first and does nothing when there is nothing to do, so this is cheap the second time."""
    build, requirements = ROOT / "build", ROOT / "requirements"
    packages.ensure()
    main_environment = ROOT / ".venv"
    uv = main_environment / "bin/uv"
    environment.ensure(main_environment, purpose, requirements, uv=uv)
    if purpose == "dev":
        for tool in ("checkov", "awscli"):
            environment.ensure(build / "tools" / tool, tool, requirements, uv=uv)
    terraform.ensure(build / "tools", os.environ.get("TERRAFORM_RELEASES_URL"))
    provider_mirror.ensure(build / "terraform.rc", ROOT / "terraform/.terraform.lock.hcl", os.environ)


@contextmanager
def _alone(build: Path) -> Iterator[None]:
    """One set-up at a time: a second one waits, and then finds everything done."""
    build.mkdir(exist_ok=True)
    with (build / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())

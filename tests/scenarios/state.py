"""The state that the shared deployment applied, read by Terraform itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

from .conftest import ROOT, Deployment, clean_environment


def terraform_program() -> str:
    installed = ROOT / "build" / "tools" / "terraform"
    return str(installed) if installed.exists() else "terraform"


def terraform(deployment: Deployment, *arguments: str) -> str:
    """Runs Terraform on the deployment's state, as the playbook does."""
    config = ROOT / "build" / "terraform.rc"
    mirror = {"TF_CLI_CONFIG_FILE": str(config)} if config.exists() else {}
    environment = clean_environment() | dict(deployment.sandbox.deployer) | mirror
    data = {"TF_DATA_DIR": str(deployment.folder / "data"), "CHECKPOINT_DISABLE": "1"}
    done = subprocess.run(
        [terraform_program(), *arguments],
        cwd=ROOT / "terraform",
        env=environment | data,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def applied(deployment: Deployment) -> dict:
    """{"resources": every resource and data source, "addresses": theirs, "outputs": the names of the outputs}."""
    values = json.loads(terraform(deployment, "show", "-json"))["values"]
    resources = list(_resources(values["root_module"]))
    return {
        "resources": resources,
        "addresses": {one["address"] for one in resources},
        "outputs": set(values["outputs"]),
    }


def _resources(module: dict) -> Iterator[dict]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)

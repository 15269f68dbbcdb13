"""The two sides that are compared, Terraform by itself and deploy.yml, each on a local AWS of its own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.scenarios.conftest import ROOT, SUFFIX, clean_environment, exported, sandbox_command

from .figures import Bare
from .stopwatch import run

BUILT = ROOT / "build/bench"
INSTALLED = ROOT / "build/tools/terraform"
TERRAFORM = str(INSTALLED) if INSTALLED.exists() else "terraform"
# So that the figures say where the time goes; it writes one list at the end.
PROFILE = {
    "ANSIBLE_CALLBACKS_ENABLED": "terraform_progress,ansible.posix.profile_tasks",
    "PROFILE_TASKS_SUMMARY_ONLY": "true",
    "PROFILE_TASKS_TASK_OUTPUT_LIMIT": "all",
}


@dataclass(frozen=True)
class Side:
    """A folder of its own for everything that is built, and the way to a local AWS of its own."""

    folder: Path
    deployer: Mapping[str, str]

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def environment(self) -> dict[str, str]:
        return clean_environment() | dict(self.deployer)

    def log(self, name: str) -> Path:
        return self.folder / f"{re.sub('[^a-z0-9.]+', '-', name)}.log"

    def playbook(self, label: str, name: str, *arguments: str) -> float:
        """Runs a playbook; its log is named after `label`."""
        variables = {
            "environment_suffix": SUFFIX,
            "infrastructure_work": str(self.work),
            "lambda_package_build": str(self.folder / "package"),
            "report_path": str(self.folder / "verify.json"),
        }
        command = ["ansible-playbook", f"playbooks/{name}.yml", "-i", "inventories/sandbox"]
        return run(
            label,
            [*command, "-e", json.dumps(variables), *arguments],
            env=self.environment | PROFILE,
            cwd=ROOT,
            log=self.log(label),
        )

    def terraform(self, label: str) -> Bare:
        """init, plan and apply with what deploy.yml rendered, as the role infrastructure has them run."""
        files = [self.work / f"{name}.tfvars.json" for name in ("shared", "us-east-1", "us-east-2")]
        plan = self.folder / "bare.plan"
        init = ["init", "-lockfile=readonly", "-reconfigure", f"-backend-config={self.work / 'backend.json'}"]
        return Bare(
            init=self._terraform(f"{label} init", *init),
            plan=self._terraform(f"{label} plan", "plan", *(f"-var-file={file}" for file in files), f"-out={plan}"),
            apply=self._terraform(f"{label} apply", "apply", str(plan)),
        )

    def _terraform(self, label: str, verb: str, *arguments: str) -> float:
        own = os.environ.get("TF_CLI_CONFIG_FILE", "")
        config = next(
            (path for path in (own, ROOT / "build/terraform.rc") if path and Path(path).exists()), "/dev/null"
        )
        settings = {
            # Not the folder that rendering planned with: this side, too, begins with init.
            "TF_DATA_DIR": str(self.folder / "data"),
            "TF_IN_AUTOMATION": "1",
            "TF_CLI_CONFIG_FILE": str(config),
            "CHECKPOINT_DISABLE": "1",
        }
        command = [TERRAFORM, verb, "-input=false", "-no-color", *arguments]
        return run(label, command, env=self.environment | settings, cwd=ROOT / "terraform", log=self.log(label))


@contextmanager
def fresh(folder: Path) -> Iterator[Side]:
    """A side whose local AWS has nothing but its seeds; it ends with the block."""
    sandbox = folder / "sandbox"
    try:
        sandbox_command(sandbox, "up", "--free-ports")
        yield Side(folder, exported(sandbox_command(sandbox, "env", "--account", "management")))
    finally:
        sandbox_command(sandbox, "down")

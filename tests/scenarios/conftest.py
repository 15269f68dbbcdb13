"""A local AWS of the tests' own, and one deployment to it that the scenarios share.

Everything runs as a person would run it: the sandbox by its commands, the playbooks by ansible-playbook.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest

from module_utils.payments_dr.mode import AUTOMATIC, MANUAL

from .inventory import snapshot
from .process_list import ProcessList

ROOT = Path(__file__).resolve().parents[2]
REGIONS = ("us-east-1", "us-east-2")
# Not the inventory's own suffix, so that the tests never write where a person's deployment keeps its plan.
SUFFIX = "t1"
DEPLOY_DEADLINE = 900


@dataclass(frozen=True)
class Result:
    """A finished playbook."""

    code: int
    output: str
    seconds: float


@dataclass(frozen=True)
class Sandbox:
    """A running local AWS: what its `env` printed for the deployer, and for someone who looks around."""

    folder: Path
    deployer: Mapping[str, str]
    engineer: Mapping[str, str]

    def client(self, service: str, region: str = "us-east-1"):
        """A client in the production account."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.engineer["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.engineer["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.engineer["AWS_SECRET_ACCESS_KEY"],
        )


@dataclass
class Deployment:
    """The deployment that the scenarios share."""

    sandbox: Sandbox
    result: Result
    processes: ProcessList
    outputs: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return ROOT / "build" / f"sandbox-{SUFFIX}"


def sandbox_command(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "sandbox", *arguments, "--dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def exported(text: str) -> dict[str, str]:
    """The variables of `export NAME=value` lines."""
    pairs = [shlex.split(line)[1] for line in text.splitlines() if line.startswith("export ")]
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    try:
        sandbox_command(folder, "up", "--free-ports")
        yield Sandbox(
            folder,
            deployer=exported(sandbox_command(folder, "env", "--account", "management")),
            engineer=exported(sandbox_command(folder, "env")),
        )
    finally:
        sandbox_command(folder, "down")


def run_playbook(name: str, *arguments: str, env: Mapping[str, str], deadline: float = DEPLOY_DEADLINE) -> Result:
    """Runs a playbook against the sandbox inventory; the variables of `env` replace every AWS variable there was."""
    command = ["ansible-playbook", f"playbooks/{name}.yml", "-i", "inventories/sandbox"]
    if not any("environment_suffix" in argument for argument in arguments):
        command += ["-e", f"environment_suffix={SUFFIX}"]
    started = time.monotonic()
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env=clean_environment() | dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=deadline,
    )
    return Result(done.returncode, done.stdout, time.monotonic() - started)


def clean_environment() -> dict[str, str]:
    """This process's environment without what would lead to another AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PAYMENTS_"))}
    return kept | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1"}


@pytest.fixture(scope="session")
def playbook(sandbox) -> Callable[..., Result]:
    """Runs a playbook as the deployer: playbook("verify", "-e", "x=y")."""

    def run(name: str, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        return run_playbook(name, *arguments, env=sandbox.deployer if env is None else env)

    return run


@pytest.fixture(scope="session")
def before_deployment(sandbox) -> set[str]:
    """What stood in the account before anything was deployed to it."""
    return snapshot(sandbox)


@pytest.fixture(scope="session")
def deployment(sandbox, before_deployment, playbook) -> Deployment:
    with ProcessList() as processes:
        result = playbook("deploy", "-v")
    if result.code != 0:
        # Every scenario fails by this: say why, not all that was printed before.
        (ROOT / "build" / "scenario-deployment.log").write_text(result.output)
        last = "\n".join(result.output.splitlines()[-40:])
        pytest.fail(f"The deployment failed; all of it is in build/scenario-deployment.log.\n{last}", pytrace=False)
    return Deployment(sandbox, result, processes, [result.output])


def topology(sandbox: Sandbox) -> dict:
    """The published topology document, read as the recovery reads it: from the region that survives."""
    parameter = sandbox.client("ssm", "us-east-2").get_parameter(Name=f"parameter-topology-sandbox-{SUFFIX}")
    return json.loads(parameter["Parameter"]["Value"])


@pytest.fixture(scope="module")
def by_hand(deployment, sandbox) -> Iterator[None]:
    """The failover functions look on: what lasts for a minute here is meant to."""
    from .two_regions import Site

    Site(sandbox).set_mode(MANUAL)
    yield
    Site(sandbox).set_mode(AUTOMATIC)


# Outages lose payments, the verification's tests sabotage, and then it is all destroyed.
RECOVERED = ["test_outages.py", "test_recovery.py", "test_drill.py", "test_reconcile.py"]
LAST = [*RECOVERED, "test_verify.py", "test_destroy.py"]


def pytest_collection_modifyitems(items) -> None:
    """What others could not bear comes last; the rest keeps its order."""
    items.sort(key=lambda item: LAST.index(item.path.name) if item.path.name in LAST else -1)

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = {
    "help", "setup", "setup-dev", "deploy", "verify", "destroy", "test", "test-unit", "test-roles", "test-scenarios",
    "lint", "bench", "drill", "lock", "clean", "sandbox-up", "sandbox-down", "sandbox-status", "sandbox-env",
}  # fmt: skip


def make(*arguments):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)


def test_help_is_the_default_and_explains_every_command():
    listed = dict(re.findall(r"^  ([a-z-]+) +(\S.*)$", make().stdout, re.MULTILINE))
    assert set(listed) == COMMANDS


def test_without_a_fit_python_the_command_to_type_is_named():
    refused = make("setup", "PYTHON=")
    assert refused.returncode != 0
    assert "Python 3.11, 3.12 or 3.13 is needed" in refused.stderr
    assert "sudo apt-get install -y python3.11" in refused.stderr


@pytest.mark.parametrize("command", ["deploy", "verify", "destroy"])
def test_playbooks_run_as_the_deployer_and_never_without_a_sandbox(command):
    recipe = make("--dry-run", command, "ARGS=--check").stdout
    assert "sandbox env --account management" in recipe
    assert f"playbooks/{command}.yml --check" in recipe
    assert "&& eval" in recipe


def test_ci_runs_the_test_command():
    assert "exec make test\n" in (ROOT / ".ci/run").read_text()
    assert os.access(ROOT / ".ci/run", os.X_OK)

"""The wrapper that community.general.terraform runs as Terraform, with a Terraform that does nothing but say so."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

WRAPPER = Path(__file__).resolve().parents[3] / "roles/infrastructure/files/visible-terraform"
TERRAFORM = """#!/bin/bash
trap 'echo "stopping in order"; exit 7' TERM
echo "terraform $*"
echo "a warning" >&2
while [[ -e "${HOLD:-}" ]]; do sleep 0.05; done
exit "${CODE:-0}"
"""
DEADLINE = 20


@pytest.fixture
def environment(tmp_path):
    program = tmp_path / "terraform"
    program.write_text(TERRAFORM)
    program.chmod(0o755)
    log = tmp_path / "terraform.log"
    given = {"TERRAFORM_PROGRAM": str(program), "PROGRESS_LOG": str(log), "TF_WORKSPACE": "default"}
    return os.environ | given | {"TMPDIR": str(tmp_path)}


def run(environment, *arguments, **more):
    command = [str(WRAPPER), *arguments]
    return subprocess.run(
        command, env=environment | more, capture_output=True, text=True, timeout=DEADLINE, check=False
    )


def log(environment):
    return Path(environment["PROGRESS_LOG"])


@pytest.mark.parametrize("verb", ["init", "plan", "apply", "destroy"])
def test_what_takes_long_is_logged_and_comes_back_as_it_was(environment, verb):
    run(environment, "init")
    done = run(environment, verb, "-no-color", CODE="2")
    assert (done.returncode, done.stdout, done.stderr) == (2, f"terraform {verb} -no-color\n", "a warning\n")
    assert log(environment).read_text().endswith(f"terraform {verb} -no-color\na warning\n")
    assert log(environment).stat().st_mode & 0o077 == 0


def test_the_log_begins_anew_with_init_and_grows_after_that(environment):
    for verb in ("init", "plan", "init", "apply"):
        done = run(environment, verb)
    assert done.stdout == "terraform apply\n", "what came before is not said again"
    assert [line for line in log(environment).read_text().splitlines() if line.startswith("terraform")] == [
        "terraform init",
        "terraform apply",
    ]


def test_output_is_in_the_log_while_terraform_works(environment, tmp_path):
    run(environment, "init")
    hold = tmp_path / "hold"
    hold.touch()
    process = subprocess.Popen([str(WRAPPER), "apply"], env=environment | {"HOLD": str(hold)}, stdout=subprocess.PIPE)
    try:
        wait_for(lambda: log(environment).exists() and "terraform apply" in log(environment).read_text())
        assert process.poll() is None
    finally:
        hold.unlink()
        assert process.communicate(timeout=DEADLINE)[0] == b"terraform apply\n"


def test_terraform_stops_in_order_when_the_play_dies(environment, tmp_path):
    run(environment, "init")
    hold = tmp_path / "hold"
    hold.touch()
    play = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess; subprocess.run([{str(WRAPPER)!r}, 'apply'])"],
        env=environment | {"HOLD": str(hold)},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: log(environment).exists() and "terraform apply" in log(environment).read_text())
        play.send_signal(signal.SIGKILL)
        play.wait(DEADLINE)
        wait_for(lambda: "stopping in order" in log(environment).read_text())
    finally:
        hold.unlink()


@pytest.mark.parametrize(
    ("arguments", "printed"), [(["validate"], ""), (["workspace", "list", "-no-color"], "* default\n")]
)
def test_what_only_costs_time_is_answered_without_terraform(environment, arguments, printed):
    done = run(environment, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, printed, "")


@pytest.mark.parametrize("arguments", [["version", "-json"], ["output", "-json"], ["workspace", "select", "other"]])
def test_the_rest_is_terraforms_own(environment, arguments):
    done = run(environment, *arguments, CODE="3")
    assert (done.returncode, done.stdout) == (3, f"terraform {' '.join(arguments)}\n")
    assert not log(environment).exists()


def wait_for(condition):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)

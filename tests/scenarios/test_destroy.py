"""destroy.yml asks, leaves nothing behind, and works after a switchover and after a deployment that was interrupted."""

import os
import pty
import select
import signal
import subprocess
import time

import pytest

from .conftest import ROOT, SUFFIX, clean_environment, run_playbook
from .hurried import HURRY, restarted
from .inventory import snapshot
from .looking import DR, PRIMARY
from .recovering import CONFIRM as CONFIRM_MOVE
from .two_regions import Site

CONFIRM = ["-e", f"confirm=sandbox-{SUFFIX}"]


@pytest.mark.parametrize(
    "answer", [["-e", "confirm=prod-a1"], ["-e", "confirm=sandbox"], []], ids=["other", "half", "none"]
)
def test_without_the_name_nothing_is_destroyed(deployment, sandbox, playbook, answer):
    stands = snapshot(sandbox)
    result = playbook("destroy", *answer)
    assert result.code != 0
    assert f"The environment is called sandbox-{SUFFIX}" in result.output
    assert "Nothing was destroyed" in result.output
    assert snapshot(sandbox) == stands


def test_check_mode_destroys_nothing(deployment, sandbox, playbook):
    stands = snapshot(sandbox)
    result = playbook("destroy", "--check", *CONFIRM)
    assert result.code == 0, result.output
    assert snapshot(sandbox) == stands


def test_a_switchover_swaps_the_roles_before_all_is_destroyed(deployment, sandbox, playbook):
    restarted(sandbox, HURRY)
    try:
        Site(sandbox).settle(PRIMARY)
        result = playbook("switchover", *CONFIRM_MOVE, "-e", f"to={DR}")
        assert result.code == 0, result.output
        assert Site(sandbox).writer == DR
    finally:
        restarted(sandbox, 1)


def test_after_destroy_nothing_is_left(deployment, sandbox, playbook, before_deployment):
    """dr holds the writer, which Terraform destroys first; and a failback may have kept a snapshot."""
    result = playbook("destroy", *CONFIRM)
    assert result.code == 0, result.output
    assert snapshot(sandbox) == before_deployment
    assert not deployment.folder.exists()


def test_destroying_what_is_not_there_is_no_error(deployment, sandbox, playbook, before_deployment):
    result = playbook("destroy", *CONFIRM)
    assert result.code == 0, result.output
    assert snapshot(sandbox) == before_deployment


def test_an_interrupted_deployment_is_destroyed(deployment, sandbox, before_deployment):
    """Ctrl-C in the middle of an apply: Terraform ends what it is at, keeps its state, and destroy.yml finds it."""
    interrupt_deployment(sandbox, after=b"[ 40/")
    assert snapshot(sandbox) > before_deployment
    result = run_playbook("destroy", *CONFIRM, env=sandbox.deployer)
    assert result.code == 0, result.output
    assert snapshot(sandbox) == before_deployment


def interrupt_deployment(sandbox, after: bytes, deadline: float = 300) -> None:
    """Runs deploy.yml in a terminal of its own and types Ctrl-C when it has printed `after`."""
    terminal, inner = pty.openpty()
    running = subprocess.Popen(
        ["ansible-playbook", "playbooks/deploy.yml", "-i", "inventories/sandbox", "-e", f"environment_suffix={SUFFIX}"],
        cwd=ROOT,
        env=clean_environment() | dict(sandbox.deployer),
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    )
    os.close(inner)
    ends, seen, typed = time.monotonic() + deadline, b"", False
    try:
        while running.poll() is None or select.select([terminal], [], [], 0)[0]:
            assert time.monotonic() < ends, seen.decode(errors="replace")
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    seen += os.read(terminal, 65536)
                except OSError:  # the terminal's other end is closed: everything was read
                    break
            if not typed and after in seen:
                os.killpg(running.pid, signal.SIGINT)
                typed = True
        running.wait(timeout=60)
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        os.close(terminal)
    assert typed, seen.decode(errors="replace")
    assert running.returncode != 0

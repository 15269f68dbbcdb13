"""A killed playbook is dead with all that it began."""

import subprocess
from pathlib import Path

from tests.scenarios.looking import eventually
from tests.scenarios.recovering import Playbook


def test_workers_with_sessions_of_their_own_are_killed_too():
    run = object.__new__(Playbook)
    run.process = subprocess.Popen(
        ["bash", "-c", "setsid bash -c 'echo $$; sleep 61 & wait' & wait"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    worker = int(run.process.stdout.readline())
    run.kill()
    eventually(lambda: not Path(f"/proc/{worker}").exists(), "the worker to be gone", 10)
    assert run.process.stdout.read() == "", "its own child has the pipe no more"

"""Finding PostgreSQL, running its programs, and telling a server's process from others."""

import os
import subprocess
import sys
import time

import pytest

from sandbox.aurora import postgres
from sandbox.errors import SandboxError


def test_what_to_install_is_said_where_there_is_none(tmp_path):
    with pytest.raises(SandboxError, match="apt-get install postgresql.*SANDBOX_POSTGRES_BIN"):
        postgres.programs(tmp_path, {"SANDBOX_POSTGRES_BIN": str(tmp_path)})


def test_an_older_postgresql_does_not_do(tmp_path):
    for name in postgres.NEEDED:
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.11 (Debian 14.11-1)'\n")
        program.chmod(0o755)
    with pytest.raises(SandboxError, match="no PostgreSQL 15 or newer"):
        postgres.programs(tmp_path, {"SANDBOX_POSTGRES_BIN": str(tmp_path)})


def test_a_program_that_fails_says_why_in_its_own_words(tmp_path):
    programs = postgres.programs(tmp_path)
    with pytest.raises(SandboxError, match="pg_controldata failed.*No such file"):
        programs.run("pg_controldata", tmp_path / "nothing")


def test_a_program_that_hangs_is_not_waited_for(tmp_path):
    program = tmp_path / "hangs"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    with pytest.raises(SandboxError, match="did not finish within 0.2 s"):
        postgres.Programs(tmp_path).run("hangs", seconds=0.2)


@pytest.mark.parametrize(
    "content", ["", "nonsense\n", "999999999\n", f"{os.getpid()}\n"], ids=["empty", "nonsense", "nobody", "us"]
)
def test_a_stale_pid_file_is_no_server(tmp_path, content):
    (tmp_path / "postmaster.pid").write_text(content)
    assert postgres.postmaster(tmp_path) is None


def test_processes_are_those_that_work_in_the_data_and_kill_ends_frozen_ones_too(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd=tmp_path)
    try:
        deadline = time.monotonic() + 5
        while postgres.processes(tmp_path) != [child.pid]:
            assert time.monotonic() < deadline
        os.kill(child.pid, 19)
        # A child of ours stays a zombie, without a folder, until it is waited for: so it counts as gone.
        postgres.kill(tmp_path)
        assert postgres.processes(tmp_path) == []
    finally:
        child.kill()
        child.wait()
    assert postgres.postmaster(tmp_path) is None

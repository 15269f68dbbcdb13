import os
import signal
import sys
import threading
import time

import pytest

from tests.bench import stopwatch


def run(code, tmp_path):
    return stopwatch.run("it", [sys.executable, "-c", code], env=os.environ, cwd=tmp_path, log=tmp_path / "it.log")


def test_the_time_and_the_output_are_taken(tmp_path, capsys):
    assert 0.2 < run("import time; time.sleep(0.2); print('done')", tmp_path) < 10
    assert (tmp_path / "it.log").read_text() == "done\n"
    assert "it: 0." in capsys.readouterr().out


def test_what_it_is_at_is_said_while_it_works(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(stopwatch, "NEWS_SECONDS", 0.3)
    run("import time; print('TASK [wait] ****', flush=True); print('***', flush=True); time.sleep(1)", tmp_path)
    assert "TASK [wait]" in capsys.readouterr().out


def test_a_failure_shows_the_end_of_the_output_and_where_the_rest_is(tmp_path):
    with pytest.raises(stopwatch.CommandFailed, match=r"(?s)it ended with 3; .*it\.log.*\nthe reason$"):
        run("print('the reason'); raise SystemExit(3)", tmp_path)


@pytest.fixture
def interruptible():
    """Ctrl-C works, even where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interruption_ends_the_command(interruptible, tmp_path):
    """Ctrl-C must not leave a Terraform behind."""
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run("import time; time.sleep(60)", tmp_path)
    assert time.monotonic() - started < 30

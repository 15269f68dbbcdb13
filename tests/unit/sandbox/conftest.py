"""A sandbox of the tests' own, on free ports, so that they run while another one is up."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import config as configuration
from sandbox import outages, process, seeds

ROOT = Path(__file__).resolve().parents[3]


class Sandbox:
    """The command line of one sandbox, and clients for it."""

    def __init__(self, folder):
        self.folder = folder
        self._clients = {}
        self._session = seeds.session()

    def run(self, *words, **environ):
        """Run one command; `environ` is added to a plain environment."""
        return subprocess.run(
            [sys.executable, "-m", "sandbox", words[0], "--dir", str(self.folder), *words[1:]],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", **environ},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def out(self, region, kind):
        """Let something of a region go out, as the command does, without the start of an interpreter."""
        self.change(lambda known: known.begin(region, outages.Kind(kind), time.time()))

    def restore(self, *regions):
        """Let everything that is out in some regions come back."""
        for region in regions:
            self.change(lambda known, region=region: known.end(region, None))

    def change(self, change):
        outages.save(self.folder, change(outages.load(self.folder)))
        process.heed_outages(self.config)

    @property
    def config(self):
        return configuration.load(self.folder)

    def client(self, service, region="us-east-1", account=None):
        key = service, region, account
        if key not in self._clients:
            production = self.config.accounts.production
            self._clients[key] = seeds.client(self.config, service, account or production, region, self._session)
        return self._clients[key]


@contextlib.contextmanager
def running(folder, *options):
    """A sandbox that runs in the meantime, started with these options of `up`."""
    made = Sandbox(folder)
    started = made.run("up", "--free-ports", *options)
    assert started.returncode == 0, started.stderr
    try:
        yield made
    finally:
        ended = made.run("down")
    assert ended.returncode == 0, ended.stderr


def in_a_hurry(folder):
    """`running`; a minute takes a second."""
    return running(folder, "--hurry", "60")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """A running sandbox that the tests of a whole session share."""
    with running(tmp_path_factory.mktemp("shared") / "sandbox") as made:
        yield made


@pytest.fixture(scope="session")
def hurried(tmp_path_factory):
    """A running sandbox in which a minute takes a second."""
    with in_a_hurry(tmp_path_factory.mktemp("hurried") / "sandbox") as made:
        yield made


@pytest.fixture
def aside(tmp_path):
    """A sandbox that is not running; ended after the test whatever happens."""
    made = Sandbox(tmp_path / "sandbox")
    yield made
    if (made.folder / "sandbox.pid").exists():
        made.run("down")

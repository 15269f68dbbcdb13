"""The failover function as a package over the same modules that the tests know as ansible.module_utils.payments_dr."""

import importlib
import io
import json
import pkgutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.module_utils import payments_dr

from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, OHIO
from tests.unit.module_utils.fake_aws import World

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "lambda"))
sys.modules["payments_dr"] = payments_dr
for found in pkgutil.iter_modules(payments_dr.__path__):
    sys.modules[f"payments_dr.{found.name}"] = importlib.import_module(f"{payments_dr.__name__}.{found.name}")

TOPOLOGY_PARAMETER = "parameter-topology-test-a1"
TOLD = {
    "AWS_REGION": OHIO,
    "FAILOVER_VERSION": "abc123",
    "TOPOLOGY_PARAMETER": TOPOLOGY_PARAMETER,
    "FAILOVER_POLICY": json.dumps({"detection_seconds": 60, "agreement_seconds": 60, "probe_interval_seconds": 5}),
}


class Stage:
    """A watch in us-east-2 over a world in memory: `serving` regions answer their probes with 200, `silent` ones not at
    all, and the others as a standby does. `begun` has (second, mode of here) of each handover that was asked for.
    """

    def __init__(self, monkeypatch, here=OHIO):
        self.world, self.here, self.seconds = World(writer=EAST), here, 900.0
        for region in self.world.regions.values():
            region.parameters[TOPOLOGY_PARAMETER] = json.dumps(deployed.document())
        self.silent, self.checkers = set(), {EAST: "up", OHIO: "down"}
        self.log, self.probed = io.StringIO(), []
        observe = sys.modules["payments_dr.observe"]
        monkeypatch.setattr(observe, "probe", self._probe)
        monkeypatch.setattr(observe, "checkers", lambda topology, region, reach: self.checkers[region])
        self.watch = self.new_watch()
        self.begun, begin = [], self.world.begin
        self.world.begin = lambda *what: (self.begun.append((self.world.time.passed, self.mode(here))), begin(*what))

    def new_watch(self):
        """As a fresh execution environment has it."""
        watch, settings, journal = (
            importlib.import_module(f"failover.{name}") for name in ("watch", "settings", "journal")
        )
        told = settings.Settings.from_environment(TOLD | {"AWS_REGION": self.here})
        clock = self.world.time.clock
        return watch.Watch(told, self.world.clients, clock, journal.Journal(self.here, "abc123", clock, self.log))

    def recovery(self):
        recovery, journal = (importlib.import_module(f"failover.{name}") for name in ("recovery", "journal"))
        clock = self.world.time.clock
        steps = recovery.Steps(journal.Journal(self.here, "abc123", clock, self.log))
        topology = sys.modules["payments_dr.topology"].Topology.parse(deployed.document())
        return recovery.Recovery(self.world.clients, topology, self.here, clock, lambda: 900.0, steps)

    def go_dark(self, region):
        self.silent.add(region)
        self.checkers[region] = "down"
        self.world.regions[region].dark = True

    def run(self, seconds=900.0):
        """One invocation that has so many seconds."""
        began = self.world.time.passed
        return self.watch.run(lambda: seconds - (self.world.time.passed - began))

    def minute(self):
        self.world.time.sleep(60)

    def lines(self, event):
        return [line for line in map(json.loads, self.log.getvalue().splitlines()) if line["event"] == event]

    @property
    def subjects(self):
        return [message["Subject"] for message in self.world.regions[self.here].published]

    def mode(self, region):
        return json.loads(self.world.regions[region].parameters["parameter-failover-mode-test-a1"])["mode"]

    def _probe(self, topology, region, reach, clock, tries=1):
        self.probed.append((self.world.time.passed, region))
        Probe = sys.modules["payments_dr.observation"].Probe  # noqa: N806
        if region in self.silent:
            return Probe(clock.now(), False, "timed out")
        if region == self.world.writer:
            return Probe(clock.now(), True, "ok", 0.0, 200)
        return Probe(clock.now(), False, "standby", 0.0, 503)


@pytest.fixture
def stage(monkeypatch):
    return Stage(monkeypatch)


@pytest.fixture
def active_stage(monkeypatch):
    """The function of the active region."""
    return Stage(monkeypatch, here=EAST)


@pytest.fixture
def context():
    return SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)

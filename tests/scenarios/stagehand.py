"""Someone who looks behind every outage, as the sandbox's own command line does, and who makes and ends them."""

from __future__ import annotations

import functools
import time
from typing import Any

from module_utils.payments_dr.topology import Topology, parameter_name
from sandbox import config as configuration
from sandbox import outages, process, seeds

from .conftest import SUFFIX, Sandbox


class Stagehand:
    """Acts for the production account. No outage hinders these clients: they are the tests', not the product's."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.folder = sandbox.folder

    @property
    def config(self) -> configuration.Config:
        found = configuration.load(self.folder)
        assert found is not None, f"no sandbox was started in {self.folder}"
        return found

    @functools.cached_property
    def topology(self) -> Topology:
        """As it was published."""
        parameter = self.client("ssm", configuration.REGIONS[-1]).get_parameter(Name=parameter_name("sandbox", SUFFIX))
        return Topology.parse(parameter["Parameter"]["Value"])

    def client(self, service: str, region: str, _patience: object = None) -> Any:
        """As module_utils/payments_dr/calls.py wants its clients, too."""
        return _client(self.config.endpoint, service, region, self.folder)

    def out(self, region: str, *kinds: str) -> float:
        """Let something go out; answers when it began (seconds since 1970)."""
        began = time.time()
        known = outages.load(self.folder)
        for kind in kinds:
            known = known.begin(region, outages.Kind(kind), began)
        self._put(known)
        return began

    def restore(self, *regions: str, kind: str | None = None) -> None:
        """Let one kind, or everything, of some regions come back."""
        known = outages.load(self.folder)
        for region in regions or configuration.REGIONS:
            known = known.end(region, outages.Kind(kind) if kind else None)
        self._put(known)

    def _put(self, wanted: outages.Outages) -> None:
        outages.save(self.folder, wanted)
        process.heed_outages(self.config)


_session = seeds.session()


@functools.cache
def _client(_endpoint: str, service: str, region: str, folder: Any) -> Any:
    config = configuration.load(folder)
    return seeds.client(config, service, config.accounts.production, region, _session, operator=True)

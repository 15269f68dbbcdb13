"""Route 53's health checkers: they look at every endpoint check of the account, and decide health.endpoints.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html
On AWS many checkers look, each at its own pace, and an endpoint is healthy while more than 18 % of them say so. Here
one checker stands for all of them, so that an endpoint gets a look every interval, not one from each location.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import route53

from sandbox import dns, health, meters, probe, zones
from sandbox.clock import Clock
from sandbox.config import Config

log = logging.getLogger("sandbox.checkers")

HOME = "us-east-1"  # where Route 53 keeps its metrics
LOOK_FOR_CHECKS_SECONDS = 5
PUBLISH_SECONDS = 10
ENDPOINT_TYPES = ("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP")
HTTPS_PORT = 443
STATE_FILE = "health.json"


class Streak:
    """The status of one endpoint: it changes after `threshold` looks in a row that say otherwise."""

    def __init__(self, healthy: bool = True) -> None:
        """Start healthy, as a new check does on AWS."""
        self.healthy = healthy
        self.against = 0

    def add(self, healthy: bool, threshold: int) -> bool:
        """Count one look; return the status after it."""
        self.against = 0 if healthy == self.healthy else self.against + 1
        if self.against >= threshold:
            self.healthy, self.against = healthy, 0
        return self.healthy


class Checkers:
    """One task for each endpoint check that exists; the set follows the emulator's state."""

    def __init__(self, config: Config) -> None:
        """Look from the sandbox of `config`, whose last known statuses are taken up again."""
        self.config = config
        self.clock: Clock = config.clock
        self.account = config.accounts.production
        self.limits = probe.Deadlines(config.hurry)
        self.tasks: dict[str, asyncio.Task] = {}
        self._file = config.dir / STATE_FILE
        health.endpoints.update(read_statuses(self._file))

    def checks(self) -> dict[str, Mapping[str, Any]]:
        """The HealthCheckConfig of every check, by id."""
        with request_scope(self.account, HOME):
            return {identifier: check["config"] for identifier, check in route53._health_checks.items()}

    async def follow(self) -> None:
        """Start looking for new checks, and stop for those that are gone."""
        wanted = {name for name, config in self.checks().items() if config.get("Type") in ENDPOINT_TYPES}
        for name in self.tasks.keys() - wanted:
            self.tasks.pop(name).cancel()
            health.forget(name)
        for name in [name for name, task in self.tasks.items() if task.done()]:
            log.error("the checker of %s broke and starts again", name, exc_info=self.tasks.pop(name).exception())
        for name in wanted - self.tasks.keys():
            self.tasks[name] = asyncio.create_task(self._watch(name), name=f"checker {name}")

    async def _watch(self, name: str) -> None:
        """Look at one endpoint at its interval, for as long as it exists."""
        streak = Streak(health.endpoints.get(name, True))
        interval = self.checks()[name].get("RequestInterval", 30)

        async def once() -> None:
            config = self.checks().get(name)
            if config is None or config.get("Disabled"):
                return  # a disabled check is not looked at
            self._report(name, config, streak, await self.look(name, config))

        await self.clock.every(interval, once)

    async def look(self, name: str, config: Mapping[str, Any]) -> probe.Look:
        """Look once, at the address and port that the check means."""
        try:
            target = self.target(config)
        except zones.UnanswerableError as error:
            return probe.Look(False, f"Failure: DNS resolution failed: {error}")
        if target is None:
            return probe.Look(False, "Failure: DNS resolution failed, or the address is not in the sandbox")
        return await probe.look(name, config, *target, self.limits)

    def target(self, config: Mapping[str, Any]) -> tuple[str, int] | None:
        """Where to look: HTTPS to a region's address is for its TLS port; the sandbox calls nobody outside itself."""
        address = config.get("IPAddress")
        if not address:
            answer = dns.look_up(self.config, config.get("FullyQualifiedDomainName", ""), "A")
            address = next((record.value for record in answer.records if record.type == "A"), None)
        if address is None or not ipaddress.ip_address(address).is_loopback:
            return None
        port = config.get("Port", HTTPS_PORT)
        ours = port == HTTPS_PORT and address in self.config.addresses.values()
        return address, self.config.tls_port if ours else port

    def _report(self, name: str, config: Mapping[str, Any], streak: Streak, seen: probe.Look) -> None:
        before = streak.healthy
        healthy = streak.add(seen.healthy, config.get("FailureThreshold", 3))
        known = health.endpoints.get(name)
        health.endpoints[name], health.reports[name] = healthy, seen.report
        if healthy != before:
            log.warning(
                "health check %s (%s) is %s now: %s",
                name,
                config.get("FullyQualifiedDomainName"),
                "healthy" if healthy else "unhealthy",
                seen.report,
            )
        if healthy != known:
            write_statuses(
                self._file, {check: health.endpoints[check] for check in self.tasks if check in health.endpoints}
            )
        if config.get("MeasureLatency"):
            times = {
                "ConnectionTime": seen.connection,
                "SSLHandshakeTime": seen.handshake,
                "TimeToFirstByte": seen.first_byte,
            }
            with request_scope(self.account, HOME):
                for metric, value in times.items():
                    if value is not None:
                        meters.record("AWS/Route53", metric, round(value), "Milliseconds", {"HealthCheckId": name})

    async def publish(self) -> None:
        """Publish the status of every check, calculated and alarm checks too."""
        checks = self.checks()
        with request_scope(self.account, HOME):
            for name, config in checks.items():
                dimensions = {"HealthCheckId": name}
                healthy = health.is_healthy(self.account, name)
                meters.record("AWS/Route53", "HealthCheckStatus", int(healthy), "None", dimensions)
                kind = config.get("Type")
                if kind in ENDPOINT_TYPES:
                    agreeing = 100 * health.endpoints.get(name, True)
                    meters.record("AWS/Route53", "HealthCheckPercentageHealthy", agreeing, "Percent", dimensions)
                elif kind == "CALCULATED":
                    children = config.get("ChildHealthChecks", [])
                    count = sum(health.is_healthy(self.account, each) for each in children)
                    meters.record("AWS/Route53", "ChildHealthCheckHealthyCount", count, "Count", dimensions)

    async def close(self) -> None:
        """Stop looking."""
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


def read_statuses(path: Path) -> dict[str, bool]:
    """Return the statuses that a sandbox before this one left, so that a restart heals nobody; empty without any."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        log.warning("%s is damaged and is ignored: every endpoint starts healthy", path)
        return {}


def write_statuses(path: Path, statuses: Mapping[str, bool]) -> None:
    """Keep the statuses; a reader sees the old file or the new one, never half of one."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(statuses, indent=2) + "\n")
    new.replace(path)


async def run(config: Config) -> None:
    """Check and publish until cancelled."""
    checkers = Checkers(config)
    try:
        await asyncio.gather(
            config.clock.every(LOOK_FOR_CHECKS_SECONDS, checkers.follow),
            config.clock.every(PUBLISH_SECONDS, checkers.publish),
        )
    finally:
        await checkers.close()

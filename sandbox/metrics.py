"""What Aurora tells CloudWatch about a global database, in the region of each secondary.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
A secondary that is attached, available and not headless is reported with the lag that aurora/fleet.py measured between
the servers; one that is not, or does not answer, is no longer reported, as in AWS. An outage of kind `metrics` takes
the old reports away, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ministack.core.responses import request_scope
from ministack.services import cloudwatch, rds

from sandbox.aurora.lag import LATEST
from sandbox.config import REGIONS, Config
from sandbox.outages import Kind, board

PERIOD_SECONDS = 60
LOOK_SECONDS = 1
NAMESPACE = "AWS/RDS"
LAGS = ("AuroraGlobalDBReplicationLag", "AuroraGlobalDBRPOLag", "AuroraGlobalDBProgressLag")


class Publisher:
    """Publishes each replicating secondary's lag once a period, and a new one's at once."""

    def __init__(self, account: str, period: float = PERIOD_SECONDS, lags: Mapping[str, float] = LATEST) -> None:
        """Publish for the global databases of `account`, each `period` real seconds apart.

        `lags` holds each measured secondary's milliseconds.
        """
        self.account = account
        self.lags = lags
        self.period = period
        self.published: dict[str, float] = {}

    def publish(self, now: float) -> list[str]:
        """Publish what is due at `now` (seconds of any clock); return the clusters that were reported."""
        silent = [region for region in REGIONS if board.outages.has(region, Kind.METRICS)]
        for region in silent:
            self._forget(region)
        told = [region for region in REGIONS if region not in silent]
        found = {name: region for region in told for name in self._replicating(region) if name in self.lags}
        self.published = {name: at for name, at in self.published.items() if name in found}
        due = [name for name in found if now - self.published.get(name, now - self.period) >= self.period]
        for name in due:
            with request_scope(self.account, found[name]):
                for metric in LAGS:
                    cloudwatch.record_metric(
                        NAMESPACE, metric, self.lags[name], "Milliseconds", {"DBClusterIdentifier": name}
                    )
            self.published[name] = now
        return due

    def _forget(self, region: str) -> None:
        """Drop what was ever reported in `region`."""
        with request_scope(self.account, region):
            for key in [key for key in cloudwatch._metrics if key[0] == NAMESPACE and key[1] in LAGS]:
                del cloudwatch._metrics[key]

    def _replicating(self, region: str) -> list[str]:
        """The secondaries in `region` that replicate."""
        with request_scope(self.account, region):
            secondaries = {
                member["DBClusterArn"]
                for group in rds._global_clusters.values()
                for member in group["GlobalClusterMembers"]
                if not member["IsWriter"]
            }
            return [
                cluster["DBClusterIdentifier"]
                for cluster in rds._clusters.values()
                if cluster["DBClusterArn"] in secondaries
                and cluster["Status"] == "available"
                and cluster["DBClusterMembers"]
            ]


async def run(config: Config) -> None:
    """Publish until cancelled."""
    publisher = Publisher(config.accounts.production, config.clock.interval(PERIOD_SECONDS))
    monotonic = asyncio.get_running_loop().time
    while True:
        publisher.publish(monotonic())
        await config.clock.sleep(LOOK_SECONDS)

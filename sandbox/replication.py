"""S3 replication takes its time: a version is PENDING until it was copied, in the order of writing, on the clock.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
The emulator copies within the request. Here the request leaves a job, and what is pending survives `down` and `up`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import s3

from sandbox import meters
from sandbox.clock import Clock
from sandbox.config import Config

log = logging.getLogger("sandbox.replication")

# "Most objects replicate in seconds": https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html
DELAY_SECONDS = 1
LOOK_SECONDS = 0.05  # real ones
PERIOD_SECONDS = 60
PENDING, FAILED = "PENDING", "FAILED"


@dataclass(frozen=True)
class Route:
    """From where to where, by which rule; what the metrics are told apart by."""

    account: str
    source: str
    destination: str
    rule: str
    measured: bool

    def dimensions(self) -> dict[str, str]:
        """Follow https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html."""
        return {"SourceBucket": self.source, "DestinationBucket": self.destination, "RuleId": self.rule}


@dataclass(eq=False)
class Job:
    """One version, or one delete marker, on its way. `record` is the emulator's, which learns its version id later."""

    route: Route
    key: str
    record: dict[str, Any]
    copy: Callable[[Job], str]
    since: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        """Bytes; none of a delete marker."""
        return self.record.get("size", 0)


class Queue:
    """What waits to be copied, route by route."""

    def __init__(self) -> None:
        """Start empty, at AWS's pace."""
        self.clock = Clock()
        self.waiting: defaultdict[Route, deque[Job]] = defaultdict(deque)
        self.bytes: Counter[Route] = Counter()
        # Whether nothing goes from one region to another just now; whoever models an outage replaces it.
        self.held: Callable[[str, str], bool] = lambda source, destination: False
        self._published = time.monotonic()

    def add(self, job: Job) -> None:
        """Let a job wait behind those of its route."""
        self.waiting[job.route].append(job)
        self.bytes[job.route] += job.size

    def due(self, now: float) -> Iterator[Job]:
        """Take the jobs that have waited long enough at `now` (monotonic seconds)."""
        delay = self.clock.interval(DELAY_SECONDS)
        for route, jobs in list(self.waiting.items()):
            held = self.held(region_of(route.source), region_of(route.destination))
            while jobs and now - jobs[0].since >= delay and not held:
                job = jobs.popleft()
                self.bytes[route] -= job.size
                yield job

    def finish(self, job: Job) -> None:
        """Copy what the job is about, and publish how it went."""
        with request_scope(job.route.account, region_of(job.route.source)):
            status = job.copy(job)
        if job.route.measured and status:
            self._count(job.route, status == FAILED)
            if status != FAILED:
                self._measure(job)

    def publish(self, now: float) -> None:
        """Publish once a period how far behind is what still waits."""
        if now - self._published < self.clock.interval(PERIOD_SECONDS):
            return
        self._published = now
        for route, jobs in self.waiting.items():
            if jobs and route.measured:
                self._measure(jobs[0])

    def _count(self, route: Route, failed: bool) -> None:
        """Count a success or a failure, in the source's region.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
        """
        with request_scope(route.account, region_of(route.source)):
            meters.record("AWS/S3", "OperationsFailedReplication", int(failed), "Count", route.dimensions())

    def _measure(self, job: Job) -> None:
        """How long ago the job came, and what is pending, appear in the destination's region."""
        route, dimensions = job.route, job.route.dimensions()
        latency = (time.monotonic() - job.since) * self.clock.hurry
        with request_scope(route.account, region_of(route.destination)):
            meters.record("AWS/S3", "ReplicationLatency", round(latency, 1), "Seconds", dimensions)
            meters.record("AWS/S3", "BytesPendingReplication", self.bytes[route], "Bytes", dimensions)
            meters.record("AWS/S3", "OperationsPendingReplication", len(self.waiting[route]), "Count", dimensions)


# The emulator's one, filled by mends/s3.py.
QUEUE = Queue()


def region_of(bucket: str) -> str:
    """Return the region of a bucket of any account; us-east-1 for one that is gone."""
    owner = s3._bucket_owner_account(bucket)
    found = s3._buckets.get_scoped(owner, None, bucket) if owner else None
    return (found or {}).get("region") or "us-east-1"


async def run(config: Config) -> None:
    """Copy what falls due, until cancelled."""
    QUEUE.clock = config.clock
    while True:
        for job in QUEUE.due(time.monotonic()):
            try:
                QUEUE.finish(job)
            except Exception:  # one object's trouble is not the others'
                log.exception("%s/%s was not replicated", job.route.source, job.key)
            await asyncio.sleep(0)  # requests come first
        QUEUE.publish(time.monotonic())
        await asyncio.sleep(LOOK_SECONDS)

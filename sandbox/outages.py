"""What is out: by region and kind, kept in DIR/outages.json, known in the server as `board.outages`.

The command line writes the file and has the server read it again, so that an outage has begun when the command returns
and lasts through `down` and `up`. Whoever stands for something in a region asks the board before it acts.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.config import REGIONS
from sandbox.errors import SandboxError

FILE = "outages.json"


class Kind(enum.StrEnum):
    """What can be out in a region."""

    DARK = "dark"
    HANG = "hang"
    API_ERRORS = "api-errors"
    API_SLOW = "api-slow"
    LAMBDA = "lambda"
    DATABASE_KILLED = "database-killed"
    DATABASE_FROZEN = "database-frozen"
    CONTROL_PLANE = "control-plane"
    REPLICATION = "replication"
    PARTITION = "partition"
    THROTTLED = "throttled"
    METRICS = "metrics"


MEANING = {
    Kind.DARK: "nothing of the region can be reached: connections are cut",
    Kind.HANG: "nothing of the region can be reached: connections are never answered",
    Kind.API_ERRORS: "the payment API answers 500",
    Kind.API_SLOW: "the payment API answers too late for a health check",
    Kind.LAMBDA: "no function can be invoked, and Lambda's API answers 500",
    Kind.DATABASE_KILLED: "the database servers are dead and stay so",
    Kind.DATABASE_FROZEN: "the database servers are frozen (SIGSTOP)",
    Kind.CONTROL_PLANE: "every call that makes, changes or describes answers 503; what serves goes on",
    Kind.REPLICATION: "nothing is replicated out of or into the region",
    Kind.PARTITION: "no connection between this region and the other; the world reaches both",
    Kind.THROTTLED: "of three API calls two are throttled; what serves goes on",
    Kind.METRICS: "CloudWatch has no lag of the global database, old or new",
}


@dataclasses.dataclass(frozen=True)
class Outages:
    """All that is out at one moment; when it began in epoch seconds."""

    since: Mapping[tuple[str, Kind], float] = dataclasses.field(default_factory=dict)

    def has(self, region: str | None, *kinds: Kind) -> bool:
        """Whether one of `kinds` is out in `region`."""
        return any((region, kind) in self.since for kind in kinds)

    def unreachable(self, region: str | None) -> Kind | None:
        """Return DARK or HANG where nothing of `region` can be reached (DARK when both), else None."""
        return next((kind for kind in (Kind.DARK, Kind.HANG) if self.has(region, kind)), None)

    def between(self, origin: str | None, target: str | None) -> Kind | None:
        """Say how a connection from `origin` to `target` fails: DARK (cut), HANG, or None where it does not.

        None as `origin` is the world outside both regions. Across a partition packets get lost: it hangs.
        """
        if kind := self.unreachable(target) or self.unreachable(origin):
            return kind
        apart = origin and target and origin != target
        if apart and (self.has(origin, Kind.PARTITION) or self.has(target, Kind.PARTITION)):
            return Kind.HANG
        return None

    def replicates(self, origin: str, target: str) -> bool:
        """Whether data gets from `origin` to `target`, a database's and S3's alike."""
        broken = self.has(origin, Kind.REPLICATION) or self.has(target, Kind.REPLICATION)
        return not broken and self.between(origin, target) is None

    def begin(self, region: str, kind: Kind, now: float) -> Outages:
        """Return what is out with one more; one that is out already goes on from when it began."""
        return Outages({(region, kind): now, **self.since})

    def end(self, region: str, kind: Kind | None) -> Outages:
        """Return what is out without one kind, or without everything (None), of a region."""
        gone = {(region, each) for each in Kind if kind in (None, each)}
        return Outages({key: at for key, at in self.since.items() if key not in gone})

    def lines(self) -> list[str]:
        """Return a line for each, for people."""
        return [
            f"OUTAGE     {region} {kind} since {_utc(at)}: {MEANING[kind]}"
            for (region, kind), at in sorted(self.since.items())
        ]


def load(folder: Path) -> Outages:
    """Return what the folder says is out; SandboxError when the file is damaged."""
    path = folder / FILE
    try:
        kept: dict[str, dict[str, float]] = json.loads(path.read_text())
        return Outages(
            {
                (region, Kind(kind)): float(at)
                for region, kinds in kept.items()
                for kind, at in kinds.items()
                if region in REGIONS
            }
        )
    except FileNotFoundError:
        return Outages()
    except (ValueError, AttributeError, TypeError) as error:
        raise SandboxError(f"{path} is damaged ({error}): remove it, nothing is out then") from error


def save(folder: Path, outages: Outages) -> None:
    """Put the file in place whole."""
    kept: dict[str, dict[str, float]] = {}
    for (region, kind), at in outages.since.items():
        kept.setdefault(region, {})[kind] = at
    scratch = folder / f"{FILE}.new"
    scratch.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
    scratch.replace(folder / FILE)


class Board:
    """What is out now, in the server's process."""

    def __init__(self) -> None:
        """Nothing is out."""
        self.outages = Outages()
        self.databases = Outages()  # what the data plane has carried out
        self._watchers: list[Callable[[], None]] = []

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called, in the event loop, after each change."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` no more."""
        self._watchers.remove(watcher)

    def read(self, folder: Path) -> dict[str, Any]:
        """Read the folder's file again; return whether everything in it has been carried out."""
        self.put(load(folder))
        return {"settled": self.databases.since == self.outages.since}

    def put(self, outages: Outages) -> None:
        """Let `outages` be what is out."""
        if outages.since != self.outages.since:
            self.outages = outages
            for watcher in list(self._watchers):
                watcher()


board = Board()


def _utc(epoch: float) -> str:
    return datetime.datetime.fromtimestamp(epoch, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

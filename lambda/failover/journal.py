"""What the function says: one JSON line an event. A line with metrics is CloudWatch's embedded metric format, too.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from payments_dr.decision import Action, Decision
from payments_dr.evacuation import NAMESPACE
from payments_dr.observation import Observation, iso
from payments_dr.standing_by import METRIC, stands_by
from payments_dr.waiters import Clock

#: Actions that somebody should know of.
LOUD = {Action.PROMOTE: "ERROR", Action.REFUSE: "ERROR", Action.PROBE: "WARNING", Action.FOLLOW: "WARNING"}


class Journal:
    """Writes to `stream`, which Lambda brings to the log group."""

    def __init__(self, region: str, version: str, clock: Clock, stream: TextIO = sys.stdout) -> None:
        self._always = {"service": "failover", "region": region, "version": version}
        self._region, self._clock, self._stream = region, clock, stream

    def decided(self, seen: Observation, decision: Decision) -> None:
        """Every evaluation, with all that it was made from. Without such a line the dead-man alarm goes off.

        In calm times it also says whether this region stands by.
        """
        level = LOUD.get(decision.action, "WARNING" if decision.warnings else "INFO")
        fields = {"decision": decision.as_log(), "observation": seen.as_log()}
        standing = stands_by(seen)
        told = {} if standing is None else {METRIC: int(standing)}
        self._write("decision", level, fields | self._metrics(Evaluations=1, **told))

    def promoting(self, sentence: str) -> None:
        """Aurora has been asked by us: sets off the alarm."""
        self._write("promoting", "ERROR", {"message": sentence} | self._metrics(Promotions=1))

    def say(self, sentence: str) -> None:
        """Progress."""
        self._write("progress", "INFO", {"message": sentence})

    def failed(self, step: str, reason: str) -> None:
        """A step that did not work, and why; what follows is done all the same."""
        self._write("failed", "ERROR", {"step": step, "message": reason})

    def _metrics(self, **values: int) -> dict[str, Any]:
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [["Region"]],
            "Metrics": [{"Name": name, "Unit": "Count"} for name in values],
        }
        told = {"Timestamp": int(self._clock.now() * 1000), "CloudWatchMetrics": [directive]}
        return {"_aws": told, "Region": self._region, **values}

    def _write(self, event: str, level: str, fields: dict[str, Any]) -> None:
        line = {"timestamp": iso(self._clock.now()), "level": level, "event": event, **self._always, **fields}
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()

"""X-Ray subsegments for what a request waits for, sent to the daemon that Lambda runs beside the function.

The SDK would be a megabyte and a tenth of a second of cold start for these few lines.
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-subsegments
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping

HEADER = b'{"format": "json", "version": 1}\n'


class Tracer:
    """Sends nothing where there is no daemon, or where the request is not sampled."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Lambda puts the request's own trace into `environment` before each call."""
        self._environment = environment
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    @contextlib.contextmanager
    def waiting_for(self, name: str) -> Iterator[None]:
        """Time the block as a remote subsegment `name`; an exception marks it as a fault."""
        started, fault = time.time(), True
        try:
            yield
            fault = False
        finally:
            self._send(name, started, fault)

    def _send(self, name: str, started: float, fault: bool) -> None:
        told = self._environment.get("_X_AMZN_TRACE_ID", "").split(";")
        trace = dict(part.split("=", 1) for part in told if "=" in part)
        host, _, port = self._environment.get("AWS_XRAY_DAEMON_ADDRESS", "").rpartition(":")
        if not host or trace.get("Sampled") != "1" or not {"Root", "Parent"} <= trace.keys():
            return
        document = {
            "name": name,
            "id": secrets.token_hex(8),
            "trace_id": trace["Root"],
            "parent_id": trace["Parent"],
            "type": "subsegment",
            "namespace": "remote",
            "start_time": started,
            "end_time": time.time(),
            "fault": fault,
        }
        with contextlib.suppress(OSError):  # a trace that is lost costs less than a payment that waits for it
            self._socket.sendto(HEADER + json.dumps(document).encode(), (host, int(port)))

"""Lines that modelled services write into the emulator's CloudWatch Logs."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from ministack.services import cloudwatch_logs

# A stream keeps its newest lines only, so that a sandbox that is watched for weeks stays small: checkers never rest.
LONGEST = 50_000
_making = threading.Lock()


def append(group: str, stream: str, lines: Sequence[str]) -> None:
    """Append lines now to a stream of an existing group, which is made when it is not there.

    KeyError when there is no such group in the account and region of the current scope.
    """
    streams = cloudwatch_logs._log_groups[group]["streams"]
    with _making:
        if stream not in streams:
            cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    at = round(time.time() * 1000)
    events = [{"timestamp": at, "message": line, "ingestionTime": at} for line in lines]
    cloudwatch_logs._append_log_events(streams[stream], events)
    with cloudwatch_logs._log_events_lock:
        kept = streams[stream]["events"]
        if len(kept) > LONGEST:
            del kept[: len(kept) - LONGEST]
            streams[stream]["firstEventTimestamp"] = kept[0]["timestamp"]
    cloudwatch_logs._fanout_to_subscription_filters(group, stream, events)

"""What the modelled services measure, put into the emulator's CloudWatch.

Equal values of one second become one datum with a count, as PutMetricData's Values and Counts do: ten thousand
payments are a few hundred data, and every statistic, percentiles too, comes out the same.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch

from sandbox.outages import board

_lock = threading.Lock()
_second = 0
_data: dict[tuple, dict] = {}


def record(
    namespace: str, name: str, value: float, unit: str = "None", dimensions: Mapping[str, str] | None = None
) -> None:
    """Record one value now, in the account and region of the current scope; a region that is out records none."""
    global _second
    if board.outages.unreachable(get_region()):
        return
    now = time.time()
    dimensions = dict(dimensions or {})
    key = (get_account_id(), get_region(), namespace, name, unit, value, *sorted(dimensions.items()))
    with _lock:
        if int(now) != _second:
            _second = int(now)
            _data.clear()
        if key in _data:
            _data[key]["Count"] += 1
            return
        datum = {"Timestamp": now, "Value": float(value), "Count": 1.0, "Unit": unit, "Dimensions": dimensions}
        _data[key] = datum
        cloudwatch._metric_bucket((namespace, name, cloudwatch._dims_key(dimensions))).append(datum)

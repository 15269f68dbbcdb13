"""Sums of metrics, and waiting for what the sandbox does by itself."""

import time

import pytest


def total(sandbox, namespace, name, dimensions, statistic="Sum", region="us-east-1"):
    """Return a statistic over the last ten minutes; None without data."""
    now = time.time()
    points = sandbox.client("cloudwatch", region).get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        StartTime=now - 600,
        EndTime=now + 60,
        Period=3600,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Statistics=[statistic],
    )["Datapoints"]
    if not points:
        return None
    found = [point[statistic] for point in points]
    return sum(found) if statistic in ("Sum", "SampleCount") else max(found)


def eventually(holds, seconds=20):
    """Return what `holds()` gives as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        if time.monotonic() > deadline:
            pytest.fail(f"nothing after {seconds} s")
        time.sleep(0.05)
    return found

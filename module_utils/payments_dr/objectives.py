"""RTO and RPO arithmetic. Pure; all in seconds unless the name says otherwise."""

from __future__ import annotations


def rto_budget(interval_seconds: int, failure_threshold: int, ttl_seconds: int, promotion_seconds: int) -> int:
    """The longest outage that the settings allow: until the health check gives up, until the last resolver has
    forgotten the old answer, and until the standby's database accepts writes.

    The promotion usually runs while DNS moves; counting both keeps the budget on the safe side.
    """
    return interval_seconds * failure_threshold + ttl_seconds + promotion_seconds


def lag_seconds(lag_milliseconds: float) -> float:
    """AuroraGlobalDBRPOLag is in milliseconds."""
    return lag_milliseconds / 1000


def worst_loss_seconds(lag_milliseconds: float, measured_at: float, outage_at: float) -> float:
    """The most that the standby can lack: the lag when it was last measured, and everything from then to the outage,
    since replication may have stopped right after the measurement. Times are seconds since the epoch."""
    return lag_seconds(lag_milliseconds) + max(0.0, outage_at - measured_at)


def days_left(seconds_until_expiry: float) -> int:
    """Whole days until a certificate expires; negative when it has."""
    return int(seconds_until_expiry // 86_400)

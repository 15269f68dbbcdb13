"""Observations to decide about: a standby that sees a dead active region, and what may be different."""

import dataclasses

from ansible.module_utils.payments_dr.observation import Checkers, Handover, Lag, Observation, Probe, Target
from ansible.module_utils.payments_dr.policy import Policy

EAST, OHIO = "us-east-1", "us-east-2"
REGIONS = [EAST, OHIO]
POLICY = Policy()
NOW = 1_800_000_000.0
REFUSED = "connection refused"


def peer(region):
    return next(one for one in REGIONS if one != region)


def arn(region):
    return f"arn:aws:rds:{region}:222222222222:cluster:aurora-cluster-{region}-test-a1"


def looks(verdicts, interval=5.0, until=NOW, seconds=0.5, detail=REFUSED, status=None, checkers=Checkers.DOWN):
    """Probes at a steady pace that end at `until`: one for each of `verdicts`, True for a good answer."""
    last = until - seconds
    begin = last - interval * (len(verdicts) - 1)
    return tuple(
        Probe(begin + interval * index, ok, "ok" if ok else detail, seconds, 200 if ok else status, checkers)
        for index, ok in enumerate(verdicts)
    )


def silent(lasting=65.0, **how):
    """Failed probes for at least so long."""
    return looks([False] * (int(lasting // how.get("interval", 5.0)) + 2), **how)


def standing_by(here=OHIO, **changes):
    """What a standby sees that could take over, of an active region that has been dark for the whole window."""
    active = peer(here)
    seen = Observation(
        now=NOW,
        here=here,
        peer=active,
        active=active,
        standby=here,
        mode="automatic",
        probes=silent(),
        checkers=Checkers.DOWN,
        own_probe=Probe(NOW - 1, False, "standby", 0.1, 503),
        target=Target(here, arn(here), "available", 2, "17.7"),
        active_engine_version="17.7",
        lag=Lag(120.0, NOW - 130),
        synchronization="connected",
        switch_on=False,
        fenced=False,
    )
    return dataclasses.replace(seen, **changes)


def serving(here=OHIO, **changes):
    """The same standby while the active region is well."""
    good = {"probes": looks([True]), "checkers": Checkers.UP, "lag": Lag(120.0, NOW - 60)}
    return standing_by(here, **good | changes)


def active_here(here=OHIO, **changes):
    """What the active region sees while the other one follows."""
    other = peer(here)
    good = {
        "active": here,
        "standby": other,
        "probes": looks([False], detail="standby", status=503),
        "own_probe": Probe(NOW - 1, True, "ok", 0.1, 200),
        "lag": None,
    }
    return standing_by(here, **good | changes)


def handover(to, kind="failover", status="failing-over"):
    return Handover(kind, status, arn(peer(to)), arn(to), kind == "failover")

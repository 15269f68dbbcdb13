"""Every outage that must end well, as the region sees it that has to decide: the rows of the design's list.

A row is (observation, action in mode automatic, action in mode manual, words of the reason or a warning in automatic).
`here` is the region that decides, so that every row stands in both directions.
"""

import dataclasses

from ansible.module_utils.payments_dr.decision import Action
from ansible.module_utils.payments_dr.observation import Lag, Probe

from tests.unit.module_utils.observed import (
    NOW,
    active_here,
    handover,
    looks,
    peer,
    serving,
    silent,
    standing_by,
)

STAY, PROBE, PROMOTE, FOLLOW, REFUSE, REOPEN = Action
PATIENCE_OVER = silent(130)
KEPT_OUT = silent(detail="fenced", status=503)


def outage(**changes):
    return lambda here: standing_by(here, **changes)


def calm(**changes):
    return lambda here: serving(here, **changes)


def here_active(**changes):
    return lambda here: active_here(here, **changes)


def target(**changes):
    return lambda here: standing_by(here, target=dataclasses.replace(standing_by(here).target, **changes))


def own(detail, status=None, seen=standing_by, **changes):
    return lambda here: seen(here, own_probe=Probe(NOW - 1, False, detail, 0.1, status), **changes)


def promoting(to_peer=False, **changes):
    return lambda here: standing_by(here, handover=handover(peer(here) if to_peer else here), **changes)


DOWN = {
    "region dark, refused": (outage(), PROMOTE, REFUSE, "losing at most"),
    "region dark, hanging": (outage(probes=silent(seconds=4.0)), PROMOTE, REFUSE, "losing at most"),
    "api answers 500": (outage(probes=silent(detail="internal", status=500)), PROMOTE, REFUSE, "agree"),
    "api slow": (outage(probes=silent(seconds=2.5, detail="timed out")), PROMOTE, REFUSE, "agree"),
    "function only": (outage(probes=silent(detail="", status=502)), PROMOTE, REFUSE, "agree"),
    "database dead": (outage(probes=silent(detail="database-unreachable", status=503)), PROMOTE, REFUSE, "agree"),
    "database frozen": (outage(probes=silent(detail="database-slow", status=503)), PROMOTE, REFUSE, "agree"),
    "database read-only": (outage(probes=silent(detail="standby", status=503)), PROMOTE, REFUSE, "agree"),
    "kept out by its epoch at first": (outage(probes=KEPT_OUT), PROBE, REFUSE, "wait: epoch: it is alive"),
    "kept out by its epoch": (outage(probes=silent(130, detail="fenced", status=503)), REFUSE, REFUSE, "epoch"),
    "kept out by its epoch, then dark": (
        outage(probes=(*looks([False] * 20, until=NOW - 65, detail="fenced", status=503), *silent(60))),
        PROMOTE,
        REFUSE,
        "is promoted",
    ),
    "replication lag unknown at first": (outage(lag=None), PROBE, REFUSE, "wait: lag-known"),
    "replication lag unknown": (outage(lag=None, probes=PATIENCE_OVER), REFUSE, REFUSE, "lag-known"),
    "replication lag over the rpo": (outage(lag=Lag(301_000, NOW - 80)), REFUSE, REFUSE, "rpo: up to"),
    "lag and its age together over the rpo": (outage(lag=Lag(150_000, NOW - 270)), REFUSE, REFUSE, "rpo: up to"),
    "stale metrics": (outage(lag=Lag(10, NOW - 500)), REFUSE, REFUSE, "lag-known"),
    "split, the world reaches it": (outage(checkers="up"), PROBE, REFUSE, "checkers"),
    "split, and the world lost it only now": (
        outage(probes=(*silent(checkers="up", until=NOW - 5), *looks([False]))),
        PROBE,
        REFUSE,
        "checkers-settled",
    ),
    "split that lasts": (outage(checkers="up", probes=PATIENCE_OVER), REFUSE, REFUSE, "us-east-.* up"),
    "standby alone, dns dead too": (
        outage(checkers="unknown", probes=PATIENCE_OVER, errors={"checkers": "no name server answered"}),
        REFUSE,
        REFUSE,
        "no name server answered",
    ),
    "flapping, down now": (outage(probes=looks([True, *[False] * 8])), PROBE, PROBE, "nothing is done"),
    "flapping, up now": (outage(probes=looks([*[False] * 20, True])), STAY, STAY, "serves"),
    "in-region failover of 58 s": (outage(probes=looks([True, *[False] * 12])), PROBE, PROBE, "nothing is done"),
    "throttled at first": (
        outage(target=None, errors={"target": "Throttling: slow down"}),
        PROBE,
        REFUSE,
        "Throttling",
    ),
    "throttled": (
        outage(target=None, probes=PATIENCE_OVER, errors={"target": "Throttling: slow down"}),
        REFUSE,
        REFUSE,
        "Throttling",
    ),
    "engine differs": (target(engine_version="17.6"), REFUSE, REFUSE, "runs 17.6, the writer 17.7"),
    "headless": (target(available_instances=0), REFUSE, REFUSE, "target-instance"),
    "cluster not available": (target(status="upgrading"), REFUSE, REFUSE, "it is upgrading"),
    "being copied anew": (outage(synchronization="pending-resync"), REFUSE, REFUSE, "synchronization"),
    "certificate expired": (own("certificate has expired", probes=PATIENCE_OVER), REFUSE, REFUSE, "certificate has"),
    "secret not replicated": (own("no-credentials", 503, probes=PATIENCE_OVER), REFUSE, REFUSE, "no-credentials"),
    "own api misses one look": (own("timed out"), PROBE, REFUSE, "own-api"),
    "own api at its limit": (own("", 429), PROMOTE, REFUSE, "agree"),
    "nobody knows the writer": (
        outage(active="", standby="", probes=PATIENCE_OVER, errors={"global_cluster": "AccessDenied"}),
        REFUSE,
        REFUSE,
        "AccessDenied",
    ),
    "not a member": (outage(standby=""), REFUSE, REFUSE, "no region is the standby"),
}

INTERRUPTED = {
    "killed after the evacuation": (outage(switch_on=True), PROMOTE, REFUSE, "is promoted"),
    "killed after the fence": (outage(switch_on=True, fenced=True), PROMOTE, REFUSE, "is promoted"),
    "killed after the fence, which turns all away": (
        outage(fenced=True, probes=silent(status=429, detail="HTTP 429")),
        PROMOTE,
        REFUSE,
        "is promoted",
    ),
    "killed after the promotion began": (
        promoting(switch_on=True),
        FOLLOW,
        FOLLOW,
        "failover to us-east-. is under way",
    ),
    "two operators": (promoting(), FOLLOW, FOLLOW, "is under way"),
    "an operator goes the other way": (promoting(to_peer=True), FOLLOW, FOLLOW, "is under way"),
    "evacuated though it serves": (calm(switch_on=True), REFUSE, REFUSE, "take the evacuation back"),
    "promoted, old region dark": (
        here_active(switch_on=True, fenced=True, synchronization=""),
        STAY,
        STAY,
        "stays closed: synchronization",
    ),
    "promoted, old region claims to serve": (
        here_active(switch_on=True, probes=looks([True]), checkers="up"),
        STAY,
        STAY,
        "stays closed",
    ),
    "promoted, old region being copied": (
        here_active(switch_on=True, synchronization="pending-resync"),
        STAY,
        STAY,
        "closed",
    ),
    "rejoined": (here_active(switch_on=True, fenced=True), REOPEN, REOPEN, "follows again"),
    "rejoined, only fenced": (
        here_active(fenced=True, probes=looks([False], detail="internal", status=500)),
        REOPEN,
        REOPEN,
        "follows again",
    ),
}

CALM = {
    "all is well": (calm(), STAY, STAY, "serves"),
    "control plane of the active dark": (calm(errors={"mode": "timed out"}, mode=""), STAY, STAY, "serves"),
    "checkers down, though it serves": (calm(checkers="down"), STAY, STAY, "though it answers"),
    "checkers unknown": (calm(checkers="unknown"), STAY, STAY, "serves"),
    "lag over the rpo": (calm(lag=Lag(400_000, NOW - 60)), STAY, STAY, "could not take over: rpo"),
    "no metrics": (calm(lag=None), STAY, STAY, "could not take over: lag-known"),
    "own certificate expired": (
        own("certificate has expired", seen=serving),
        STAY,
        STAY,
        "could not take over: own-api",
    ),
    "writer unknown, though it serves": (calm(active="", standby=""), STAY, STAY, "nobody can say"),
    "turned away, nothing else seen": (calm(probes=looks([False] * 30, status=429)), STAY, STAY, "somebody is there"),
    "one probe failed": (calm(probes=looks([False])), PROBE, PROBE, "nothing is done for 60 s"),
    "not probed yet": (calm(probes=()), PROBE, PROBE, "not probed"),
    "active here": (here_active(), STAY, STAY, "is active"),
    "active here, dr dark": (here_active(probes=silent()), STAY, STAY, "does not answer as a well standby"),
    "active here, a switchover away": (
        lambda here: active_here(here, handover=handover(peer(here), "switchover", "switching-over")),
        STAY,
        STAY,
        "switchover to us-east-. is under way",
    ),
    "old active woke up, and thinks that it is active": (
        here_active(checkers="up", probes=looks([True])),
        STAY,
        STAY,
        "is active",
    ),
}

ROWS = DOWN | INTERRUPTED | CALM

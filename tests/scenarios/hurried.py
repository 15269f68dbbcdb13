"""The shared deployment in a hurry: what takes minutes on AWS takes seconds, and the failover functions hurry along."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from module_utils.payments_dr.policy import Policy

from .conftest import REGIONS, Sandbox, sandbox_command
from .stagehand import Stagehand

HURRY = 20
# Seconds. A twentieth, and a little more: probes do not hurry, and wait as long as ever for an answer.
PATIENCE = {"detection_seconds": 4, "agreement_seconds": 4, "probe_interval_seconds": 0.4, "longest_gap_seconds": 3.5}
# What is lost, and how old a lag is, is in real time: time stamps and metrics do not hurry.
REAL = {"rpo_seconds", "lag_age_seconds", "promotion_seconds"}


@contextlib.contextmanager
def hurried(sandbox: Sandbox, hurry: int = HURRY) -> Iterator[None]:
    """The sandbox's clock `hurry` times as fast, the functions' policy to match; all as before at the end."""
    restarted(sandbox, hurry)
    try:
        with impatient(sandbox, hurry):
            yield
    finally:
        restarted(sandbox, 1)


def restarted(sandbox: Sandbox, hurry: int) -> None:
    """State, ports and addresses stay."""
    sandbox_command(sandbox.folder, "down")
    sandbox_command(sandbox.folder, "up", "--hurry", str(hurry))


@contextlib.contextmanager
def impatient(sandbox: Sandbox, hurry: int = HURRY) -> Iterator[None]:
    """The failover functions of both regions with a hurried policy, and with their own again at the end."""
    with contextlib.ExitStack() as undo:
        for region in REGIONS:
            undo.enter_context(told(sandbox, region, lambda policy: in_a_hurry(policy, hurry)))
        yield


@contextlib.contextmanager
def told(sandbox: Sandbox, region: str, change: Any) -> Iterator[None]:
    """The failover function of `region` with another policy: `change` makes it from the one that it has."""
    behind = Stagehand(sandbox)
    functions, name = behind.client("lambda", region), behind.topology.places[region].failover_function
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    policy = change(Policy.parse(before["FAILOVER_POLICY"]))
    changed = before | {"FAILOVER_POLICY": json.dumps(dataclasses.asdict(policy))}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})


def in_a_hurry(policy: Policy, hurry: int) -> Policy:
    """Every window as much shorter as the clock is faster."""
    fields = {
        name: value if name in REAL else value / hurry for name, value in dataclasses.asdict(policy).items()
    } | PATIENCE
    return Policy(**fields)

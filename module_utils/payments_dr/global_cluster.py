"""Asks Aurora for a global database."""

from __future__ import annotations

from typing import Any

from .calls import describing
from .observation import Handover


def read_global_cluster(rds: Any, identifier: str) -> dict[str, Any] | None:
    """The global database's entry of DescribeGlobalClusters, or None when it does not exist. Raises AwsFailure."""
    with describing(f"describe the global cluster {identifier}", rds.meta.region_name):
        try:
            pages = rds.get_paginator("describe_global_clusters").paginate(GlobalClusterIdentifier=identifier)
            found = pages.build_full_result()["GlobalClusters"]
        except rds.exceptions.GlobalClusterNotFoundFault:
            return None
    return next((entry for entry in found if entry["GlobalClusterIdentifier"] == identifier), None)


def handover_of(found: dict[str, Any]) -> Handover | None:
    """The failover or switchover that runs, of an entry of DescribeGlobalClusters; None when none does.

    Without data loss it is a switchover, by whichever call it was begun:
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_FailoverState.html
    """
    state = found.get("FailoverState") or {}
    if not state.get("Status"):
        return None
    lossy = bool(state.get("IsDataLossAllowed"))
    return Handover(
        kind="failover" if lossy else "switchover",
        status=state["Status"],
        origin_arn=state.get("FromDbClusterArn", ""),
        target_arn=state.get("ToDbClusterArn", ""),
        data_loss_allowed=lossy,
    )

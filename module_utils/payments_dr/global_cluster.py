"""Asks Aurora for a global database."""

from __future__ import annotations

from typing import Any

from .calls import describing


def read_global_cluster(rds: Any, identifier: str) -> dict[str, Any] | None:
    """The global database's entry of DescribeGlobalClusters, or None when it does not exist. Raises AwsFailure."""
    with describing(f"describe the global cluster {identifier}", rds.meta.region_name):
        try:
            pages = rds.get_paginator("describe_global_clusters").paginate(GlobalClusterIdentifier=identifier)
            found = pages.build_full_result()["GlobalClusters"]
        except rds.exceptions.GlobalClusterNotFoundFault:
            return None
    return next((entry for entry in found if entry["GlobalClusterIdentifier"] == identifier), None)

"""Asks a region how its journal and its epoch are kept, and who may acknowledge payments, as journal_info documents it.

Every function takes a DynamoDB client, answers None for what does not exist, and raises AwsFailure.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from .calls import concurrently, describing
from .epoch import GATES, SCOPE, Epoch, EpochError


def read_table(dynamodb: Any, name: str) -> dict[str, Any] | None:
    """What RETURN calls journal_table and epoch_table."""
    with describing(f"describe the table {name}", dynamodb.meta.region_name):
        try:
            found = concurrently(
                {
                    "table": lambda: dynamodb.describe_table(TableName=name)["Table"],
                    "backups": lambda: dynamodb.describe_continuous_backups(TableName=name),
                    "expiry": lambda: dynamodb.describe_time_to_live(TableName=name),
                }
            )
        except (dynamodb.exceptions.ResourceNotFoundException, dynamodb.exceptions.TableNotFoundException):
            return None
    backups = found["backups"]["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    expiry = found["expiry"]["TimeToLiveDescription"]
    expires = expiry.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return {
        "name": name,
        "status": found["table"]["TableStatus"],
        "kms_key_arn": found["table"].get("SSEDescription", {}).get("KMSMasterKeyArn", ""),
        "restorable": backups.get("PointInTimeRecoveryStatus") == "ENABLED",
        "expires_by": expiry.get("AttributeName", "") if expires else "",
    }


def read_epoch(dynamodb: Any, name: str) -> dict[str, Any]:
    """What RETURN calls epoch, epoch_problem and gates; all of them at one moment, or as near as DynamoDB has it."""
    nothing = {"epoch": None, "gates": {}}
    with describing(f"read the epoch in {name}", dynamodb.meta.region_name):
        try:
            items = dynamodb.scan(TableName=name, ConsistentRead=True)["Items"]
        except dynamodb.exceptions.ResourceNotFoundException:
            return {**nothing, "epoch_problem": f"{name} does not exist"}
    by_scope = {item["scope"]["S"]: item for item in items}
    if SCOPE not in by_scope:
        return {**nothing, "epoch_problem": f"{name} has no item {SCOPE}"}
    try:
        epoch = Epoch.parse(by_scope[SCOPE])
    except EpochError as error:
        return {**nothing, "epoch_problem": f"{name}: {error}"}
    gates = {gate: _gate(by_scope[gate]) for gate in GATES if gate in by_scope}
    return {"epoch": dataclasses.asdict(epoch), "epoch_problem": "", "gates": gates}


def _gate(item: dict[str, dict[str, str]]) -> str:
    return f"{item.get('epoch', {}).get('N', '?')} {item.get('active', {}).get('S', '?')}"

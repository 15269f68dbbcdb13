"""Secrets Manager: replicas that are made with the secret, and that can be taken away again."""

from __future__ import annotations

import json

from ministack.core.responses import error_response_json, json_response
from ministack.services import secretsmanager

_create_secret = secretsmanager._create_secret
_handle_request = secretsmanager.handle_request


def apply() -> None:
    """Wrap CreateSecret and add RemoveRegionsFromReplication."""
    secretsmanager._create_secret = create_secret
    secretsmanager.handle_request = handle_request


async def handle_request(method, path, headers, body, query_params) -> tuple:
    """Answer RemoveRegionsFromReplication, which the emulator does not know; hand on every other action."""
    if headers.get("x-amz-target", "").endswith(".RemoveRegionsFromReplication"):
        return remove_regions(json.loads(body))
    return await _handle_request(method, path, headers, body, query_params)


def create_secret(data: dict) -> tuple:
    """CreateSecret with `AddReplicaRegions`, which the emulator ignores.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    """
    answer = _create_secret(data)
    if answer[0] != 200 or not data.get("AddReplicaRegions"):
        return answer
    created = json.loads(answer[2])
    replicated = secretsmanager._replicate_secret_to_regions(
        {
            "SecretId": created["ARN"],
            "AddReplicaRegions": data["AddReplicaRegions"],
            "ForceOverwriteReplicaSecret": data.get("ForceOverwriteReplicaSecret", False),
        }
    )
    if replicated[0] != 200:
        return replicated
    return json_response(created | {"ReplicationStatus": json.loads(replicated[2])["ReplicationStatus"]})


def remove_regions(data: dict) -> tuple:
    """RemoveRegionsFromReplication: deletes the replicas in the named regions.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RemoveRegionsFromReplication.html
    """
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if not secret:
        return error_response_json("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400)
    if secretsmanager._is_replica(secret):
        return secretsmanager._replica_mutation_error()
    leaving = set(data.get("RemoveReplicaRegions") or [])
    statuses = secret["ReplicationStatus"]
    secretsmanager._delete_replicas(secret | {"ReplicationStatus": [s for s in statuses if s["Region"] in leaving]})
    secret["ReplicationStatus"] = [status for status in statuses if status["Region"] not in leaving]
    return json_response({"ARN": secret["ARN"], "ReplicationStatus": secret["ReplicationStatus"]})

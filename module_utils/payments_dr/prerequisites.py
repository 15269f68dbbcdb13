"""What an account must have before anything is deployed to it. Pure: AWS's answers in, sentences out."""

from __future__ import annotations

from typing import Any

# Lambda keeps this much of a region's concurrency for functions that reserve none.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
KEPT_UNRESERVED = 100


def missing(found: dict[str, Any], wanted: dict[str, Any], region: str) -> list[str]:
    """What is missing, each sentence naming the variable and the mend.

    `found`: caller (GetCallerIdentity), secret (DescribeSecret or None), zones (HostedZones), concurrency (unreserved,
    held). `wanted`: the module's options.
    """
    account = found["caller"]["Account"]
    if account != wanted["account_id"]:
        # Everything else would be looked up in the wrong account: say only this.
        return [
            f"account_id: the credentials lead to account {account}, not to {wanted['account_id']}; "
            "use credentials that may assume deploy_role_arn, or correct account_id"
        ]
    return [
        *_secret_errors(found["secret"], wanted, region),
        *_zone_errors(found["zones"], wanted["domain_name"]),
        *_concurrency_errors(found["concurrency"], wanted["reserved_concurrency"], region),
    ]


def _secret_errors(secret: dict[str, Any] | None, wanted: dict[str, Any], region: str) -> list[str]:
    name, replica_region = wanted["secret_name"], wanted.get("replica_region")
    if secret is None:
        return [
            f"database.secret_name: there is no secret {name} in {region}; create it with a JSON value of username and "
            "password, or correct the name"
        ]
    if secret.get("DeletedDate"):
        return [f"database.secret_name: {name} in {region} is scheduled for deletion; restore it"]
    if not replica_region:
        return []
    status = {one["Region"]: one.get("Status") for one in secret.get("ReplicationStatus", [])}.get(replica_region)
    if status == "InSync":
        return []
    state = f"its replica there is {status}" if status else "it has no replica there"
    return [
        f"database.secret_name: {name} must be replicated to {replica_region}, and {state}; the function in "
        f"{replica_region} could not log in after a failover (aws secretsmanager replicate-secret-to-regions "
        f"--region {region} --secret-id {name} --add-replica-regions Region={replica_region})"
    ]


def _zone_errors(zones: list[dict[str, Any]], domain_name: str) -> list[str]:
    public = [zone for zone in zones if not zone.get("Config", {}).get("PrivateZone")]
    if len(public) == 1:
        return []
    if public:
        return [f"domain_name: there are {len(public)} public hosted zones {domain_name}; keep the delegated one"]
    private = " (a private one does not serve clients)" if zones else ""
    return [
        f"domain_name: there is no public hosted zone {domain_name} in the account{private}; create and delegate "
        "it, or correct domain_name"
    ]


def _concurrency_errors(concurrency: tuple[int, int], reserved: int, region: str) -> list[str]:
    unreserved, held = concurrency
    available = unreserved + held - KEPT_UNRESERVED
    if reserved <= available:
        return []
    return [
        f"function.reserved_concurrency: {reserved} cannot be reserved in {region}, where {max(0, available)} can; "
        "lower it, or ask for a higher quota of concurrent executions"
    ]


def explain(message: str, code: str, unreachable: bool, options: dict[str, Any]) -> str:
    """A failed look-up in the words of the inventory: which variable to mend."""
    endpoint, role = options.get("endpoint_url"), options.get("assume_role_arn")
    if unreachable and endpoint:
        mend = options.get("endpoint_mend") or "Start it, or correct aws_endpoint_url."
        return f"aws_endpoint_url: nothing serves AWS at {endpoint}. {mend} {message}"
    if code in ("AccessDenied", "AccessDeniedException") and role:
        account = options["account_id"]
        return f"deploy_role_arn: {role} cannot be used with these credentials (account_id {account}). {message}"
    return message

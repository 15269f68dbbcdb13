"""What the request takes for granted: organization, database secret with its replica, hosted zone, deploy role.

Made once, through the same API that every client uses. The deploy role is made last: where it exists the seeds are
complete, and a later `up` leaves everything as it finds it (an engineer may have removed something on purpose).
"""

from __future__ import annotations

import json
import os
import secrets
import uuid

import botocore.config
import botocore.session
from botocore.exceptions import ClientError

from sandbox.config import REGIONS, Config

PASSWORD_BYTES = 24
DATABASE_USER = "payments"
OPERATOR = "sandbox-operator"


def session() -> botocore.session.Session:
    """Return a botocore session that reads nobody's profile."""
    return botocore.session.Session(
        session_vars={"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
    )


def client(
    config: Config,
    service: str,
    account: str,
    region: str = REGIONS[0],
    maker: botocore.session.Session | None = None,
    operator: bool = False,
):
    """Return a botocore client for the sandbox that acts as `account` (12 digits).

    operator: for the sandbox's own command line, whose calls no outage hinders.
    """
    return (maker or session()).create_client(
        service,
        region_name=region,
        endpoint_url=config.endpoint,
        aws_access_key_id=account,
        aws_secret_access_key="sandbox",
        aws_session_token=None,
        config=botocore.config.Config(proxies={}, user_agent_extra=OPERATOR if operator else None),
    )


def sow(config: Config) -> bool:
    """Make whatever is missing; return False when everything had been made before."""
    iam = client(config, "iam", config.accounts.production, operator=True)
    if _exists(lambda: iam.get_role(RoleName=config.deploy_role), "NoSuchEntity"):
        return False
    _organization(config)
    _secret(config)
    _zone(config)
    _deploy_role(config, iam)
    return True


def deploy_role_arn(config: Config) -> str:
    """Return the ARN of the role that Terraform and the playbooks assume in the production account."""
    return f"arn:aws:iam::{config.accounts.production}:role/{config.deploy_role}"


def _organization(config: Config) -> None:
    """See that the management account's organization has the production account, under the id that was chosen.

    CreateAccount invents an id; mends/organizations.py lets the sandbox name it by a tag.
    """
    organizations = client(config, "organizations", config.accounts.management, operator=True)
    accounts = {account["Id"] for account in organizations.list_accounts()["Accounts"]}
    if config.accounts.production not in accounts:
        organizations.create_account(
            AccountName="production",
            Email="production@example.com",
            Tags=[{"Key": "sandbox:account-id", "Value": config.accounts.production}],
        )


def _secret(config: Config) -> None:
    home, replica = REGIONS
    manager = client(config, "secretsmanager", config.accounts.production, home, operator=True)
    if _exists(lambda: manager.describe_secret(SecretId=config.secret_name), "ResourceNotFoundException"):
        return
    manager.create_secret(
        Name=config.secret_name,
        Description="Master user of the payments database; made by the sandbox, fetched by the deployment",
        SecretString=json.dumps({"username": DATABASE_USER, "password": _password(config)}),
        AddReplicaRegions=[{"Region": replica}],
    )


def _password(config: Config) -> str:
    """Return the password of this sandbox, made at first use and kept readable by its owner only."""
    if not config.password_file.exists():
        descriptor = os.open(config.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(PASSWORD_BYTES))
    return config.password_file.read_text()


def _zone(config: Config) -> None:
    route53 = client(config, "route53", config.accounts.production, operator=True)
    zones = route53.list_hosted_zones_by_name(DNSName=config.zone_name)["HostedZones"]
    if not any(zone["Name"] == f"{config.zone_name}." for zone in zones):
        route53.create_hosted_zone(Name=config.zone_name, CallerReference=str(uuid.uuid4()))


def _deploy_role(config: Config, iam) -> None:
    """Make the role that the deployment assumes, trusted by both accounts of the organization."""
    principals = [
        f"arn:aws:iam::{account}:root" for account in (config.accounts.management, config.accounts.production)
    ]
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "sts:AssumeRole"}],
    }
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.create_role(RoleName=config.deploy_role, AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName=config.deploy_role, PolicyName="deploy", PolicyDocument=json.dumps(everything))


def _exists(describe, missing_code: str) -> bool:
    """Tell whether `describe()` finds the thing; an error other than `missing_code` is raised."""
    try:
        describe()
    except ClientError as error:
        if error.response["Error"]["Code"] != missing_code:
            raise
        return False
    return True

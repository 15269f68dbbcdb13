"""AWS Organizations: accounts with chosen ids, and an organization that its member accounts can see."""

from __future__ import annotations

import json

from ministack.core.responses import get_account_id
from ministack.services import organizations

ACCOUNT_ID_TAG = "sandbox:account-id"


def apply() -> None:
    """Replace CreateAccount and DescribeOrganization."""
    organizations._DISPATCH["CreateAccount"] = create_account
    organizations._DISPATCH["DescribeOrganization"] = describe_organization


def create_account(payload: dict) -> tuple:
    """CreateAccount, under the id that the tag names: AWS invents one, but a sandbox's must be known beforehand.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
    """
    tags = payload.get("Tags") or []
    chosen = next((tag["Value"] for tag in tags if tag["Key"] == ACCOUNT_ID_TAG), None)
    if chosen is None:
        return organizations._create_account(payload)
    answer = organizations._create_account(payload | {"Tags": [tag for tag in tags if tag["Key"] != ACCOUNT_ID_TAG]})
    if answer[0] != 200:
        return answer
    status = organizations._create_statuses[json.loads(answer[2])["CreateAccountStatus"]["Id"]]
    invented = status["AccountId"]
    account = organizations._accounts.pop(invented)
    organizations._accounts[chosen] = account | {"Id": chosen, "Arn": account["Arn"].replace(invented, chosen)}
    attached = organizations._attachments[organizations.FULL_ACCESS_POLICY_ID]
    attached[attached.index(invented)] = chosen
    status["AccountId"] = chosen
    return organizations._json(200, {"CreateAccountStatus": status})


def describe_organization(payload: dict) -> tuple:
    """DescribeOrganization "can be called from any account in the organization"; the emulator gave each its own.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html
    """
    caller = get_account_id()
    for (owner, member), _ in organizations._accounts.to_dict().items():
        if member == caller and owner != caller:
            return organizations._json(200, {"Organization": dict(organizations._orgs.get_scoped(owner, "", "self"))})
    return organizations._describe_organization(payload)

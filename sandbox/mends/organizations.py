"""AWS Organizations: accounts with chosen ids, and an organization that its member accounts can see."""

from __future__ import annotations

from unittest import mock

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
    untagged = payload | {"Tags": [tag for tag in tags if tag["Key"] != ACCOUNT_ID_TAG]}
    with mock.patch.object(organizations, "new_uuid", return_value=chosen):
        return organizations._create_account(untagged)


def describe_organization(payload: dict) -> tuple:
    """DescribeOrganization "can be called from any account in the organization"; the emulator gave each its own.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html
    """
    caller = get_account_id()
    for (owner, member), _ in organizations._accounts.to_dict().items():
        if member == caller and owner != caller:
            return organizations._json(200, {"Organization": dict(organizations._orgs.get_scoped(owner, "", "self"))})
    return organizations._describe_organization(payload)

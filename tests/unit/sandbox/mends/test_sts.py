"""Roles that can be assumed, and those that cannot."""

import pytest
from botocore.exceptions import ClientError

DEPLOY_ROLE = "arn:aws:iam::222222222222:role/role-deploy"


def assume(sandbox, role, account):
    return sandbox.client("sts", account=account).assume_role(RoleArn=role, RoleSessionName="test")


@pytest.mark.parametrize("account", ["111111111111", "222222222222"])
def test_the_deploy_role_is_assumed_from_both_accounts(sandbox, account):
    arn = assume(sandbox, DEPLOY_ROLE, account)["AssumedRoleUser"]["Arn"]
    assert arn == "arn:aws:sts::222222222222:assumed-role/role-deploy/test"


@pytest.mark.parametrize(
    "role", ["arn:aws:iam::222222222222:role/nobody", "arn:aws:iam::333333333333:role/role-deploy"]
)
def test_a_role_that_does_not_exist_is_denied(sandbox, role):
    with pytest.raises(ClientError) as refused:
        assume(sandbox, role, "111111111111")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403

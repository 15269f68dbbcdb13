"""Two accounts of one organization, and the role that leads from one into the other."""

import pytest

from sandbox import seeds

MANAGEMENT, PRODUCTION = "111111111111", "222222222222"


def test_the_organization_has_both_accounts(sandbox):
    accounts = sandbox.client("organizations", account=MANAGEMENT).list_accounts()["Accounts"]
    assert {account["Id"] for account in accounts} == {MANAGEMENT, PRODUCTION}


def test_the_member_account_sees_the_same_organization(sandbox):
    seen = [
        sandbox.client("organizations", account=account).describe_organization()["Organization"]
        for account in (MANAGEMENT, PRODUCTION)
    ]
    assert seen[0] == seen[1]
    assert seen[0]["MasterAccountId"] == MANAGEMENT


@pytest.mark.parametrize("account", [MANAGEMENT, PRODUCTION])
def test_the_deploy_role_acts_in_production(sandbox, account):
    sts = sandbox.client("sts", account=account)
    assumed = sts.assume_role(RoleArn=seeds.deploy_role_arn(sandbox.config), RoleSessionName="test")["Credentials"]
    for service, region in (("secretsmanager", "us-east-1"), ("secretsmanager", "us-east-2")):
        acting = seeds.session().create_client(
            service,
            region_name=region,
            endpoint_url=sandbox.config.endpoint,
            aws_access_key_id=assumed["AccessKeyId"],
            aws_secret_access_key=assumed["SecretAccessKey"],
            aws_session_token=assumed["SessionToken"],
        )
        assert f":{PRODUCTION}:" in acting.describe_secret(SecretId="payments/aurora/master")["ARN"]
    assert sandbox.client("secretsmanager", account=MANAGEMENT).list_secrets()["SecretList"] == []

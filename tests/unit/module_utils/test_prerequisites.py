"""What an account must have, said in the inventory's words."""

import pytest
from ansible.module_utils.payments_dr import prerequisites

WANTED = {
    "account_id": "222222222222",
    "secret_name": "payments/aurora/master",
    "replica_region": "us-east-2",
    "domain_name": "payments.example.com",
    "reserved_concurrency": 20,
    "assume_role_arn": "arn:aws:iam::222222222222:role/role-deploy",
    "endpoint_url": None,
}
ZONE = {"Id": "/hostedzone/Z1", "Name": "payments.example.com.", "Config": {"PrivateZone": False}}
SECRET = {"ARN": "arn:x", "ReplicationStatus": [{"Region": "us-east-2", "Status": "InSync"}]}


def missing(wanted=None, **found):
    everything = {"caller": {"Account": "222222222222"}, "secret": SECRET, "zones": [ZONE], "concurrency": (1000, 0)}
    return prerequisites.missing(everything | found, WANTED | (wanted or {}), "us-east-1")


def test_a_complete_account_lacks_nothing():
    assert missing() == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"secret": None}, "database.secret_name: there is no secret payments/aurora/master in us-east-1"),
        (
            {"secret": SECRET | {"DeletedDate": 1}},
            "database.secret_name: payments/aurora/master in us-east-1 is scheduled",
        ),
        (
            {"secret": {"ARN": "x"}},
            "database.secret_name: payments/aurora/master must be replicated to us-east-2, and it has",
        ),
        (
            {"secret": {"ReplicationStatus": [{"Region": "us-east-2", "Status": "Failed"}]}},
            "database.secret_name: payments/aurora/master must be replicated to us-east-2, and its replica",
        ),
        ({"zones": []}, "domain_name: there is no public hosted zone payments.example.com in the account; create"),
        ({"zones": [ZONE | {"Config": {"PrivateZone": True}}]}, "domain_name: there is no public hosted zone"),
        ({"zones": [ZONE, ZONE]}, "domain_name: there are 2 public hosted zones"),
        ({"concurrency": (110, 0)}, "function.reserved_concurrency: 20 cannot be reserved in us-east-1, where 10 can"),
    ],
)
def test_what_is_missing_is_named_by_its_variable(found, said):
    (error,) = missing(**found)
    assert error.startswith(said)


def test_everything_missing_is_told_at_once():
    assert len(missing(secret=None, zones=[], concurrency=(100, 0))) == 3


def test_in_the_wrong_account_nothing_else_is_said():
    (error,) = missing(caller={"Account": "999999999999"}, secret=None, zones=[])
    assert error.startswith("account_id: the credentials lead to account 999999999999, not to 222222222222")


def test_the_dr_region_needs_no_replica_and_held_concurrency_counts_as_available():
    assert missing({"replica_region": None}, secret={"ARN": "x"}) == []
    assert missing(concurrency=(100, 20)) == []


@pytest.mark.parametrize(
    ("code", "unreachable", "options", "said"),
    [
        (
            "EndpointConnection",
            True,
            {"endpoint_url": "http://127.0.0.1:1"},
            "aws_endpoint_url: nothing serves AWS at http",
        ),
        (
            "EndpointConnection",
            True,
            {"endpoint_url": "http://h", "endpoint_mend": "Type make up."},
            "aws_endpoint_url: nothing serves AWS at http://h. Type make up.",
        ),
        ("AccessDenied", False, {}, "deploy_role_arn: arn:aws:iam::222222222222:role/role-deploy cannot be used"),
        ("NoCredentials", False, {}, "Could not sign in"),
        ("EndpointConnection", True, {}, "Could not sign in"),
    ],
)
def test_a_refusal_names_the_variable_where_one_is_to_blame(code, unreachable, options, said):
    assert prerequisites.explain("Could not sign in", code, unreachable, WANTED | options).startswith(said)

"""What a Terraform plan would do, and what of it is refused."""

import pytest
from ansible.module_utils.payments_dr import plan


def entry(address, actions, kind="aws_s3_bucket", mode="managed", **change):
    return {"address": address, "type": kind, "mode": mode, "change": {"actions": actions, **change}}


def changes(*entries):
    return plan.changes_in({"resource_changes": list(entries)})


@pytest.mark.parametrize(
    ("actions", "action"),
    [
        (["create"], "create"),
        (["update"], "update"),
        (["delete"], "delete"),
        (["delete", "create"], "replace"),
        (["create", "delete"], "replace"),
        (["forget"], "forget"),
    ],
)
def test_actions_are_told_in_one_word(actions, action):
    (change,) = changes(entry("aws_s3_bucket.log", actions))
    assert change.action == action


def test_what_does_nothing_is_left_out():
    assert changes(entry("a.b", ["no-op"]), entry("data.c.d", ["read"]), entry("data.e.f", ["read"], mode="data")) == []


@pytest.mark.parametrize("actions", [["delete"], ["delete", "create"], ["create", "delete"]])
@pytest.mark.parametrize("kind", sorted(plan.STATEFUL_TYPES))
def test_losing_what_holds_data_is_refused_unless_named(kind, actions):
    found = changes(entry("module.primary.x.y", actions, kind))
    assert [one.address for one in plan.refused(found, [])] == ["module.primary.x.y"]
    assert [one.address for one in plan.refused(found, ["module.dr.x.y"])] == ["module.primary.x.y"]
    assert plan.refused(found, ["module.primary.x.y"]) == []


def test_changing_what_holds_data_and_losing_what_does_not_are_allowed():
    found = changes(
        entry("aws_s3_bucket.log", ["update"]), entry("aws_route53_record.api", ["delete"], "aws_route53_record")
    )
    assert plan.refused(found, []) == []


def test_the_summary_counts_what_is_made_and_names_the_rest_without_values():
    found = changes(
        entry("module.dr.aws_subnet.a", ["create"], "aws_subnet"),
        entry("module.dr.aws_subnet.b", ["create"], "aws_subnet"),
        entry("module.primary.aws_subnet.b", ["create"], "aws_subnet"),
        entry("aws_vpc.lonely", ["create"], "aws_vpc"),
        entry(
            "aws_lambda_function.f",
            ["update"],
            "aws_lambda_function",
            before={"timeout": 1, "kept": 1, "secret": "old-secret"},
            after={"timeout": 2, "kept": 1, "secret": "new-secret"},
            after_unknown={"arn": True},
        ),
        entry("aws_s3_bucket.log", ["delete"], before={"bucket": "x"}),
    )
    assert plan.summary(found, ["topology"]) == [
        "+ create   3 aws_subnet (dr 2, primary 1)",
        "+ create   1 aws_vpc (global 1)",
        "~ update aws_lambda_function.f (arn, secret, timeout)",
        "- delete aws_s3_bucket.log   <- holds data",
        "outputs: topology",
        "4 to create, 1 to update, 0 to replace, 1 to delete",
    ]
    assert plan.totals(found) == {"create": 4, "update": 1, "replace": 0, "delete": 1}


def test_a_plan_without_changes_says_so():
    assert plan.summary([], []) == ["No changes: what stands is what the inventory asks for."]


def test_outputs_count_as_changes_of_their_own():
    outputs = {"same": {"actions": ["no-op"]}, "topology": {"actions": ["update"]}}
    assert plan.changed_outputs({"output_changes": outputs}) == ["topology"]
    assert plan.changed_outputs({}) == []

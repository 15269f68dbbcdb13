"""The walk over docs/requirements.md is only worth something if it can fail."""

import json

import pytest

from tests.scenarios import requirements_table as table

REQUEST = """\
# Preface, which asks for nothing. Nor does this.
## The design card

- shape: one thing, then
  another. Preferred language: Python.

## The request

> Hey team,
>
> We need a thing. It has **1.5+** parts,
> and more.
>
> 1. **First Layer - Things**
>    - A thing in us-east-1 (primary)
"""
TABLE = """\
| Sentence | Resource | File | What shows it | Test |
|---|---|---|---|---|
| Use `x` now | `module.*.aws_vpc.this`<br>`var.primary` | `Makefile` | `aws a --region $REGION` → `["b"]`<br>`aws c` → alike<br>`make d` | `tests/x.py::test_y`<br>**issue to come**: `z` |
"""  # noqa: E501 - a table's row is a line
ADDRESSES = {
    'module.primary.aws_vpc.this["a"]',
    'module.dr.aws_vpc.this["a"]',
    "module.dr.aws_eip.nat",
    "aws_sqs_queue.q",
}


def test_bullets_and_prose_are_split_into_sentences():
    assert table.sentences(REQUEST) == [
        "shape: one thing, then another.",
        "Preferred language: Python.",
        "We need a thing.",
        "It has **1.5+** parts, and more.",
        "A thing in us-east-1 (primary)",
    ]
    assert table.titles(REQUEST) == ["1. First Layer - Things"]


def test_a_row_is_what_its_cells_say():
    (row,) = table.rows(TABLE)
    assert row.sentence == "Use `x` now"
    assert row.resources == ("module.*.aws_vpc.this", "var.primary")
    assert row.files == ("Makefile",)
    assert [(one.text, one.prints, one.alike) for one in row.commands] == [
        ("aws a --region $REGION", '["b"]', False),
        ("aws c", None, True),
        ("make d", None, False),
    ]
    assert [one.in_both_regions for one in row.commands] == [True, False, False]
    assert row.tests == ("tests/x.py::test_y",)
    assert row.to_come


def test_a_row_that_lacks_a_column_is_refused():
    with pytest.raises(ValueError, match="5 columns"):
        table.rows("| Use it | `x` | `Makefile` | `aws a` |")


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [
        (["module.*.aws_vpc.this", 'module.dr.aws_vpc.this["a"]', "module.primary", "output.regions"], []),
        (["var.primary", "provider.aws.dr", "ephemeral.aws_secretsmanager_secret_version.database"], []),
        (["module.*.aws_eip.nat"], ["module.*.aws_eip.nat"]),
        (
            ["aws_sqs_queue.other", 'module.dr.aws_vpc.this["b"]'],
            ["aws_sqs_queue.other", 'module.dr.aws_vpc.this["b"]'],
        ),
        (["var.nothing", "provider.aws.other", "output.none"], ["var.nothing", "provider.aws.other", "output.none"]),
    ],
)
def test_a_resource_that_is_not_there_is_named(wanted, missing):
    assert table.unknown_resources(wanted, ADDRESSES, {"regions"}) == missing


def test_a_test_that_is_not_there_is_named():
    here = "tests/unit/scenarios/test_requirements_table.py"
    there = [f"{here}::test_a_test_that_is_not_there_is_named", "terraform/tests/failover.tftest.hcl::failover"]
    there += [f"{here}::test_a_row_is_what_its_cells_say[module.primary]"]
    gone = [f"{here}::test_nothing", "tests/nothing.py::test_nothing"]
    gone += [f"{here}::test_a_row_is_what_its_cells_say[{'no such case ' * 2}]"]
    assert table.missing_tests([*there, *gone]) == gone


@pytest.mark.parametrize(
    ("printed", "wanted", "fits"),
    [
        ('["arn:aws:rds:us-east-1:1:cluster:a"]', '["arn:aws:rds:us-east-1:*:cluster:a"]', True),
        ('["arn:aws:rds:us-east-1::cluster:a"]', '["arn:aws:rds:us-east-1:*:cluster:a"]', False),
        ('["a", "b"]', '["a"]', False),
        ("120000.0", "120000", True),
        ("false", "true", False),
        ('{"a": [1]}', '{"a": [1]}', True),
        ('{"a": [1], "b": 2}', '{"a": [1]}', False),
        ("null", '"*"', False),
    ],
)
def test_what_is_printed_is_compared(printed, wanted, fits):
    assert table.fits(json.loads(printed), json.loads(wanted)) is fits


@pytest.mark.parametrize(
    "printed", ["", "null", '""', "[]", "{}", "0", "false", "[null]", '[["a", null]]', '[["a", []]]']
)
def test_nothing_is_no_answer(printed):
    assert not table.tells(table.as_json(printed))


@pytest.mark.parametrize("printed", ['"a"', "7", "true", '[["a", 0, false]]', '{"a": "b"}'])
def test_something_is(printed):
    assert table.tells(table.as_json(printed))


def test_names_are_expanded_as_a_shell_would():
    assert table.expand("a-$REGION ${REGION}a", {"REGION": "us-east-1"}) == "a-us-east-1 us-east-1a"
    with pytest.raises(KeyError, match="TYPO"):
        table.expand("$TYPO", {})

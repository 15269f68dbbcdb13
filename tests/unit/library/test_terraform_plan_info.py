"""A saved plan, read through a program that answers as Terraform does."""

import json

import pytest
import terraform_plan_info

from tests.unit.library.running import run, undocumented

PLAN = {
    "resource_changes": [
        {"address": "aws_s3_bucket.log", "type": "aws_s3_bucket", "mode": "managed", "change": {"actions": ["delete"]}}
    ],
    "output_changes": {"topology": {"actions": ["update"]}},
}


@pytest.fixture
def options(tmp_path):
    program = tmp_path / "terraform"
    shown = json.dumps(PLAN)
    program.write_text(
        f"#!/bin/sh\n[ \"$*\" = 'show -json plan' ] || {{ echo no such plan >&2; exit 1; }}\necho '{shown}'\n"
    )
    program.chmod(0o755)
    return {"project_path": str(tmp_path), "plan_file": "plan", "binary_path": str(program)}


def read(options, **more):
    # An absolute path in real life; the program above only knows this one.
    return run(terraform_plan_info, options | more, aws=False)


def test_it_says_what_would_be_done_and_what_is_refused(options):
    result = read(options)
    assert result["has_changes"] is True
    assert result["totals"] == {"create": 0, "update": 0, "replace": 0, "delete": 1}
    assert result["refused"] == ["aws_s3_bucket.log"]
    assert result["outputs"] == ["topology"]
    result["totals"] = {}
    assert undocumented(terraform_plan_info, result) == []


def test_what_is_named_is_allowed(options):
    assert read(options, allowed=["aws_s3_bucket.log"])["refused"] == []


def test_a_plan_that_cannot_be_read_fails_with_terraforms_words(options):
    result = read(options, plan_file="other")
    assert result["failed"]
    assert "no such plan" in result["msg"]

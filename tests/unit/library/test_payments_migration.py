"""The database is migrated through the function, and what the function says is told."""

import io
import json
from unittest import mock

import payments_migration
import pytest
from botocore.client import BaseClient

from tests.unit.library.running import run, undocumented

OPTIONS = {"region": "us-east-1", "function_name": "lambda-payments-us-east-1-unit-a1"}


def migrate(answer, check_mode=False, error=None):
    """(the module's result, what was invoked) with a function that gives `answer`."""
    invoked = []

    def invoke(_client, operation, parameters):
        invoked.append((operation, parameters["FunctionName"], json.loads(parameters["Payload"])))
        reply = {"Payload": io.BytesIO(json.dumps(answer).encode())}
        return reply | ({"FunctionError": error} if error else {})

    with mock.patch.object(BaseClient, "_make_api_call", invoke):
        return run(payments_migration, OPTIONS, check_mode=check_mode), invoked


@pytest.mark.parametrize(
    ("answer", "changed"),
    [
        ({"status": "migrated", "schema_version": 1, "applied": [1]}, True),
        ({"status": "current", "schema_version": 1, "applied": []}, False),
        ({"status": "standby"}, False),
    ],
)
def test_what_the_function_did_is_told(answer, changed):
    result, invoked = migrate(answer)
    assert invoked == [("Invoke", OPTIONS["function_name"], {"action": "migrate"})]
    assert result["changed"] is changed
    assert result["status"] == answer["status"]
    assert result["applied"] == answer.get("applied", [])
    assert undocumented(payments_migration, result) == []


def test_a_function_that_failed_is_a_failure_with_its_words():
    result, _invoked = migrate({"errorMessage": "migrate: database_unreachable"}, error="Unhandled")
    assert result["failed"]
    assert f"{OPTIONS['function_name']} failed: migrate: database_unreachable" in result["msg"]


def test_check_mode_invokes_nothing():
    result, invoked = migrate({}, check_mode=True)
    assert invoked == []
    assert result == {"changed": False, "status": "skipped", "applied": []}

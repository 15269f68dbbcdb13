"""A function's log is complete when it answers, and a function that logs nothing does not wait for it."""

import base64
import io
import json
import time
import zipfile

import pytest

HANDLER = """
import sys

def handler(event, context):
    for number in range(event["lines"]):
        print("line", number, "x" * 100)
    if event.get("fail"):
        raise RuntimeError("on purpose")
    if event.get("die"):
        print("last words")
        sys.stdout.flush()
        __import__("os")._exit(1)
    return event["lines"]
"""
#: Seconds that the emulator itself waited for the log of a function that logs nothing.
SILENCE = 0.05


@pytest.fixture(scope="module")
def invoke(sandbox):
    """Call it: the payload, the whole log, the seconds it took."""
    client, packed = sandbox.client("lambda"), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", HANDLER)
    client.create_function(
        FunctionName="lambda-runtime",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::222222222222:role/lambda",
        Code={"ZipFile": packed.getvalue()},
    )

    def call(**event):
        started = time.perf_counter()
        answer = client.invoke(FunctionName="lambda-runtime", LogType="Tail", Payload=json.dumps(event))
        took = time.perf_counter() - started
        return json.loads(answer["Payload"].read()), base64.b64decode(answer.get("LogResult", "")).decode(), took

    yield call
    client.delete_function(FunctionName="lambda-runtime")


@pytest.mark.parametrize("fail", [False, True])
def test_the_log_is_whole_and_says_nothing_of_its_end(invoke, fail):
    log = invoke(lines=20, fail=fail)[1]
    assert [line.split()[1] for line in log.splitlines() if line.startswith("line")] == [str(n) for n in range(20)]
    assert "end of invocation" not in log


def test_each_invocation_has_its_own_lines(invoke):
    assert [invoke(lines=count)[1].count("line ") for count in (3, 0, 1)] == [3, 0, 1]


def test_a_function_that_logs_nothing_answers_at_once(invoke):
    assert min(invoke(lines=0)[2] for _ in range(10)) < SILENCE


def test_what_a_dying_function_said_is_not_lost(invoke):
    payload, log, _ = invoke(lines=1, die=True)
    assert "errorMessage" in payload
    assert "last words" in log
    assert invoke(lines=2)[0] == 2, "the next invocation has a new execution environment"

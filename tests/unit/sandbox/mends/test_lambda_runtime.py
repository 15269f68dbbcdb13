"""A function's log is complete when it answers, and a function that logs nothing does not wait for it."""

import base64
import io
import json
import time
import zipfile

import pytest
from ministack.core import lambda_runtime

from sandbox.mends.lambda_runtime import lease

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
#: The emulator's own, whether or not it is mended in this process.
INNER = getattr(lambda_runtime.acquire_worker, "args", [lambda_runtime.acquire_worker])[0]
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


@pytest.fixture
def started(monkeypatch):
    """Execution environments without a process; those that were killed."""

    class Environment:
        def __init__(self, name, config, code):
            self.config, self.code_zip, self.in_use = config, code, False

    killed = []
    monkeypatch.setattr(lambda_runtime, "_workers", {})
    monkeypatch.setattr(lambda_runtime, "_worker_class_for", lambda config: Environment)
    monkeypatch.setattr(lambda_runtime, "kill_workers", killed.extend)
    return killed


def leased(code, **variables):
    """What an event gets whose function has this code and these variables; given back at once."""
    arn = "arn:aws:lambda:us-east-1:222222222222:function:f"
    worker, how = lease(INNER, "f", {"FunctionArn": arn, "Environment": {"Variables": variables}}, code)
    worker.in_use = False
    return worker, how


@pytest.mark.parametrize("other", [{"code": b"new"}, {"code": b"old", "MODE": "new"}])
def test_an_environment_of_an_older_function_is_not_used_again(started, other):
    old, _ = leased(b"old")
    new, how = leased(**other)
    assert (how, started) == ("spawn", [old])
    assert leased(**other) == (new, "reused")


def test_an_environment_that_is_in_use_is_left_alone(started):
    old, _ = leased(b"old")
    old.in_use = True
    assert leased(b"new")[1] == "spawn"
    assert started == []

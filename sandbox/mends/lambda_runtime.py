"""Lambda: an invocation is over when the function says so, not when its log has been silent for a while; and it runs
the code that the function has by then."""

from __future__ import annotations

import functools
import queue
import secrets
import time

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from sandbox.errors import SandboxError

# Unknown to every function, so that none can print it by chance.
END = f"end of invocation {secrets.token_hex(16)}"
#: Seconds. For the log of a function that died before it could end it.
PATIENCE = 0.25
# Where the emulator's runtime writes what the handler returned, or failed with.
RETURNED = "            result = handler_fn(event, context)\n"
FAILED = """
        except Exception as e:
            _real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace\""""
SAY_END = f"print({END!r}, file=sys.stderr, flush=True)\n"


def apply() -> None:
    """Have the runtime end each invocation's log, the emulator read up to that end, and no old code be run again."""
    lambda_runtime._PYTHON_WORKER_SCRIPT = marking(lambda_runtime._PYTHON_WORKER_SCRIPT)
    worker = lambda_runtime.Worker
    worker._drain_stderr_bounded = functools.partialmethod(drain, worker._drain_stderr_bounded)
    lambda_runtime.acquire_worker = functools.partial(lease, lambda_runtime.acquire_worker)
    lambda_svc.acquire_worker = lambda_runtime.acquire_worker


def marking(script: str) -> str:
    """Return the runtime's script with a last line in the log before every result."""
    caught, _, reported = FAILED.rpartition("\n")
    mended = script.replace(RETURNED, f"{RETURNED}            {SAY_END}")
    mended = mended.replace(FAILED, f"{caught}\n            {SAY_END}{reported}")
    if mended.count(END) != 2:
        raise SandboxError("the emulator's runtime for Python is not the one that mends/lambda_runtime.py knows")
    return mended


def drain(worker, inner, *arguments) -> str:
    """Return the log of the invocation that just ended.

    The emulator waited 5 ms after the last line, and 50 ms for a function that logs nothing; and lost what came later
    than that. AWS's runtimes take one or two milliseconds.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """
    if not worker.config.get("Runtime", "").startswith("python"):
        return inner(worker, *arguments)
    lines: list[str] = []
    ends = time.monotonic() + PATIENCE
    while (left := ends - time.monotonic()) > 0:
        try:
            line = worker._stderr_queue.get(timeout=left)
        except queue.Empty:
            break
        if line == END:
            break
        lines.append(line)
    return "\n".join(lines)


def lease(inner, name: str, config: dict, code: bytes, qualifier: str = "$LATEST", max_concurrency: int | None = None):
    """Return a free execution environment of this code and these variables, or start one.

    An update ends the environments that there are. But an event that waited for its turn meanwhile carries the function
    as it was: the environment that was started for it stayed, and served every later event with the old code.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """
    with lambda_runtime._lock:
        pool = lambda_runtime._workers.get(lambda_runtime._worker_key(name, config, qualifier), [])
        old = [worker for worker in pool if not worker.in_use and not _runs(worker, config, code)]
        pool[:] = [worker for worker in pool if worker not in old]
    lambda_runtime.kill_workers(old)
    return inner(name, config, code, qualifier=qualifier, max_concurrency=max_concurrency)


def _runs(worker, config: dict, code: bytes) -> bool:
    return worker.code_zip == code and worker.config.get("Environment") == config.get("Environment")

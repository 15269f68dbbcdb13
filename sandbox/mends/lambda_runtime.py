"""Lambda: an invocation is over when the function says so, not when its log has been silent for a while."""

from __future__ import annotations

import functools
import queue
import secrets
import time

from ministack.core import lambda_runtime

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
    """Have the runtime end each invocation's log, and the emulator read up to that end."""
    lambda_runtime._PYTHON_WORKER_SCRIPT = marking(lambda_runtime._PYTHON_WORKER_SCRIPT)
    worker = lambda_runtime.Worker
    worker._drain_stderr_bounded = functools.partialmethod(drain, worker._drain_stderr_bounded)


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

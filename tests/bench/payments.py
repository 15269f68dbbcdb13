"""How fast payments are, against a bare script, and the proof that many of them are right."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from tests.scenarios import books, crowd
from tests.scenarios.conftest import Sandbox, clean_environment, exported, sandbox_command, topology
from tests.scenarios.keep_alive import Client
from tests.scenarios.looking import PRIMARY

from . import cold_start, load
from .payment_figures import ColdStart, Proof, aims_table, latency_table, proof_text, throughput_table
from .sides import BUILT, fresh

FOLDER = BUILT / "payments"
ROUNDS, EACH = 6, 50
CLIENTS, CLIENTS_SECONDS = (1, 4, 16), 10
COLD_STARTS = 15
PROOF_CLIENTS = 8
#: Payments between two lines of progress.
PORTION = 1000


class Disagreement(Exception):  # noqa: N818 - says what happened
    """The books do not agree; the message has every sentence of what is wrong."""


def measure(payments: int, seed: int) -> str:
    """Deploy, measure, prove; say what was seen. Raises CommandFailed, Disagreement."""
    print(f"payments, about fifteen minutes; logs in {FOLDER}", flush=True)
    with fresh(FOLDER) as side:
        side.playbook("deploy.yml for payments", "deploy")
        own = FOLDER / "sandbox"
        sandbox = Sandbox(own, side.deployer, exported(sandbox_command(own, "env")))
        return figures(sandbox, FOLDER / "package/payments.zip", payments, seed)


def figures(sandbox: Sandbox, package: Path, payments: int, seed: int) -> str:
    """What a deployment of `package` does. The proof comes last: 10,000 payments fill the emulator's memory."""
    latencies = load.latencies(sandbox, ROUNDS, EACH)
    print(latency_table(latencies), flush=True)
    runs = [load.throughput(lambda: Client(sandbox), clients, CLIENTS_SECONDS) for clients in CLIENTS]
    print(throughput_table(runs), flush=True)
    cold = ColdStart(*cold_start.measured(_unpacked(package), environment(sandbox), COLD_STARTS))
    aims = aims_table(latencies, cold, package.stat().st_size)
    print(aims, flush=True)
    proof = proven(sandbox, payments, seed)
    return "\n\n".join([aims, latency_table(latencies), throughput_table(runs), proof_text(proof)])


def _unpacked(package: Path) -> Path:
    return cold_start.unpacked(package, FOLDER / "unpacked")


def environment(sandbox: Sandbox) -> dict[str, str]:
    """The function's own variables, and the way to the local AWS; starting asks it for nothing."""
    name = topology(sandbox)["regions"][PRIMARY]["function"]
    config = sandbox.client("lambda", PRIMARY).get_function_configuration(FunctionName=name)
    return clean_environment() | dict(sandbox.engineer) | config["Environment"]["Variables"]


def proven(sandbox: Sandbox, payments: int, seed: int) -> Proof:
    """Clients that go away, ask again and share keys; then the books. Raises Disagreement."""
    lived, started = crowd.Experience(), time.monotonic()
    for first in range(0, payments, PORTION):
        count = min(PORTION, payments - first)
        errands = crowd.plan(f"proof-{seed}-{first}", count, PROOF_CLIENTS, seed + first)
        portion = crowd.pay(errands, lambda: Client(sandbox))
        lived.told += portion.told
        lived.happened += portion.happened
        lived.complaints += portion.complaints
        print(f"  {first + count:,} of {payments:,} payments, {time.monotonic() - started:.0f} s", flush=True)
    took = time.monotonic() - started
    wrong = [*lived.complaints, *books.proven(sandbox, lived.told, f"proof-{seed}-")]
    if wrong:
        raise Disagreement("The books do not agree:\n" + "\n".join(wrong))
    print(f"  all books agree, {time.monotonic() - started:.0f} s", flush=True)
    return Proof(payments, PROOF_CLIENTS, Counter(lived.happened), took)

"""The writer is killed, restarted and frozen while clients pay: nothing acknowledged is lost, nothing is paid twice."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from .api import Api
from .conftest import topology
from .looking import DR, PRIMARY, eventually, log_objects, rows, waiting
from .payers import Payers
from .writer import Writer

pytestmark = pytest.mark.usefixtures("by_hand")

CLIENTS = 4
# Aurora restarts an instance in less than a minute; the local server is quicker than that.
RECOVERY_SECONDS = 30
LEDGER = "SELECT idempotency_key, CAST(id AS text) FROM payments WHERE idempotency_key LIKE :prefix || '-%'"
OUTBOX = "SELECT CAST(payment_id AS text) FROM outbox"


@pytest.fixture(scope="module")
def api(deployment, sandbox):
    """The region's own address: the API's name moves away when an outage lasts."""
    made = Api(sandbox, PRIMARY)
    warm_up(made)
    return made


def warm_up(api):
    """Have as many execution environments as the scenarios need: starting one is not the function's own time."""
    with ThreadPoolExecutor(CLIENTS + 2) as clients:  # Route 53 comes, too

        def all_are_well():
            return {one.status for one in clients.map(lambda _: api.request("GET", "/health"), range(20))} == {200}

        eventually(all_are_well, "the function to be warm")


@pytest.fixture(scope="module")
def writer(api, sandbox):
    return Writer(sandbox)


@pytest.fixture
def agrees(sandbox):
    """Hold what clients were told against ledger and log, and every answer against the function's own time-out."""

    def compare(payers):
        ledger = dict(rows(sandbox, PRIMARY, LEDGER, prefix=payers.prefix))
        assert ledger == payers.acknowledged
        outbox = {identifier for (identifier,) in rows(sandbox, PRIMARY, OUTBOX)}
        logged = {key.rsplit("/", 1)[-1].removesuffix(".json") for key in log_objects(sandbox)}
        assert set(ledger.values()) <= logged | outbox
        assert payers.slowest < time_out(sandbox)

    return compare


def time_out(sandbox):
    """The function's, and a second for the way there; as much longer as others compute beside us."""
    name = topology(sandbox)["regions"][PRIMARY]["function"]
    own = sandbox.client("lambda").get_function_configuration(FunctionName=name)["Timeout"]
    return own + max(1.0, waiting())


@pytest.mark.parametrize("harm", [Writer.kill, Writer.restart], ids=["killed", "restarted"])
def test_a_writer_that_ends_under_load(api, writer, agrees, harm):
    with Payers(api, CLIENTS) as payers:
        for _ in range(2):
            payers.go_on(20, RECOVERY_SECONDS)
            before = writer.pid()
            harm(writer)
            payers.go_on(20, RECOVERY_SECONDS)
            assert writer.pid() != before
    agrees(payers)


def test_a_writer_that_freezes_for_a_moment_under_load(api, writer, agrees):
    """Three seconds: longer than the function waits on a connection, shorter than it waits in all."""
    with Payers(api, CLIENTS) as payers:
        payers.go_on(20, RECOVERY_SECONDS)
        with writer.frozen():
            time.sleep(3)
        payers.go_on(20, RECOVERY_SECONDS)
    agrees(payers)


def test_route_53_sits_out_half_a_minute_and_leaves_after_a_minute(api, writer, agrees, sandbox):
    """A frozen writer under load, with checks of 10 s x 6. Who kept to the region is served as soon as it is back.

    In real time: a sandbox that hurries asks more of the machine than of Route 53. It comes last, since the name takes
    another minute to lead back.
    """
    public, here, there = Api(sandbox), api.address(), Api(sandbox, DR).address()
    eventually(lambda: public.address() == here, "the name leads to the primary", 90)
    with Payers(api, CLIENTS) as payers:
        payers.go_on(20, RECOVERY_SECONDS)
        with writer.frozen():
            half_a_minute = time.monotonic() + 30
            while time.monotonic() < half_a_minute:
                assert public.address() == here
                time.sleep(0.5)
            eventually(lambda: public.address() == there, "the name leads to the standby", 60)
        payers.go_on(20, RECOVERY_SECONDS)
    agrees(payers)
    assert payers.refusals <= {"database-timeout", "idempotency-key-in-flight"}

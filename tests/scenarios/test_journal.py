"""A payment is in the other region's journal before it is acknowledged, and what becomes of it where it cannot be."""

import contextlib
import datetime
import itertools
import json

import pytest

from module_utils.payments_dr.epoch import Epoch, EpochTaken, next_epoch, put, read
from module_utils.payments_dr.reconciliation_sources import plain

from .api import Api
from .conftest import topology
from .looking import DR, PRIMARY, eventually, rows
from .stagehand import Stagehand

pytestmark = pytest.mark.usefixtures("by_hand")

#: Until CloudWatch has what the function counted, and what a busy machine adds.
METRIC_SECONDS = 90
#: A peer that does not answer within a second, as on a busy machine, is left alone for two: payments go on without it.
REST_SECONDS = 2.5
#: Until the schedule has journaled what was acknowledged meanwhile.
REPAIR_SECONDS = 150
OUTBOX = "SELECT journaled FROM outbox WHERE payment_id = CAST(:id AS uuid)"
AGE = "UPDATE outbox SET created_at = now() - interval '1 minute' WHERE payment_id = CAST(:id AS uuid)"
PAID = "SELECT count(*) FROM payments WHERE idempotency_key = :key"


class Journal:
    """Both regions' tables, seen and changed by somebody whom no outage hinders."""

    def __init__(self, sandbox) -> None:
        self.stagehand = Stagehand(sandbox)
        self.topology = self.stagehand.topology
        self.clients = {region: self.stagehand.client("dynamodb", region) for region in (PRIMARY, DR)}

    def entry(self, key: str, region: str = DR) -> dict:
        """What the journal of a region has under an idempotency key, as plain values; {} when it has nothing."""
        answer = self.clients[region].get_item(
            TableName=self.topology.journal_table(region), Key={"idempotency_key": {"S": key}}, ConsistentRead=True
        )
        return plain(answer.get("Item", {}))

    def epoch(self, region: str) -> Epoch:
        return read(self.clients[region], self.topology.epoch_table(region))

    def begin(self, active: str, *regions: str) -> None:
        """The next epoch, in some of the regions, as a promotion begins it; again where somebody else was quicker."""
        eventually(lambda: self._begun(active, regions), f"an epoch of {active}")

    def _begun(self, active: str, regions: tuple[str, ...]) -> bool:
        known = {region: self.epoch(region) for region in (PRIMARY, DR)}
        at = datetime.datetime.now(datetime.UTC).isoformat()
        new = next_epoch(list(known.values()), active, replayed=True, by="tests", why="scenario", at=at)
        try:
            for region in regions:
                put(self.clients[region], self.topology.epoch_table(region), new, known[region].number)
        except EpochTaken:
            return False
        return True


@pytest.fixture(scope="module")
def journal(deployment, sandbox):
    return Journal(sandbox)


@pytest.fixture
def api(deployment, sandbox):
    return Api(sandbox)


@pytest.fixture
def apart(journal):
    """Lets the two regions be apart for the length of a with."""

    @contextlib.contextmanager
    def partition():
        journal.stagehand.out(DR, "partition")
        try:
            yield
        finally:
            journal.stagehand.restore(DR)

    return partition


@pytest.fixture
def strict(sandbox):
    """The function refuses what it cannot journal, as with `durability: strict` in the inventory."""
    functions, name = sandbox.client("lambda"), topology(sandbox)["regions"][PRIMARY]["function"]
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    assert before["DURABILITY"] == "available"
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": before | {"DURABILITY": "strict"}}
    )
    yield
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})


def counted(sandbox, metric: str) -> float:
    """How often us-east-1's function has counted something in the last hour."""
    now = datetime.datetime.now(datetime.UTC)
    points = sandbox.client("cloudwatch").get_metric_statistics(
        Namespace="Payments",
        MetricName=metric,
        Dimensions=[{"Name": "service", "Value": topology(sandbox)["regions"][PRIMARY]["function"]}],
        StartTime=now - datetime.timedelta(hours=1),
        EndTime=now + datetime.timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def repair(sandbox) -> None:
    """What the schedule does every minute."""
    function = topology(sandbox)["regions"][PRIMARY]["function"]
    answer = sandbox.client("lambda").invoke(FunctionName=function, Payload=json.dumps({"action": "repair"}))
    assert "FunctionError" not in answer, answer["Payload"].read()


def acknowledged(api, key):
    """The answer; whoever is told to come later does."""
    return eventually(lambda: answer if (answer := api.pay(key)).status == 201 else None, f"{key} to be acknowledged")


def test_an_acknowledged_payment_is_in_the_other_regions_journal(api, journal, sandbox):
    keys = (f"journaled-1-{number}" for number in itertools.count())

    def journaled():
        key = next(keys)
        answer = api.pay(key, metadata={"order": "1"})
        assert answer.status == 201, answer
        return (key, answer, entry) if (entry := journal.entry(key)) else None

    key, answer, entry = eventually(journaled, "a payment's entry by its answer", 4 * REST_SECONDS, REST_SECONDS)
    kept = {name: entry[name] for name in ("id", "region", "created_at", "currency", "reference", "status", "amount")}
    assert kept == {name: answer.body[name] for name in kept} | {"amount": "1250"}
    assert json.loads(entry["metadata"]) == {"order": "1"}
    assert int(entry["epoch"]) == journal.epoch(DR).number
    assert journal.entry(key, PRIMARY) == {}, "a region's own database has it already"
    eventually(lambda: not rows(sandbox, PRIMARY, OUTBOX, id=answer.body["id"]), "the outbox without it")


def test_available_goes_on_while_dns_leads_here_and_journals_later(api, journal, apart, sandbox):
    before = counted(sandbox, "PaymentsUnjournaled")
    with apart():
        answer = acknowledged(api, "journaled-2")
    assert journal.entry("journaled-2") == {}
    assert rows(sandbox, PRIMARY, OUTBOX, id=answer.body["id"]) == [[False]]
    eventually(lambda: counted(sandbox, "PaymentsUnjournaled") > before, "the metric", METRIC_SECONDS)

    rows(sandbox, PRIMARY, AGE, id=answer.body["id"])

    def journaled():
        repair(sandbox)  # again, since a peer that did not answer is left alone for a moment
        return journal.entry("journaled-2")

    assert eventually(journaled, "its entry")["id"] == answer.body["id"]
    assert rows(sandbox, PRIMARY, OUTBOX, id=answer.body["id"]) == []
    assert api.pay("journaled-2").body == answer.body


def test_strict_takes_none_and_the_retry_is_charged_once(api, journal, apart, strict, sandbox):
    with apart():
        refused = [api.pay("journaled-3") for _ in range(2)]
    assert {(one.status, one.body["code"]) for one in refused} == {(503, "journal-unreachable")}
    assert all(int(one.headers["retry-after"]) > 0 for one in refused)
    assert journal.entry("journaled-3") == {}
    answer = acknowledged(api, "journaled-3")
    assert journal.entry("journaled-3")["id"] == answer.body["id"]
    assert rows(sandbox, PRIMARY, PAID, key="journaled-3") == [[1]]


def test_a_region_that_does_not_know_of_its_successor_is_refused_by_the_journal(api, journal, sandbox):
    """us-east-2 has begun an epoch, and us-east-1 still believes in its own: woken, or cut off from who promoted."""
    before = counted(sandbox, "JournalRefused")
    journal.begin(DR, DR)
    try:

        def committed_and_refused():
            answer = api.pay("journaled-4-0")
            return answer if answer.status == 503 else None

        first = eventually(committed_and_refused, "a refusal by the journal", pause=REST_SECONDS)
        refused = [first, *(api.pay(f"journaled-4-{number}") for number in (1, 2))]
        assert {(one.status, one.body["code"]) for one in refused} == {(503, "fenced")}
        assert [journal.entry(f"journaled-4-{number}") for number in range(3)] == [{}, {}, {}]
    finally:  # soon: who was refused says so at /health, and DNS would leave a region that goes on saying it
        journal.begin(PRIMARY, PRIMARY, DR)
    eventually(lambda: counted(sandbox, "JournalRefused") > before, "the metric", METRIC_SECONDS)
    answer = acknowledged(api, "journaled-4-0")
    entry = eventually(lambda: journal.entry("journaled-4-0"), "its entry under the new epoch", REPAIR_SECONDS)
    assert entry["id"] == answer.body["id"]
    assert rows(sandbox, PRIMARY, PAID, key="journaled-4-0") == [[1]]


def test_a_region_whose_epoch_names_the_other_takes_nothing(api, journal):
    keys = (f"journaled-5-{number}" for number in itertools.count())

    def fenced():
        if journal.epoch(PRIMARY).active != DR:  # the failover function where the writer is claims it, once a minute
            journal.begin(DR, PRIMARY, DR)
        key = next(keys)
        told = api.pay(key), api.request("GET", "/health")
        return (key, told) if {one.body.get("code") for one in told} == {"fenced"} else None

    try:
        # An answer that names the region holds for two seconds; what comes in those is refused by the journal.
        key, (refused, health) = eventually(fenced, "a region that knows that the other one is named")
        assert (refused.status, health.status, health.body["region"]) == (503, 503, PRIMARY)
        assert journal.entry(key) == {}
    finally:
        journal.begin(PRIMARY, PRIMARY, DR)
    acknowledged(api, "journaled-5")

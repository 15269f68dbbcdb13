"""The journals and the epoch items, as DynamoDB has them (moto), and what becomes of its refusals."""

import datetime
import itertools
import time
import uuid

import pytest
from ansible.module_utils.payments_dr import epoch as recovery
from ansible.module_utils.payments_dr.reconciliation_sources import plain
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

REGION, PEER = "us-east-1", "us-east-2"
MOMENT = datetime.datetime(2026, 11, 22, 10, 0, 0, 120_000, datetime.UTC)


@pytest.fixture
def modules(package, function):
    """Those that the function of the other fixtures has imported."""
    return package


@pytest.fixture
def entry(modules):
    """Make one, under a key of its own."""
    store = modules("store")

    def make(key="key", **changes):
        given = {
            "id": uuid.uuid4(), "status": "accepted", "region": REGION, "created_at": MOMENT, "amount": 1250,
            "currency": "USD", "reference": "Ünïcödé 💶", "metadata": {"b": "2", "a": ""},
        }  # fmt: skip
        return store.Entry(store.Payment(**given | changes), key, bytes(range(32)))

    return make


@pytest.fixture
def peer(modules, aws):
    """The peer's journal as us-east-1 writes it, and how often its client was asked for."""
    journal = modules("journal")
    return journal.PeerJournal(lambda: aws.there.client, journal.Tables("journal", "epoch"), REGION, 35)


def test_an_entry_comes_back_as_it_was(modules, aws, peer, entry):
    journal, one = modules("journal"), entry()
    peer.put([one], 7)
    (found,) = aws.there.entries().values()
    assert found.pop("expires").isdigit()
    assert found == {
        "idempotency_key": "key", "id": str(one.payment.id), "fingerprint": bytes(range(32)).hex(), "amount": "1250",
        "currency": "USD", "reference": "Ünïcödé 💶", "metadata": '{"b": "2", "a": ""}', "status": "accepted",
        "region": REGION, "created_at": "2026-11-22T10:00:00.120Z", "epoch": "7",
    }  # fmt: skip
    own = journal.OwnJournal(lambda: aws.there.client, "journal")
    assert own.find("key") == one and own.find("other") is None


def test_an_entry_expires_after_the_retention(aws, peer, entry):
    peer.put([entry()], 1)
    expires = int(aws.there.entries()["key"]["expires"])
    assert abs(expires - time.time() - 35 * 86_400) < 60


def test_again_is_no_change_and_another_payment_is_refused_with_nothing_put(modules, aws, peer, entry):
    first = entry()
    peer.put([first], 1)
    peer.put([first], 1)
    other = entry()
    with pytest.raises(modules("journal").Contradicted) as caught:
        peer.put([entry("new"), other], 1)
    assert caught.value.ids == {str(other.payment.id)}
    assert {key: one["id"] for key, one in aws.there.entries().items()} == {"key": str(first.payment.id)}


def test_only_whether_it_would_be_taken(modules, aws, peer):
    peer.put([], 1)
    aws.there.promote(PEER)
    with pytest.raises(modules("journal").Refused):
        peer.put([], 1)
    assert aws.there.entries() == {}


@pytest.mark.parametrize(
    ("there", "mine", "taken"),
    [
        ((2, PEER), 1, False),  # the peer took over
        ((2, PEER), 2, False),  # two regions under the same number: neither is believed
        ((2, PEER), 3, True),  # and this one again, while the peer was not there to be told
        ((2, REGION), 1, True),  # the peer was to take over, Aurora refused, and it was taken back
        ((1, REGION), 1, True),
        ((3, REGION), 5, True),
    ],
)
def test_an_entry_goes_in_under_the_newest_epoch_only(modules, aws, peer, entry, there, mine, taken):
    number, active = there
    new = recovery.Epoch(number, active, True, "test", "test", "")
    recovery.put(aws.there.client, "epoch", new, 1)
    if taken:
        peer.put([entry()], mine)
    else:
        with pytest.raises(modules("journal").Refused):
            peer.put([entry()], mine)
    assert bool(aws.there.entries()) is taken


def test_every_gate_is_closed_by_a_promotion(modules, aws, peer, entry, monkeypatch):
    journal = modules("journal")
    aws.there.promote(PEER)
    for number in range(journal.GATES):
        monkeypatch.setattr(journal.random, "randrange", lambda _, number=number: number)
        with pytest.raises(journal.Refused):
            peer.put([entry()], 1)


def test_the_gates_are_those_that_recovery_closes(modules):
    journal, epochs = modules("journal"), modules("epochs")
    assert tuple(journal.gate(number) for number in range(journal.GATES)) == recovery.GATES
    assert epochs.SCOPE == recovery.SCOPE


def canceled(*codes):
    reasons = [{"Code": code} for code in codes]
    answer = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    return ClientError(answer, "TransactWriteItems")


class Client:
    """Refuses as it is told, in turn, and then takes everything."""

    def __init__(self, *errors):
        self.errors, self.gates = list(errors), []

    def transact_write_items(self, TransactItems):  # noqa: N803
        self.gates.append(TransactItems[0]["ConditionCheck"]["Key"]["scope"]["S"])
        if self.errors:
            raise self.errors.pop(0)


def writing(modules, client):
    journal = modules("journal")
    return journal.PeerJournal(lambda: client, journal.Tables("journal", "epoch"), REGION, 35)


def test_whoever_meets_another_payment_at_a_gate_takes_another_gate(modules, entry, monkeypatch):
    journal, numbers = modules("journal"), itertools.count()
    monkeypatch.setattr(journal.random, "randrange", lambda _: next(numbers))
    client = Client(canceled("TransactionConflict", "None"), canceled("None", "TransactionConflict"))
    one = writing(modules, client)
    one.put([entry()], 1)
    assert client.gates == ["gate-00", "gate-01", "gate-02"] and not one.resting


def test_a_crowd_at_the_gates_is_told_to_come_back_soon(modules, entry):
    journal = modules("journal")
    client = Client(*[canceled("TransactionConflict", "None")] * journal.ATTEMPTS)
    one, started = writing(modules, client), time.monotonic()
    with pytest.raises(modules("problems").Unavailable) as caught:
        one.put([entry()], 1)
    assert caught.value.code == "journal-busy" and caught.value.headers["Retry-After"] == "1"
    assert len(client.gates) == journal.ATTEMPTS and not one.resting and time.monotonic() - started < 1


def answered(code, status):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "TransactWriteItems")


@pytest.mark.parametrize(
    "error",
    [ReadTimeoutError(endpoint_url="https://dynamodb"), answered("ThrottlingException", 400),
     answered("InternalServerError", 500), answered("AccessDeniedException", 400),
     answered("ResourceNotFoundException", 400), canceled("ThrottlingError", "None"),
     canceled("None", "ValidationError"), canceled()],
    ids=["silent", "throttled", "5xx", "denied", "no table", "throttled inside", "invalid", "without reasons"],
)  # fmt: skip
def test_a_peer_that_does_not_take_it_is_left_alone_for_a_moment(modules, entry, error, monkeypatch):
    journal, clock = modules("journal"), [1000.0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    client = Client(error)
    one = writing(modules, client)
    for _ in range(3):
        with pytest.raises(journal.OutOfReach):
            one.put([entry()], 1)
    assert len(client.gates) == 1 and one.resting
    clock[0] += journal.REST
    one.put([entry()], 1)
    assert len(client.gates) == 2 and not one.resting


def test_a_connection_that_broke_meanwhile_says_nothing_of_the_peer(modules, entry):
    journal, broken = modules("journal"), ConnectionClosedError(endpoint_url="https://dynamodb")
    client = Client(broken)
    one = writing(modules, client)
    one.put([entry()], 1)
    assert len(client.gates) == 2 and not one.resting
    client.errors = [broken, broken]
    with pytest.raises(journal.OutOfReach):
        one.put([entry()], 1)
    assert len(client.gates) == 4 and one.resting


def test_a_payment_waits_a_second_and_a_half_for_the_peer_at_most(modules):
    patience = modules("journal").PATIENCE
    assert (patience.connect_timeout, patience.read_timeout, patience.retries) == (0.5, 1, {"total_max_attempts": 1})


@pytest.fixture
def epochs(modules, aws):
    """How this region learns of its epoch, and a count of the questions."""
    asked = []

    def client():
        asked.append(1)
        return aws.here.client

    made = modules("epochs").Epochs(client, "epoch", REGION)
    made.asked = asked
    return made


def test_an_epoch_that_names_this_region_is_not_asked_for_again_at_once(modules, aws, epochs, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    assert [epochs.current().number for _ in range(3)] == [1, 1, 1] and len(epochs.asked) == 1
    aws.here.promote(PEER)
    assert epochs.current().active == REGION
    assert epochs.current(newest=True).active == PEER
    clock[0] += 0.1
    aws.here.promote(REGION, replayed=True)
    assert [epochs.current().number for _ in range(2)] == [3, 3] and len(epochs.asked) == 3
    clock[0] += modules("epochs").FRESH
    assert epochs.current().number == 3 and len(epochs.asked) == 4


def test_an_epoch_that_names_the_other_region_is_asked_for_each_time(aws, epochs):
    aws.here.promote(PEER)
    assert [epochs.current().active for _ in range(3)] == [PEER] * 3 and len(epochs.asked) == 3


def test_a_table_that_is_silent_is_stood_in_for_by_what_it_said_a_minute_ago_at_most(modules, epochs, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    epochs.current()

    def silent():
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    monkeypatch.setattr(epochs, "_client", silent)
    clock[0] += modules("epochs").HOLDS - 0.1
    assert epochs.current().number == 1
    with pytest.raises(modules("problems").Unavailable, match="cannot be read"):
        epochs.current(newest=True)
    clock[0] += 0.1
    with pytest.raises(modules("problems").Unavailable) as caught:
        epochs.current()
    assert caught.value.code == "epoch-unknown"


@pytest.mark.parametrize("change", [{"epoch": None}, {"active": None}, {"replayed": None}, {"epoch": {"N": "x"}}])
def test_an_epoch_that_is_none_is_not_believed(modules, aws, epochs, change):
    item = aws.here.epoch().as_item() | change
    item = {name: value for name, value in item.items() if value}
    fake = type("Fake", (), {"get_item": lambda *_, **__: {"Item": item}})()
    with pytest.raises(modules("problems").Unavailable) as caught:
        modules("epochs").Epochs(lambda: fake, "epoch", REGION).current()
    assert caught.value.code == "epoch-unknown"


def test_a_journal_that_cannot_be_read_is_not_empty(modules, aws):
    own = modules("journal").OwnJournal(lambda: aws.here.client, "no-such-table")
    with pytest.raises(modules("problems").Unavailable) as caught:
        own.find("key")
    assert caught.value.code == "journal-unreadable"


@pytest.mark.parametrize(
    ("name", "value"),
    [("id", "1"), ("id", None), ("amount", "x"), ("amount", None), ("metadata", "{"), ("fingerprint", "zz"),
     ("created_at", "2026-11-22T10:00:00"), ("created_at", "noon"), ("currency", 1)],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_is_named_by_its_field(modules, entry, name, value):
    entries = modules("entries")
    fields = plain(entries.as_item(entry(), 1, 2))
    assert entries.parse(fields) and entries.parse(fields | {"amount": 1250, "else": []})
    with pytest.raises(entries.EntryError, match=name) as caught:
        entries.parse(fields | {name: value})
    assert "noon" not in str(caught.value)


def test_a_moment_counts_by_the_clock_that_went_further(modules, monkeypatch):
    moment = modules("deadlines").Since()
    wall, steady = time.time(), time.monotonic()
    for ahead, behind in ((10, 0), (0, 10), (10, -100), (-100, 10)):
        monkeypatch.setattr("time.time", lambda ahead=ahead: wall + ahead)
        monkeypatch.setattr("time.monotonic", lambda behind=behind: steady + behind)
        assert 9.5 < moment.seconds() < 10.5

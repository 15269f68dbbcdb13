"""The same key at the same moment, through execution environments of their own."""

import json
import threading
import types

import pytest
from moto.dynamodb.models import DynamoDBBackend


class Silent:
    """A log or metrics that many threads may call."""

    def __getattr__(self, _):
        return lambda *_, **__: None


@pytest.fixture(autouse=True)
def one_transaction_at_a_time(monkeypatch):
    """DynamoDB takes them side by side; moto copies its tables for each, and they must not change meanwhile."""
    lock, write = threading.Lock(), DynamoDBBackend.transact_write_items

    def alone(*arguments):
        with lock:
            return write(*arguments)

    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", alone)


@pytest.fixture
def environments(function):
    """Make execution environments that share nothing but the code, as Lambda does."""
    made = []

    def make(count):
        module = function.module
        settings = module.settings
        for _ in range(count):
            database = module.Database(
                settings.database_endpoint, settings.database_port, settings.database_name, module._credentials,
                settings.database_ca_file,
            )  # fmt: skip
            made.append(types.SimpleNamespace(
                api=module.Api(settings, database, durability(module), module._log, Silent(), Silent()),
                database=database,
            ))  # fmt: skip
        return made

    yield make
    for one in made:
        if one.database._connection:
            one.database._connection.drop()


def durability(module):
    """One that remembers nothing of the others."""
    settings, journal = module.settings, module.journal
    peer = journal.PeerJournal(module._there, settings.peer_tables, settings.region, settings.journal_retention_days)
    epochs, own = module.Epochs(module._here, "epoch", settings.region), journal.OwnJournal(module._here, "journal")
    return module.Durability(
        "strict", settings.region, epochs, own, peer, module._durability._witness, Silent(), Silent()
    )


def request(function, order, key):
    proxy = function.module.proxy
    headers = {"content-type": ["application/json"], "idempotency-key": [key]}
    return proxy.Request("POST", "/payments", "correlation", headers, {}, json.dumps(order).encode())


def at_once(calls):
    """Run the calls in threads that start together; answers what each gave."""
    gate, answers = threading.Barrier(len(calls)), []

    def run(call):
        gate.wait(30)
        answers.append(call())

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == len(calls)
    return answers


def test_twenty_same_keys_at_once_make_one_payment(function, order, environments, server, objects):
    made = environments(20)
    for number, one in enumerate(made):  # warm, so that they meet in the database and not while they log in
        one.api.answer(request(function, order, f"warm-{number}"), 10)
    for number in range(5):
        wanted = request(function, order, f"same-{number}")
        answers = at_once([lambda one=one, wanted=wanted: one.api.answer(wanted, 10) for one in made])
        assert {int(answer.status) for answer in answers} <= {201, 409}
        accepted = {answer.document["id"] for answer in answers if answer.status == 201}
        assert len(accepted) == 1
        assert all(answer.headers["Retry-After"] == "1" for answer in answers if answer.status == 409)
        assert sum("Idempotent-Replayed" not in answer.headers for answer in answers if answer.status == 201) == 1
    assert server.admin("SELECT count(*) FROM payments WHERE idempotency_key LIKE 'same-%'") == [[5]]
    assert len(objects()) == 25


def test_different_keys_at_once_do_not_hinder_each_other(function, order, environments, server):
    calls = [
        lambda one=one, number=number: one.api.answer(request(function, order, f"key-{number}"), 10)
        for number, one in enumerate(environments(10))
    ]
    assert [int(answer.status) for answer in at_once(calls)] == [201] * 10


def test_the_same_key_with_two_orders_at_once_makes_one_of_them(function, order, environments, server):
    orders = [{**order, "amount": amount} for amount in range(1, 11)]
    calls = [
        lambda one=one, wanted=wanted: one.api.answer(request(function, wanted, "key"), 10)
        for one, wanted in zip(environments(10), orders, strict=True)
    ]
    answers = at_once(calls)
    accepted = [answer.document["amount"] for answer in answers if answer.status == 201]
    assert len(accepted) == 1 and {int(answer.status) for answer in answers} <= {201, 409, 422}
    assert server.admin("SELECT amount FROM payments") == [accepted]

"""What a payment needs beside the database: the epoch, the peer's journal, and a witness while the peer is away."""

import json

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

REGION, PEER = "us-east-1", "us-east-2"


@pytest.fixture
def strict(function, monkeypatch):
    monkeypatch.setattr(function.module._durability, "_strict", True)
    return function


def rows(server):
    return server.admin("SELECT idempotency_key, id::text FROM payments ORDER BY idempotency_key")


def outbox(server):
    return server.admin("SELECT logged, journaled FROM outbox ORDER BY payment_id")


def counted(lines, metric):
    return sum(line[metric][0] for line in lines if metric in line)


def refusal(answer):
    status, problem, headers = answer
    assert status == 503 and headers["Retry-After"].isdigit(), problem
    return problem["code"]


def test_what_is_acknowledged_is_in_the_peers_journal(function, order, aws, server):
    payment = function.pay(order)[1]
    (entry,) = aws.there.entries().values()
    told = {name: entry[name] for name in ("id", "status", "region", "created_at", "currency", "reference")}
    assert {**told, "amount": int(entry["amount"]), "metadata": json.loads(entry["metadata"])} == payment
    assert (entry["epoch"], entry["idempotency_key"]) == ("1", "key")
    assert aws.here.entries() == {} and outbox(server) == []


def test_the_log_object_knows_key_and_fingerprint(function, order, aws):
    function.pay(order)
    (found,) = aws.s3.list_objects_v2(Bucket="transaction-logs")["Contents"]
    metadata = aws.s3.head_object(Bucket="transaction-logs", Key=found["Key"])["Metadata"]
    assert metadata == {"idempotency-key": "key", "fingerprint": aws.there.entries()["key"]["fingerprint"]}


def test_a_finished_payment_is_repeated_without_asking_the_peer(function, order, cut, dns):
    first = function.pay(order)
    cut(function)
    dns(function, "nowhere")
    assert function.pay(order)[:2] == first[:2]


def test_another_region_named_here_takes_nothing(function, peer, order, aws, server):
    assert refusal(peer.pay(order)) == "fenced"  # its database would: the epoch alone refuses
    assert rows(server) == [] and aws.here.entries() == {}
    aws.there.promote(PEER)
    assert peer.pay(order)[0] == 201
    assert list(aws.here.entries()) == ["key"]


def test_a_region_without_an_epoch_takes_nothing(function, order, aws, server):
    aws.here.client.delete_item(TableName="epoch", Key={"scope": {"S": "payments"}})
    assert refusal(function.pay(order)) == "epoch-unknown"
    assert rows(server) == []


def test_after_a_promotion_nothing_is_acknowledged_and_soon_nothing_is_written(function, order, aws, server, logged):
    aws.there.promote(PEER)
    logged()
    assert refusal(function.pay(order, key="one")) == "fenced"
    assert [key for key, _ in rows(server)] == ["one"] and aws.there.entries() == {}
    assert refusal(function.pay(order, key="two")) == "fenced"
    assert [key for key, _ in rows(server)] == ["one"]
    assert counted(logged(), "JournalRefused") == 2


def test_who_was_refused_is_not_let_in_by_an_old_answer_of_dns(function, order, aws, server, cut, dns):
    aws.there.promote(PEER)
    function.pay(order, key="one")
    mend = cut(function)
    dns(function, "here")
    assert refusal(function.pay(order, key="two")) == "fenced"
    assert [key for key, _ in rows(server)] == ["one"]
    mend()
    aws.there.promote(REGION, replayed=True)  # Aurora refused, and it was taken back
    assert function.pay(order, key="two")[0] == 201
    assert function.pay(order, key="one")[0] == 201 and sorted(aws.there.entries()) == ["one", "two"]


def test_a_region_that_is_active_again_goes_on_in_the_same_request(function, order, aws):
    function.pay(order, key="before")
    aws.there.promote(PEER)
    new = aws.there.epoch()
    home = aws.here.epoch().__class__(new.number + 1, REGION, True, "test", "switchover", "")
    aws.here.client.put_item(TableName="epoch", Item=home.as_item())
    assert function.pay(order)[0] == 201  # what it kept is older than what stands in its table
    assert aws.there.entries()["key"]["epoch"] == str(home.number)


def test_a_region_that_is_active_again_looks_up_first_what_it_may_lack(function, order, aws, peer):
    """Between its look at the epoch and its payment both regions were promoted: no environment may live through that
    within a payment, and if one did, it would acknowledge nothing."""
    function.pay(order, key="before")
    aws.there.promote(PEER)
    home = aws.here.epoch().__class__(3, REGION, False, "test", "failover", "")
    aws.here.client.put_item(TableName="epoch", Item=home.as_item())
    assert refusal(function.pay(order)) == "fenced"
    assert list(aws.there.entries()) == ["before"]
    assert function.pay(order)[0] == 201


LOST = [
    None,
    ReadTimeoutError(endpoint_url="https://dynamodb"),
    ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems"),
]


@pytest.mark.parametrize("error", LOST, ids=["cut", "slow", "throttled"])
def test_strict_takes_nothing_without_the_peer(strict, order, server, cut, dns, error):
    mend = cut(strict, error)
    dns(strict, "here")
    assert refusal(strict.pay(order, key="one")) == "journal-unreachable"
    assert refusal(strict.pay(order, key="two")) == "journal-unreachable"
    assert [key for key, _ in rows(server)] == ["one"]  # only the first, which did not know
    assert outbox(server) == [[False, False]]
    mend()
    assert strict.pay(order, key="one")[0] == strict.pay(order, key="two")[0] == 201
    assert outbox(server) == []


@pytest.mark.parametrize("error", LOST, ids=["cut", "slow", "throttled"])
def test_available_goes_on_while_dns_leads_here(function, order, server, aws, cut, dns, logged, error):
    mend = cut(function, error)
    dns(function, "here")
    logged()
    made = {key: function.pay(order, key=key) for key in ("one", "two")}
    assert [answer[0] for answer in made.values()] == [201, 201]
    lines = logged()
    assert counted(lines, "PaymentsUnjournaled") == counted(lines, "PaymentsAccepted") == 2
    assert outbox(server) == [[True, False]] * 2 and aws.there.entries() == {}

    mend()
    server.admin("UPDATE outbox SET created_at = created_at - interval '1 hour'")
    assert function.ask("repair") == {
        "action": "repair", "region": REGION, "status": "repaired", "repaired": 0, "pending": 0,
        "journaled": 2, "unjournaled": 0,
    }  # fmt: skip
    assert {key: one["id"] for key, one in aws.there.entries().items()} == {k: a[1]["id"] for k, a in made.items()}
    assert outbox(server) == [] and counted(logged(), "JournalRepaired") == 2


@pytest.mark.parametrize(("leads", "code"), [("there", "fenced"), ("nowhere", "no-witness")])
def test_available_stops_when_dns_does_not_lead_here(function, order, server, cut, dns, leads, code):
    cut(function)
    dns(function, leads)
    assert refusal(function.pay(order, key="one")) == code
    assert refusal(function.pay(order, key="two")) == code
    assert [key for key, _ in rows(server)] == ["one"]


def test_a_peer_that_was_silent_is_left_alone_for_a_moment(function, order, cut, dns):
    calls = []
    mend = cut(function)
    peer = function.module._durability._peer
    unreachable = peer._client
    peer._client = lambda: (calls.append(1), unreachable())
    dns(function, "here")
    assert [function.pay(order, key=key)[0] for key in ("a", "b", "c")] == [201] * 3
    assert len(calls) == 1
    mend()


def test_the_answer_of_a_put_that_was_lost_is_asked_for_again(strict, order, aws, server, monkeypatch):
    """The peer has the entry, and nobody was told: the retry finds it there."""
    peer = strict.module._durability._peer

    class Deaf:
        def transact_write_items(self, **given):
            aws.there.client.transact_write_items(**given)
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    with monkeypatch.context() as patch:
        patch.setattr(peer, "_client", Deaf)
        assert refusal(strict.pay(order)) == "journal-unreachable"
    peer._failed = None
    (entry,) = aws.there.entries().values()
    status, payment, headers = strict.pay(order)
    assert (status, payment["id"], headers["Idempotent-Replayed"]) == (201, entry["id"], "true")
    assert outbox(server) == []


def test_a_retry_is_acknowledged_only_once_it_is_journaled(function, order, server, cut, dns):
    mend = cut(function)
    dns(function, "nowhere")
    function.pay(order)
    assert refusal(function.pay(order)) == "no-witness"
    mend()
    status, payment, headers = function.pay(order)
    assert (status, headers["Idempotent-Replayed"]) == (201, "true") and rows(server) == [["key", payment["id"]]]


@pytest.fixture
def taken_over(function, peer, aws, server, order):
    """us-east-2 took over: `kept` was replicated, `lost` and `asked` were acknowledged only, and are in the journal."""
    made = {key: function.pay(order, key=key)[1] for key in ("kept", "lost", "asked")}
    server.admin("DELETE FROM payments WHERE idempotency_key IN ('lost', 'asked')")
    aws.there.promote(PEER)
    return made


def test_a_retry_in_the_other_region_gets_the_first_answer(peer, order, taken_over, server, aws, objects):
    for key in ("asked", "kept"):
        status, payment, headers = peer.pay(order, key=key)
        assert (status, payment, headers["Idempotent-Replayed"]) == (201, taken_over[key], "true")
    assert {key for key, _ in rows(server)} == {"kept", "asked"}
    assert aws.here.entries()["asked"]["id"] == taken_over["asked"]["id"]  # from now on it is kept over there
    assert len(objects()) == 3 and outbox(server) == []


def test_another_order_under_its_key_is_refused_in_the_other_region_too(peer, order, taken_over, server):
    status, problem, _ = peer.pay({**order, "amount": 1}, key="asked")
    assert (status, problem["code"]) == (422, "idempotency-key-reused")
    assert peer.pay(order, key="asked")[:2] == (201, taken_over["asked"])


def test_once_replayed_the_journal_is_not_asked(peer, order, taken_over, aws, monkeypatch):
    own, asked = peer.module._durability._own, []
    find = own.find
    monkeypatch.setattr(own, "find", lambda key: (asked.append(key), find(key))[1])
    assert peer.pay(order, key="new")[0] == 201
    aws.there.replayed()
    peer.forget()
    assert peer.pay(order, key="newer")[0] == 201
    assert asked == ["new"]


def test_a_journal_that_cannot_be_read_stops_payments(peer, order, taken_over, aws, server, monkeypatch):
    def unreadable(**given):
        if given["TableName"] == "journal":
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        return aws.there.client.get_item(**given)

    class Client:
        get_item = staticmethod(unreadable)

    with monkeypatch.context() as patch:
        patch.setattr(peer.module._durability._own, "_client", Client)
        assert refusal(peer.pay(order, key="lost")) == "journal-unreadable"
    assert [key for key, _ in rows(server)] == ["kept"]
    assert peer.pay(order, key="lost")[:2] == (201, taken_over["lost"])


def test_two_payments_under_one_key_are_told_and_neither_is_acknowledged(peer, order, taken_over, server, aws, logged):
    server.admin("UPDATE payments SET id = gen_random_uuid()")  # as no failover leaves it: a restored backup may
    logged()
    assert refusal(peer.pay(order, key="kept")) == "journal-contradicts"
    assert "journal contradicts" in [line.get("message") for line in logged()]


def test_an_entry_that_contradicts_the_peers_is_told_and_never_replaces_it(function, order, aws, server, logged):
    first = function.pay(order)[1]
    server.admin("TRUNCATE payments, outbox")
    logged()
    assert refusal(function.pay(order)) == "journal-contradicts"
    assert aws.there.entries()["key"]["id"] == first["id"]
    function.pay(order, key="other")
    server.admin("INSERT INTO outbox SELECT id, now() FROM payments WHERE idempotency_key = 'other'")
    server.admin("UPDATE outbox SET created_at = created_at - interval '1 hour'")
    outcome = function.ask("repair")
    assert (outcome["status"], outcome["journaled"], outcome["unjournaled"]) == ("incomplete", 1, 1)


def test_a_standby_says_so_whatever_its_epoch_is(function, order, aws, server):
    aws.here.promote(PEER)
    server.read_only(True)
    assert refusal(function.pay(order)) == "standby"
    server.read_only(False)
    assert refusal(function.pay(order)) == "fenced"


def test_the_repair_under_a_newer_epoch_journals_nothing(function, order, aws, server, cut, dns, logged):
    mend = cut(function)
    dns(function, "here")
    function.pay(order)
    server.admin("UPDATE outbox SET created_at = created_at - interval '1 hour'")
    mend()
    aws.there.promote(PEER)
    assert function.ask("repair")["unjournaled"] == 1
    aws.here.promote(PEER)
    assert function.ask("repair")["unjournaled"] == 1
    assert aws.there.entries() == {}


def test_many_that_wait_are_repaired_in_one_run(function, order, aws, server, cut, dns):
    mend = cut(function)
    dns(function, "here")
    function.pay(order, key="first")
    server.admin(
        "INSERT INTO payments SELECT gen_random_uuid(), 'key-' || n, fingerprint, amount, currency, reference,"
        " metadata, status, region, created_at FROM payments, generate_series(1, 120) AS n"
    )
    server.admin("INSERT INTO outbox SELECT id, created_at, true FROM payments WHERE idempotency_key <> 'first'")
    server.admin("UPDATE outbox SET created_at = created_at - interval '1 hour'")
    mend()
    assert function.ask("repair")["journaled"] == 121
    assert len(aws.there.entries()) == 121 and outbox(server) == []


def test_a_setting_that_is_none_keeps_the_function_from_starting(package):
    settings = package("settings").Settings
    with pytest.raises(ValueError, match="DURABILITY: must be one of strict, available, not sometimes"):
        settings.from_environment({"DURABILITY": "sometimes"})

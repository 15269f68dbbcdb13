"""A process that dies at any point of a payment, and a client that retries in either region: charged once.

What a region loses in a failover is modelled by removing what was not replicated: both regions' functions work on the
same database here.
"""

import datetime
import json

import pytest

PEER = "us-east-2"


class Death(BaseException):
    """The process is gone: nothing may catch it, and nothing happens after it."""


def _owner(function, point):
    """Where the thing is that is done at a point of a payment, and its name."""
    module = function.module
    store, backlog = (vars(module.api._committed.__func__.__globals__[name]) for name in ("store", "backlog"))
    return {
        "epoch": (module._durability._epochs, "_read"),
        "lookup": (module._durability._own, "find"),
        "restore": (backlog, "restore"),
        "commit": (store, "record"),
        "object": (module._log, "put"),
        "entry": (module._durability._peer, "put"),
        "mark": (store, "mark"),
        "answer": (vars(module.proxy), "write"),
    }[point]


def dying(function, point, moment, patch):
    """Die before or after the thing is done."""
    owner, name = _owner(function, point)
    usual = owner[name] if isinstance(owner, dict) else getattr(owner, name)

    def die(*args, **kwargs):
        if moment == "after":
            usual(*args, **kwargs)
        raise Death(f"{moment} {point}")

    (patch.setitem if isinstance(owner, dict) else patch.setattr)(owner, name, die)


def new_process(function):
    """Nothing is remembered, and the old session is gone, as it would be with its socket."""
    function.forget()
    database = function.module._database
    if database._connection is not None:
        database._connection.drop()
        database._connection = None


def die_in(function, order, point, moment, monkeypatch):
    with monkeypatch.context() as patch:
        dying(function, point, moment, patch)
        with pytest.raises(Death, match=f"{moment} {point}"):
            function.pay(order)
    new_process(function)


def rows(server):
    return server.admin("SELECT idempotency_key, id::text FROM payments")


def fail_over(aws, server, *, replicated):
    """us-east-2 takes over; without `replicated` it never got the payment."""
    if not replicated:
        server.admin("TRUNCATE payments, outbox")
    aws.there.promote(PEER)


def reconcile(peer, aws):
    """As reconcile.yml: everything that the journal has goes into the database."""
    entries = list(aws.there.entries().values())
    outcome = peer.ask("replay", entries=entries)
    aws.there.replayed()
    return [one["outcome"] for one in outcome["outcomes"]]


POINTS = [
    (point, moment)
    for point in ("epoch", "commit", "object", "entry", "mark", "answer")
    for moment in ("before", "after")
]
#: From where on the peer has the entry, so that the payment stands whatever becomes of the database.
JOURNALED = [("object", "before"), ("object", "after"), ("entry", "after"), *POINTS[8:]]


@pytest.mark.parametrize(("point", "moment"), POINTS)
def test_a_retry_in_the_same_region_charges_once(function, order, aws, server, objects, monkeypatch, point, moment):
    die_in(function, order, point, moment, monkeypatch)
    before = rows(server)
    assert len(before) == (0 if (point, moment) in POINTS[:3] else 1)

    answers = [function.pay(order) for _ in range(2)]
    assert [status for status, _, _ in answers] == [201, 201] and answers[0][1] == answers[1][1]
    payment = answers[0][1]
    assert rows(server) == [["key", payment["id"]]] and before in ([], rows(server))
    assert aws.there.entries()["key"]["id"] == payment["id"]
    assert list(objects().values()) == [payment]
    assert server.admin("SELECT count(*) FROM outbox") == [[0]]


@pytest.mark.parametrize("replicated", [True, False], ids=["replicated", "lost"])
@pytest.mark.parametrize(("point", "moment"), POINTS)
def test_a_retry_in_the_other_region_charges_once(
    function, peer, order, aws, server, monkeypatch, point, moment, replicated
):
    die_in(function, order, point, moment, monkeypatch)
    first = rows(server)
    fail_over(aws, server, replicated=replicated)
    new_process(peer)

    answers = [peer.pay(order) for _ in range(2)]
    assert [status for status, _, _ in answers] == [201, 201] and answers[0][1] == answers[1][1]
    assert reconcile(peer, aws) == ["there"] * len(aws.there.entries())
    assert peer.pay(order)[1] == answers[0][1]
    payment = answers[0][1]
    assert rows(server) == [["key", payment["id"]]]
    if first and (replicated or (point, moment) in JOURNALED):
        assert first == [["key", payment["id"]]]
    assert payment["region"] == ("us-east-1" if first and [["key", payment["id"]]] == first else PEER)
    assert function.pay({**order, "reference": "late"}, key="late")[1]["code"] == "fenced"


@pytest.mark.parametrize(("point", "moment"), POINTS)
def test_without_a_retry_the_journal_decides(function, peer, order, aws, server, monkeypatch, point, moment):
    """The client gave up: it was charged or not, and no later answer contradicts what it may have been told."""
    die_in(function, order, point, moment, monkeypatch)
    first = rows(server)
    fail_over(aws, server, replicated=False)
    new_process(peer)
    expected = first if (point, moment) in JOURNALED else []
    assert reconcile(peer, aws) == ["inserted"] * len(expected)
    assert rows(server) == expected


@pytest.mark.parametrize(("point", "moment"), [(p, m) for p in ("lookup", "restore") for m in ("before", "after")])
def test_a_death_while_a_payment_is_restored(function, peer, order, aws, server, monkeypatch, point, moment):
    first = function.pay(order)[1]
    fail_over(aws, server, replicated=False)
    die_in(peer, order, point, moment, monkeypatch)
    assert len(rows(server)) == ((point, moment) == ("restore", "after"))
    assert peer.pay(order)[:2] == (201, first)
    assert reconcile(peer, aws) == ["there"] and rows(server) == [["key", first["id"]]]
    assert aws.here.entries()["key"]["id"] == first["id"]


@pytest.mark.parametrize(("point", "moment"), POINTS[2:])
def test_the_repair_finishes_what_nobody_retries(function, order, aws, server, objects, monkeypatch, point, moment):
    die_in(function, order, point, moment, monkeypatch)
    server.admin("UPDATE outbox SET created_at = created_at - interval '1 hour'")
    assert function.ask("repair")["status"] == "repaired"
    made = [identifier for _, identifier in rows(server)]
    assert [entry["id"] for entry in aws.there.entries().values()] == made
    assert [payment["id"] for payment in objects().values()] == made
    assert server.admin("SELECT count(*) FROM outbox") == [[0]]


def test_a_woken_primary_acknowledges_nothing_and_its_late_entries_are_refused(
    function, peer, order, aws, server, monkeypatch
):
    """Frozen between commit and journal, it goes on after the other region has taken over and served the retry."""
    durability, late = function.module._durability, {}
    keep = durability._peer.put

    def frozen(entries, epoch):
        with monkeypatch.context() as awake:
            awake.setattr(durability._peer, "put", keep)
            fail_over(aws, server, replicated=False)
            new_process(peer)
            late["there"] = peer.pay(order)
        keep(entries, epoch)

    with monkeypatch.context() as patch:
        patch.setattr(durability._peer, "put", frozen)
        status, problem, _ = function.pay(order)
    assert (status, problem["code"]) == (503, "fenced")
    assert late["there"][0] == 201 and aws.there.entries() == {}
    assert rows(server) == [["key", late["there"][1]["id"]]]
    assert aws.here.entries()["key"]["id"] == late["there"][1]["id"]


def test_the_ledger_has_every_payment_once_by_id(function, order, server):
    made = [function.pay({**order, "amount": n + 1}, key=f"key-{n}")[1] for n in range(5)]
    server.admin(f"INSERT INTO outbox VALUES ('{made[1]['id']}', now(), true, false)")
    seen, cursor = [], None
    while True:
        page = function.ask("ledger", limit=2, cursor=cursor)
        assert page["status"] == "read" and len(page["payments"]) <= 2
        seen += page["payments"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [line["id"] for line in seen] == sorted(payment["id"] for payment in made)
    by_key = {line["idempotency_key"]: line for line in seen}
    for number, payment in enumerate(made):
        line = by_key[f"key-{number}"]
        told = {name: payment[name] for name in ("id", "status", "region", "created_at", "amount", "currency")}
        assert line == {
            **told, "idempotency_key": f"key-{number}", "fingerprint": line["fingerprint"], "logged": True,
            "journaled": number != 1,
        }  # fmt: skip
        assert len(bytes.fromhex(line["fingerprint"])) == 32
    assert all(order["reference"] not in json.dumps(line) for line in seen)


def test_a_standby_has_a_ledger_too(function, order, server):
    payment = function.pay(order)[1]
    server.read_only(True)
    try:
        assert [line["id"] for line in function.ask("ledger")["payments"]] == [payment["id"]]
        assert function.ask("ledger")["next_cursor"] is None
        with pytest.raises(RuntimeError, match="replay: standby"):
            function.ask("replay", entries=[])
    finally:
        server.read_only(False)


@pytest.mark.parametrize(
    ("action", "given", "fault"),
    [("ledger", {"limit": 0}, "limit"), ("ledger", {"limit": 5001}, "limit"), ("ledger", {"limit": "2"}, "limit"),
     ("ledger", {"cursor": "x"}, "cursor"), ("ledger", {"cursor": 7}, "cursor"), ("replay", {}, "entries"),
     ("replay", {"entries": {}}, "entries"), ("replay", {"entries": [{}] * 501}, "up to 500"),
     ("replay", {"entries": [1]}, r"entries\[0\]\.idempotency_key")],
)  # fmt: skip
def test_what_operations_ask_for_wrongly_is_named(function, action, given, fault):
    with pytest.raises(ValueError, match=fault):
        function.ask(action, **given)


def test_a_replayed_payment_is_the_one_that_was_acknowledged(function, peer, order, aws, server, cut):
    first = function.pay(order)[1]
    entries = list(aws.there.entries().values())
    fail_over(aws, server, replicated=False)
    mend = cut(peer)
    other = {**entries[0], "idempotency_key": "other"}
    moved = {**entries[0], "id": "00000000-0000-7000-8000-000000000000"}
    changed = {**entries[0], "fingerprint": "00" * 32}
    outcomes = peer.ask("replay", entries=[*entries, *entries, other, moved, changed])["outcomes"]
    assert [one["outcome"] for one in outcomes] == ["inserted", "there", "conflict", "conflict", "conflict"]
    assert peer("GET", f"/payments/{first['id']}")[:2] == (200, first)
    ((made, marked),) = server.admin(
        "SELECT p.created_at, o.journaled FROM payments p JOIN outbox o ON payment_id = id"
    )
    assert made.isoformat(timespec="milliseconds") == datetime.datetime.fromisoformat(first["created_at"]).isoformat(
        timespec="milliseconds"
    )
    assert marked is False  # the region that acknowledged it has to be told when it is back
    mend()
    server.admin("UPDATE outbox SET created_at = created_at - interval '1 hour'")
    assert peer.ask("repair")["journaled"] == 1
    assert list(aws.here.entries()) == ["key"]


def test_a_replayed_payment_survives_the_next_failover_too(function, peer, order, aws, server):
    """Aurora need not have replicated it: the first region's journal has it, once that region is back."""
    first = {key: function.pay(order, key=key)[1]["id"] for key in ("one", "two")}
    entries = list(aws.there.entries().values())
    fail_over(aws, server, replicated=False)
    assert len(peer.ask("replay", entries=entries)["outcomes"]) == 2
    assert {key: entry["id"] for key, entry in aws.here.entries().items()} == first
    assert all(journaled for (journaled,) in server.admin("SELECT journaled FROM outbox"))

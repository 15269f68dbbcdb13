"""Two regions in miniature: the function as it is, a database each, DynamoDB by moto; Aurora, DNS and time as models.

Aurora copies the writer's volume to the other region when it is told to; a failover promotes what was copied last, and
leaves the old volume as it is, writable, until the region rejoins. Time passes when a promotion does.
"""

import collections
import contextlib
import datetime
import time
import types

import pg8000.native
from ansible.module_utils.payments_dr import epoch

from tests.unit import database_server

REGIONS = ("us-east-1", "us-east-2")
COLUMNS = "id, idempotency_key, fingerprint, amount, currency, reference, metadata, status, region, created_at"
#: Longer than anything that an environment remembers, as every promotion is.
PROMOTION_SECONDS = 90
POINTS = ("epoch", "commit", "object", "entry", "mark", "answer")


class Death(BaseException):
    """The process is gone."""


class Volume:
    """A database of its own on the tests' server."""

    def __init__(self, server, name):
        server.admin(f"DROP DATABASE IF EXISTS {name}", database="postgres")
        server.admin(f"CREATE DATABASE {name} OWNER {database_server.USER}", database="postgres")
        socket_file = f"{server.folder}/.s.PGSQL.{server.port}"
        self.session = pg8000.native.Connection("admin", unix_sock=socket_file, database=name, ssl_context=False)

    def clear(self):
        self.session.run("TRUNCATE payments, outbox")

    def payments(self):
        """(id, amount) by key."""
        rows = self.session.run("SELECT idempotency_key, id::text, amount FROM payments")
        return {key: (identifier, amount) for key, identifier, amount in rows}

    def become(self, other):
        """A copy of another volume."""
        self.clear()
        for table in ("payments", "outbox"):
            rows = other.session.run(f"SELECT coalesce(json_agg(t), '[]')::text FROM {table} AS t")[0][0]
            self.session.run(
                f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, :rows ::json)", rows=rows
            )


class World:
    """Both regions, and who is what in them. `risked` are keys that were acknowledged without a copy anywhere else;
    `seen` counts answers by status, and failovers, over all that happens here."""

    def __init__(self, volumes, tables, environments):
        """`environments` are functions by region, each with a few."""
        self.volumes, self.tables, self.environments = volumes, tables, environments
        self.seen, self.ahead = collections.Counter(), 0
        for region, functions in environments.items():
            for function in functions:
                self._inhabit(region, function)
        self.begin()

    def begin(self, strict=True):
        """As deployed: us-east-1 is active, everything is within reach."""
        self.writer = self.leads_to = REGIONS[0]
        self.attached, self.partition, self.strict = True, False, strict
        self.acknowledged, self.risked, self.lost = {}, set(), 0
        for region in REGIONS:
            self.volumes[region].clear()
            self.tables[region].clear()
        for function in self.functions():
            function.forget()
            function.module._durability._strict = strict

    def functions(self):
        return [function for functions in self.environments.values() for function in functions]

    def other(self, region):
        return next(one for one in REGIONS if one != region)

    def _inhabit(self, region, function):
        """Aurora's role, the partition, DNS and the clock, as this environment meets them."""
        module = function.module
        durability, store = module._durability, module.api._committed.__func__.__globals__["store"]
        run, client = module._database.run, durability._peer._client

        def if_writable(work, deadline):
            if region != self.writer and self.attached:
                raise store.standby()
            return run(work, deadline)

        def if_together():
            if self.partition:
                raise module.journal.OutOfReach("partition")
            return client()

        def where(*_):
            return module.settings.api_gateway if self.leads_to == region else "elsewhere.example.com"

        module._database.run, durability._peer._client, durability._witness._look = if_writable, if_together, where
        since = module.journal.Since.__init__.__globals__
        since["time"] = types.SimpleNamespace(time=lambda: time.time() + self.ahead, monotonic=time.monotonic)
        module.Actions._repair.__globals__["GRACE"] = 0.0

    def pay(self, function, region, key, amount, decided_before_promotion=False):
        """A client's request, and what it has to hold: an acknowledged payment stays what it is.

        What was decided without the journal just before a promotion may come too late (`available` alone).
        """
        order = {"amount": amount, "currency": "USD", "reference": "r"}
        status, document, _ = function.pay(order, key=key)
        assert status in (201, 409, 422, 503), document
        self.seen[status] += 1
        if status == 201:
            told = (document["id"], document["amount"])
            if decided_before_promotion and not self.strict and not self.survives(key, told):
                self.lost += 1
                return status
            assert self.acknowledged.setdefault(key, told) == told, "a key stands for two payments"
            if key not in self.tables[self.other(region)].entries() and key not in self.standby():
                self.risked.add(key)
        elif status == 422:
            assert any(one.payments().get(key, ("", amount))[1] != amount for one in self.volumes.values())
        return status

    def survives(self, key, told):
        """Whether the region that took over knows the payment."""
        entry = self.tables[self.writer].entries().get(key, {})
        return told[0] in (entry.get("id"), self.volumes[self.writer].payments().get(key, ("",))[0])

    def standby(self):
        """What a failover now would have."""
        return self.volumes[self.other(self.writer)].payments() if self.attached else {}

    def replicate(self):
        self.volumes[self.other(self.writer)].become(self.volumes[self.writer])
        self.risked -= set(self.standby())

    def raise_epoch(self, region, active, known, *, replayed):
        tables = self.tables[region]
        at = datetime.datetime.fromtimestamp(time.time() + self.ahead, datetime.UTC).isoformat()
        new = epoch.next_epoch(known, active, replayed=replayed, by="tests", why="tests", at=at)
        epoch.put(tables.client, "epoch", new, tables.epoch().number)

    def fail_over(self):
        """The epoch first; then DNS; then, a time later, Aurora. The old volume stays writable."""
        origin, target = self.writer, self.other(self.writer)
        self.raise_epoch(target, target, [self.tables[target].epoch()], replayed=False)
        self.leads_to = target
        self.ahead += PROMOTION_SECONDS
        kept = set(self.standby()) | set(self.tables[target].entries())
        for key in self.risked - kept:
            del self.acknowledged[key]
            self.lost += 1
        self.risked.clear()
        self.writer, self.attached = target, False
        self.seen["failovers"] += 1
        self._sessions_end(origin, target)

    def switch_over(self):
        """Nothing is lost: Aurora waits for the last of it."""
        self.replicate()
        self.writer = self.leads_to = self.other(self.writer)
        self.ahead += PROMOTION_SECONDS
        known = [self.tables[region].epoch() for region in REGIONS]
        for region in REGIONS:
            self.raise_epoch(region, self.writer, known, replayed=True)
        self._sessions_end(*REGIONS)

    def rejoin(self):
        """The old region gets a copy of the writer's volume, and its own is gone."""
        self.attached = True
        self.replicate()
        self._sessions_end(self.other(self.writer))

    def heal(self):
        """As the failover function does where an epoch disagrees with Aurora."""
        if not self.partition:
            known = [self.tables[region].epoch() for region in REGIONS]
            wrong = [region for region, one in zip(REGIONS, known, strict=True) if one.active != self.writer]
            for region in wrong:
                self.raise_epoch(region, self.writer, known, replayed=True)

    def reconcile(self):
        """As reconcile.yml; afterwards every acknowledged payment is in the database, as it was acknowledged."""
        tables, function = self.tables[self.writer], self.environments[self.writer][0]
        outcomes = function.ask("replay", entries=list(tables.entries().values()))["outcomes"]
        assert {one["outcome"] for one in outcomes} <= {"inserted", "there"}, outcomes
        tables.replayed()
        self.holds()

    def repair(self):
        self.environments[self.writer][0].ask("repair")
        for region in REGIONS:
            if region != self.writer:
                self.risked -= set(self.tables[region].entries())

    def reconciled(self):
        return self.tables[self.writer].epoch().replayed

    def holds(self):
        """Acknowledged once is charged once, and for ever."""
        charged = self.volumes[self.writer].payments()
        assert {key: charged.get(key) for key in self.acknowledged} == self.acknowledged

    def _sessions_end(self, *regions):
        for region in regions:
            for function in self.environments[region]:
                end_session(function)


def end_session(function):
    database = function.module._database
    if database._connection is not None:
        database._connection.drop()
        database._connection = None


@contextlib.contextmanager
def stopping(function, point, moment, instead):
    """Something happens before or after a point of a payment: `instead` is called there, once."""
    module = function.module
    store, proxy = (vars(module.api._committed.__func__.__globals__["store"]), vars(module.proxy))
    owner, name = {
        "epoch": (vars(module._durability._epochs), "_read"),
        "commit": (store, "record"),
        "object": (vars(module._log), "put"),
        "entry": (vars(module._durability._peer), "put"),
        "mark": (store, "mark"),
        "answer": (proxy, "write"),
    }[point]
    own = owner.get(name)
    usual = own or getattr({"epoch": module._durability._epochs, "object": module._log}.get(
        point, module._durability._peer), name)  # fmt: skip
    calls = []

    def stopped(*args, **kwargs):
        calls.append(1)
        if len(calls) > 1:
            return usual(*args, **kwargs)
        if moment == "before":
            instead()
            return usual(*args, **kwargs)
        answer = usual(*args, **kwargs)
        instead()
        return answer

    owner[name] = stopped
    try:
        yield
    finally:
        if own is None:
            del owner[name]
        else:
            owner[name] = own

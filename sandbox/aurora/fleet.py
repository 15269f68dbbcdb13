"""Keeps the PostgreSQL servers as the RDS API wants them: looks, decides by plan.py, acts; for as long as it runs.

Each cluster has at most one step under way, in a thread, so that a slow or frozen server holds up nobody else. A server
that crashed is started again, as Aurora restarts an instance; one that is frozen is left alone. Outages take
servers away, and what an outage hides nobody touches (sandbox/outages.py, reach.py).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import TypeVar

import pg8000.exceptions
import pg8000.native

from sandbox import certificates, process
from sandbox import config as configuration
from sandbox.aurora import admin, names, plan, postgres, wanted
from sandbox.aurora.lag import LATEST, Lag
from sandbox.aurora.plan import UNHINDERED, Found, Handover, Key, Reach, Step, Wanted
from sandbox.aurora.reach import Reaches, fenceable
from sandbox.aurora.server import Server, Source
from sandbox.aurora.wanted import Picture, Transfer
from sandbox.config import Config
from sandbox.errors import SandboxError
from sandbox.outages import Kind, Outages, board

log = logging.getLogger("sandbox.aurora")

FOLDER = "aurora"
LOOK_SECONDS = 0.25
MEASURE_SECONDS = 1
SHORTEST_SECONDS = 0.1  # however much we hurry, the machine needs time for other things
RETRY_SECONDS = 2
END_SECONDS = 15  # for steps under way, when the sandbox ends
# "You can promote one of the secondary Regions to take full read/write responsibilities in under a minute."
# https://aws.amazon.com/rds/aurora/global-database/
PROMOTION_SECONDS = 60
PATIENCE_SECONDS = 300  # a switchover that cannot be completed is given up
SHORTEST_PATIENCE_SECONDS = 20  # a busy machine promotes slowly, however much we hurry
STUCK_SECONDS = 15  # a standby that its writer has nothing for any more is copied anew, as storage repairs itself
T = TypeVar("T")
TROUBLE = (SandboxError, OSError, pg8000.exceptions.Error)


class Fleet:
    """The servers of one sandbox."""

    def __init__(self, config: Config) -> None:
        """Find PostgreSQL; SandboxError when there is none that can be used. Made in the event loop of the server."""
        self.config = config
        self.account = config.accounts.production
        self.folder = config.dir.resolve() / FOLDER
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)
        self.programs = postgres.programs(self.folder)
        self.issuer = certificates.authority(config.dir)
        self.admin = admin.Admin(self.issuer)
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[Key, asyncio.Task] = {}
        self._retry: dict[Key, float] = {}
        self._lags: dict[Key, Lag] = {}
        self._streamed: dict[Key, float] = {}
        self._table: names.Endpoints | None = None
        self._reaches = Reaches(config.clock)
        self._frozen: set[Key] = set()

    def server(self, key: Key) -> Server:
        """Return the server of a cluster, whether or not it is there."""
        return Server(self.folder / key[0] / key[1], self.config.addresses[key[0]], self.programs, self.issuer)

    def found(self, also: Iterable[Key] = ()) -> dict[Key, Found]:
        """Return what is on the disk, by cluster."""
        keys = {(path.parent.name, path.name) for path in self.folder.glob("*/*") if path.is_dir()} | set(also)
        there = {key: self.server(key).found() for key in keys if key[0] in self.config.addresses}
        return {key: found for key, found in there.items() if found}

    async def look(self) -> None:
        """Compare what is wanted with what is found, write down who answers where, and begin what is to be done."""
        busy = set(self._tasks)  # what is seen of these is out of date as soon as their step ends
        outages = board.outages
        picture = await asyncio.to_thread(wanted.picture, self.account)
        found = await asyncio.to_thread(self.found, picture.clusters)
        self._publish(picture, found)
        await asyncio.to_thread(self._freeze, outages, found)
        handovers = [
            await asyncio.to_thread(self._handover, transfer, picture, found, outages) for transfer in picture.transfers
        ]
        now = self._loop.time()
        for key in {**picture.clusters, **found}:
            if key in busy or self._retry.get(key, 0) > now:
                continue
            if begun := self._begin(key, picture, found, handovers, outages):
                self._tasks[key] = asyncio.create_task(begun)
        if not self._tasks:
            board.databases = outages

    def _freeze(self, outages: Outages, found: dict[Key, Found]) -> None:
        """Freeze the servers of regions whose databases are to be frozen, and thaw those that we froze before."""
        wanted_frozen = {
            key for key, have in found.items() if outages.has(key[0], Kind.DATABASE_FROZEN) and have.running
        }
        for key in self._frozen - wanted_frozen:
            postgres.send(self.server(key).data, signal.SIGCONT)
        for key in wanted_frozen:
            postgres.send(self.server(key).data, signal.SIGSTOP)
        self._frozen = wanted_frozen

    def _begin(
        self, key: Key, picture: Picture, found: dict[Key, Found], handovers: list[Handover], outages: Outages
    ) -> Coroutine | None:
        """Return what is to be done for a cluster now, or None."""
        want, have = picture.clusters.get(key), found.get(key)
        handover = next((each for each in handovers if key in (each.origin, each.target)), None)
        source = found.get(want.source) if want and want.source else None
        reach = self._reach(want, have, handover, outages)
        step = plan.next_step(want, have, source, handover, reach)
        if step:
            return self._take(key, step, picture, found, outages)
        password = picture.passwords.get(key)
        if password and have and have.is_writer and reach.managed:
            return self._try(key, "set the password", lambda: self._tell(key, want, have.port, password))
        return None

    def _reach(self, want: Wanted | None, have: Found | None, handover: Handover | None, outages: Outages) -> Reach:
        if want is None:
            return UNHINDERED
        rises = handover is not None and handover.target == want.key
        return self._reaches.of(want, have, outages, self._loop.time(), rises)

    async def _take(self, key: Key, step: Step, picture: Picture, found: dict[Key, Found], outages: Outages) -> None:
        want, have = picture.clusters.get(key), found.get(key)
        server = self.server(key)
        source = None
        linked = want and want.source and outages.replicates(want.source[0], key[0])
        if linked and (writer := found.get(want.source)):
            source = Source(picture.clusters[want.source], writer, self.config.addresses[want.source[0]])
        port = have.port if have and have.port else None
        transfer = next((each for each in picture.transfers if key == each.target), None)
        actions: dict[Step, Callable[[], None]] = {
            Step.CREATE: lambda: self._create(server, want, picture.passwords.get(key)),
            Step.SEED: lambda: self._seed(server, want, have, port or self._port(key), source),
            Step.START: lambda: server.start(want, source if have.standby else None),
            Step.STOP: server.stop,
            Step.FENCE: server.fence,
            Step.PROMOTE: lambda: self._promote(server, transfer, found, outages),
            Step.REJOIN: lambda: server.rejoin(want, source),
            Step.FOLLOW: lambda: server.follow(want, source),
            Step.CUT: lambda: server.cut(want),
            Step.REMOVE: server.remove,
            Step.COMPLETE: lambda: self._complete(transfer, have),
            Step.CANCEL: lambda: self._finish(transfer, completed=False),
        }
        await self._try(key, step.value, actions[step])

    async def _try(self, key: Key, what: str, action: Callable[[], None]) -> None:
        """Take one step in a thread; what fails is logged and tried again later."""
        log.info("%s in %s: %s", key[1], key[0], what)
        try:
            await asyncio.to_thread(action)
            self._retry.pop(key, None)
        except Exception as problem:  # of one cluster; the others must not suffer
            bug = None if isinstance(problem, TROUBLE) else problem
            log.warning("%s in %s: could not %s: %s", key[1], key[0], what, problem, exc_info=bug)
            self._retry[key] = self._loop.time() + RETRY_SECONDS
        finally:
            self._tasks.pop(key, None)

    def _create(self, server: Server, want: Wanted, password: str | None) -> None:
        port = self._port(want.key)
        server.create(want, port)
        with self.admin.connected(server.address, port) as connection:
            admin.establish(connection, want.user, want.database)
        if password:
            self._tell(want.key, want, port, password)
        else:
            log.error("%s in %s: its volume is gone and its password unknown: set one with ModifyDBCluster", *want.key)
        server.complete()

    def _promote(self, server: Server, transfer: Transfer | None, found: dict[Key, Found], outages: Outages) -> None:
        """Promote; in a failover that goes on whether or not the old writer could be fenced."""
        if transfer and transfer.lossy:
            origin = found.get(transfer.origin)
            wanted.fence(self.account, transfer, held=not (origin and origin.running) or fenceable(transfer, outages))
        server.promote()

    def _seed(self, server: Server, want: Wanted, have: Found | None, port: int, source: Source) -> None:
        """Copy the writer's volume; one that a failover left behind is kept as a snapshot before."""
        rejoins = have is not None and not have.standby
        if rejoins:
            wanted.keep_snapshot(self.account, want.key, self.config.clock.now())
            self._resynchronize(want.key, "Started")
        server.seed(want, port, source)
        if rejoins:
            wanted.synchronized(self.account, want.key)
            self._resynchronize(want.key, "Finished")
            self._save()

    def _resynchronize(self, key: Key, verb: str) -> None:
        text = f"{verb} resynchronizing members of DB cluster {key[1]} in Region {key[0]} after global failover."
        wanted.record_event(self.account, key, text)

    def _tell(self, key: Key, want: Wanted, port: int, password: str) -> None:
        """Give the master user the password of the API, which then forgets it: only the server knows it."""
        with self.admin.connected(self.config.addresses[key[0]], port) as connection:
            admin.set_password(connection, want.user, password)
        wanted.forget_password(self.account, key, password)
        self._save()

    def _port(self, key: Key) -> int:
        taken = {found.port for found in self.found().values()}
        return configuration.free_port((self.config.addresses[key[0]],), taken)

    def _handover(self, transfer: Transfer, picture: Picture, found: dict[Key, Found], outages: Outages) -> Handover:
        """See how far a switchover or failover is."""
        clock, passed = self.config.clock, self.config.clock.now() - transfer.since
        due = passed >= clock.interval(PROMOTION_SECONDS)
        gone = not {transfer.origin, transfer.target} <= picture.clusters.keys()
        patience = max(clock.interval(PROMOTION_SECONDS + PATIENCE_SECONDS), SHORTEST_PATIENCE_SECONDS)
        caught_up = due and not transfer.lossy and self._caught_up(transfer, found)
        return Handover(
            transfer.origin,
            transfer.target,
            transfer.lossy,
            due,
            caught_up,
            gone or passed > patience,
            fenceable(transfer, outages),
        )

    def _caught_up(self, transfer: Transfer, found: dict[Key, Found]) -> bool:
        """Whether the target has replayed all that the origin had when it was stopped cleanly."""
        origin, target = found.get(transfer.origin), found.get(transfer.target)
        if origin is None or origin.running or target is None:
            return False
        try:
            end = self.server(transfer.origin).shutdown_position()
            replayed = self._ask(transfer.target, target, admin.position)
        except SandboxError as problem:
            log.warning("%s in %s: %s", *transfer.origin, problem)
            return False
        return end is not None and replayed is not None and replayed > end

    def _complete(self, transfer: Transfer, target: Found) -> None:
        if not transfer.lossy:
            self.server(transfer.origin).hand_over(target.identity)
        self._finish(transfer, completed=True)

    def _finish(self, transfer: Transfer, completed: bool) -> None:
        wanted.finish(self.account, transfer, completed)
        self._save()

    def _save(self) -> None:
        """Have the emulator write RDS's state: no request will make it do so. Never two at once: in its loop."""
        from sandbox.server import save_state

        self._loop.call_soon_threadsafe(save_state, "rds")

    def _publish(self, picture: Picture, found: dict[Key, Found]) -> None:
        """Write endpoints.json when it changes."""
        clusters = [(want, found[key]) for key, want in picture.clusters.items() if key in found]
        table = names.endpoints(clusters, self.config.addresses, picture.global_names)
        if table != self._table:
            names.write(self.folder, table)
            self._table = table

    async def measure(self) -> None:
        """Measure the lag of each secondary that serves."""
        picture = await asyncio.to_thread(wanted.picture, self.account)
        found = await asyncio.to_thread(self.found)
        followers = {
            key: want.source
            for key, want in picture.clusters.items()
            if want.source and want.instances and key in found and found[key].standby
        }
        self._lags = {key: self._lags.get(key, Lag()) for key in followers}
        self._streamed = {key: at for key, at in self._streamed.items() if key in followers}
        await asyncio.gather(*(self._measure(key, source, found) for key, source in followers.items()))
        for name in LATEST.keys() - {key[1] for key in followers}:
            del LATEST[name]

    async def _measure(self, key: Key, source: Key, found: dict[Key, Found]) -> None:
        outages = board.outages
        apart = outages.unreachable(source[0]) is not None  # nobody can say what is written there
        written = None if apart else await asyncio.to_thread(self._ask, source, found.get(source), admin.position)
        replayed = await asyncio.to_thread(self._ask, key, found[key], admin.position)
        lag = self._lags[key].observe(self.config.clock.now(), written, replayed)
        streams = await asyncio.to_thread(self._ask, key, found[key], admin.streams)
        linked = outages.replicates(source[0], key[0])
        self._heal(key, streams if linked and written is not None else None)
        if lag is None:
            LATEST.pop(key[1], None)
        else:
            LATEST[key[1]] = lag

    def _heal(self, key: Key, streams: bool | None) -> None:
        """Have a standby copied anew that has not streamed for long, though both servers answer (else None)."""
        now = self._loop.time()
        if streams is not False or key in self._tasks:
            self._streamed[key] = now
        elif now - self._streamed.setdefault(key, now) > STUCK_SECONDS:
            log.warning("%s in %s: has not streamed for %s s: its volume is copied anew", key[1], key[0], STUCK_SECONDS)
            self.server(key).disown()
            self._streamed[key] = now

    def _ask(self, key: Key, found: Found | None, question: Callable[[pg8000.native.Connection], T]) -> T | None:
        """Return what a server says, or None where it does not answer."""
        if found is None or not found.complete or not found.running:
            return None
        try:
            with self.admin.connected(self.config.addresses[key[0]], found.port) as connection:
                return question(connection)
        except (OSError, pg8000.exceptions.Error):
            return None

    async def close(self) -> None:
        """Let the steps under way end, then stop every server: writers first, so that the others get everything."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=END_SECONDS)
        found = {key: each for key, each in self.found().items() if each.running}
        for standby in (False, True):
            await asyncio.gather(
                *(asyncio.to_thread(self.server(key).end) for key, each in found.items() if each.standby is standby)
            )


def function_environment(config: Config) -> dict[str, str]:
    """Return what functions find in their environment besides their own: where databases are, from which address
    to call, and whom to trust.
    """
    site = Path(__file__).resolve().parent.parent / "lambda_site"
    return {
        "PYTHONPATH": str(site),
        "SANDBOX_OUTGOING": json.dumps(dict(config.addresses)),
        "SANDBOX_ENDPOINTS": str(config.dir.resolve() / FOLDER / names.FILE),
        "DATABASE_CA_FILE": str(config.dir.resolve() / certificates.CERTIFICATE_FILE),
        "DNS_SERVERS": f"{config.host}:{config.dns_port}",
        "API_PORT": str(config.tls_port),
        "API_CA_FILE": str(config.dir.resolve() / certificates.CERTIFICATE_FILE),
    }


async def run(config: Config) -> None:
    """Keep the fleet until cancelled; the servers end with it."""
    os.environ |= function_environment(config)  # the emulator's workers inherit it
    fleet = Fleet(config)
    while (await asyncio.to_thread(process.health, config) or {}).get("pid") != os.getpid():
        await asyncio.sleep(SHORTEST_SECONDS)  # until its state is loaded the emulator knows no cluster
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_repeat(fleet.look, config.clock.interval(LOOK_SECONDS)))
            group.create_task(_repeat(fleet.measure, config.clock.interval(MEASURE_SECONDS)))
    finally:
        await fleet.close()


async def _repeat(what: Callable[[], Coroutine], seconds: float) -> None:
    while True:
        try:
            await what()
        except Exception as problem:  # of one look; the next may find better
            log.warning(
                "looking after the databases: %s", problem, exc_info=None if isinstance(problem, TROUBLE) else problem
            )
        await asyncio.sleep(max(seconds, SHORTEST_SECONDS))

"""The server process: the mended emulator, the DNS server and the TLS endpoints, in one event loop.

Started by process.start as `python -m sandbox.server DIR`; never imported by the emulator or by the product.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox import config as configuration
from sandbox import connections, outages, process
from sandbox.barrier import Barrier
from sandbox.config import REGIONS, Config
from sandbox.errors import SandboxError
from sandbox.outages import board
from sandbox.retries import Retries

log = logging.getLogger("sandbox")

# Modules of this package with `async run(config)`, which runs beside the server until it is cancelled in the end.
BACKGROUND = ("metrics", "alarms", "checkers", "inbox", "schedules", "replication", "aurora.fleet")
CHECKER_AGENT = b"Amazon-Route53-Health-Check-Service"
GRACE_SECONDS = 2
IDLE_SECONDS = 2
# Longer than any client keeps an idle connection, so that none is closed under a request that is on its way.
KEEP_ALIVE_SECONDS = 600
KEEP_ALIVE_REQUESTS = 1_000_000


class Gate:
    """ASGI middleware in front of the emulator: answers the sandbox's own paths, counts and hands on the rest."""

    def __init__(self, app, own: Mapping[str, Callable[[], Any]]) -> None:
        """Put the gate before `app`; `own` gives the answer of each path, for JSON."""
        self.app = app
        self.own = own
        self.requests = 0

    async def __call__(self, scope, receive, send) -> None:
        """Serve one request, websocket or lifespan."""
        if scope["type"] == "http" and scope["path"] in self.own:
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
            )
            await send({"type": "http.response.body", "body": json.dumps(self.own[scope["path"]]()).encode()})
            return
        # Checkers come for ever, and change nothing that would have to be written.
        self.requests += not dict(scope.get("headers", ())).get(b"user-agent", b"").startswith(CHECKER_AGENT)
        await self.app(scope, receive, send)


async def keep_state(gate: Gate) -> None:
    """Write the emulator's state whenever requests came and then none for a moment, so that a kill loses little."""
    seen = saved = 0
    while True:
        await asyncio.sleep(IDLE_SECONDS)
        if gate.requests == seen != saved:
            save_state()
            saved = seen
        seen = gate.requests


def save_state(*services: str) -> None:
    """Write the state of every service into STATE_DIR, as the emulator does when it ends; or only of some.

    Nothing else happens meanwhile. Hours of metrics and logs take a second of a processor, however little changed.
    """
    from ministack import app
    from ministack.core import persistence

    states = app._build_persistence_save_dict()
    persistence.save_all({service: states[service] for service in services or states})


async def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT, then close the endpoints and let the emulator write its state."""
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config as HypercornConfig

    board.put(outages.load(config.dir))
    connections.apply()
    home_of = functools.partial(_bucket_home, config)
    barrier = Barrier(Retries(_emulator()), board, config.addresses, home_of, config.distance_ms / 1000)
    app = Gate(
        barrier,
        {
            process.HEALTH_PATH: lambda: {"pid": os.getpid()},
            process.CHECKS_PATH: lambda: _checks(config),
            process.OUTAGES_PATH: lambda: board.read(config.dir),
            process.CALLS_PATH: barrier.calls.overview,
        },
    )
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    settings = HypercornConfig()
    settings.bind = [f"{config.host}:{config.port}"]
    settings.keep_alive_timeout = KEEP_ALIVE_SECONDS
    settings.keep_alive_max_requests = KEEP_ALIVE_REQUESTS
    settings.graceful_timeout = GRACE_SECONDS
    settings.loglevel = "WARNING"
    async with contextlib.AsyncExitStack() as endpoints:
        from sandbox import dns, gateway  # as with BACKGROUND: they import the emulator

        endpoints.push_async_callback((await dns.serve(config)).close)
        endpoints.push_async_callback((await gateway.serve(app, config)).close)
        keeper = asyncio.create_task(keep_state(app))
        endpoints.callback(keeper.cancel)
        endpoints.push_async_callback(_cancel, _start_background(config))
        await hypercorn_serve(app, settings, shutdown_trigger=ended.wait)


def _checks(config: Config) -> dict:
    """Every health check of the production account, as the status screen shows it."""
    from sandbox import health  # imports the emulator, which reads its settings when it is imported

    return health.overview(config.accounts.production)


def _bucket_home(config: Config, bucket: str) -> str | None:
    """Return the region of a bucket of the production account; None where there is no such bucket."""
    from ministack.core.responses import request_scope
    from ministack.services import s3

    with request_scope(config.accounts.production, REGIONS[0]):
        return (s3._buckets.get(bucket) or {}).get("region")


def _start_background(config: Config) -> list[asyncio.Task]:
    """Start every module of BACKGROUND; one that ends by itself has a bug, which the log must tell."""
    tasks = []
    for name in BACKGROUND:
        # Imported now: they import the emulator, which reads its settings when it is imported.
        module = importlib.import_module(f"sandbox.{name}")
        task = asyncio.create_task(module.run(config), name=name)
        task.add_done_callback(_report_end)
        tasks.append(task)
    return tasks


def _report_end(task: asyncio.Task) -> None:
    """Log why a background task ended, unless it was cancelled."""
    if not task.cancelled():
        log.error("sandbox.%s ended; the sandbox goes on without it", task.get_name(), exc_info=task.exception())


async def _cancel(tasks: list[asyncio.Task]) -> None:
    """Cancel the tasks and wait until they have cleaned up."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _emulator():
    """Import MiniStack, mend it, and return its ASGI application."""
    from ministack.app import app

    from sandbox import mends

    mends.apply()
    return app


def main(folder: Path) -> int:
    """Run the server of the sandbox in `folder` until it is told to end."""
    config = configuration.load(folder)
    if config is None:
        raise SandboxError(f"{folder} has no {configuration.CONFIG_FILE}: start it with python -m sandbox up")
    os.umask(0o077)  # the state holds secrets
    lock = process.hold(config.pid_file)
    shutil.rmtree(config.dir / "tmp", ignore_errors=True)  # unpacked functions of a server that is gone
    (config.dir / "tmp").mkdir()
    asyncio.run(serve(config))
    os.close(lock)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except SandboxError as problem:
        sys.exit(str(problem))

"""An event loop in a thread, so that plain clients can talk to the sandbox's servers."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def served(start) -> Iterator[Any]:
    """Await `start()` in a loop of its own, give what it returned, and close that in the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(timeout=10)

    try:
        server = run(start())
        try:
            yield server
        finally:
            run(server.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

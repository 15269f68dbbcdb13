"""The command lines of every process that was seen while something ran, as `ps` would show them to anyone."""

from __future__ import annotations

import threading
from pathlib import Path

SAMPLE_SECONDS = 0.1


class ProcessList:
    """Context manager that samples /proc until it is left."""

    def __init__(self) -> None:
        self.command_lines: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> ProcessList:
        self._thread.start()
        return self

    def __exit__(self, *_error) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.command_lines.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except (FileNotFoundError, ProcessLookupError, PermissionError):
                    continue  # ended meanwhile, or another user's

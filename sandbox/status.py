"""One screen about a running sandbox."""

from __future__ import annotations

from sandbox import process
from sandbox.config import Config


def screen(config: Config) -> str:
    """Return the text that `status` prints."""
    return f"endpoint {config.endpoint}  pid {process.running_pid(config.pid_file)}"

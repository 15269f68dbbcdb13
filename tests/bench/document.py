"""Puts the figures into docs/performance.md, between two markers; the prose around them stays."""

from __future__ import annotations

import os
import platform
from datetime import date
from pathlib import Path

BEGIN = "<!-- figures: written by make bench -->"
END = "<!-- end of figures -->"
GIBIBYTE = 2**30


def replaced(document: str, figures: str) -> str:
    """The document with `figures` between the markers; ValueError when it does not have each of them once."""
    if document.count(BEGIN) != 1 or document.count(END) != 1:
        raise ValueError(f"the document needs the lines {BEGIN} and {END}, each once")
    before, rest = document.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{figures.strip()}\n\n{END}{after}"


def machine() -> str:
    """The machine in a sentence: what decides the figures."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBIBYTE
    system = f"{platform.system()} {platform.machine()}"
    python = f"Python {platform.python_version()}"
    return f"{date.today():%Y-%m-%d}, {system}, {cores} cores, {memory:.0f} GiB of memory, {python}"


def write(path: Path, figures: str) -> None:
    path.write_text(replaced(path.read_text(), figures))

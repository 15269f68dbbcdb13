"""Puts the figures of each part into docs/performance.md, between its two markers; the prose around them stays."""

from __future__ import annotations

import os
import platform
from datetime import date
from pathlib import Path

GIBIBYTE = 2**30
#: The commands that measure; what is not here is measured by `make bench`.
COMMANDS = {"drills": "drill"}


def markers(part: str) -> tuple[str, str]:
    """The lines between which the figures of `part` stand."""
    return f"<!-- {part}: written by make {COMMANDS.get(part, 'bench')} -->", f"<!-- end of {part} -->"


def replaced(document: str, part: str, figures: str) -> str:
    """The document with `figures` between the part's markers; ValueError when it does not have each of them once."""
    begin, end = markers(part)
    if document.count(begin) != 1 or document.count(end) != 1:
        raise ValueError(f"the document needs the lines {begin} and {end}, each once")
    before, rest = document.split(begin)
    after = rest.split(end)[1]
    return f"{before}{begin}\n\n{figures.strip()}\n\n{end}{after}"


def machine() -> str:
    """The machine in a sentence: what decides the figures."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBIBYTE
    system = f"{platform.system()} {platform.machine()}"
    python = f"Python {platform.python_version()}"
    return f"{date.today():%Y-%m-%d}, {system}, {cores} cores, {memory:.0f} GiB of memory, {python}"


def write(path: Path, part: str, figures: str) -> None:
    path.write_text(replaced(path.read_text(), part, figures))

"""A new execution environment's first second: importing the function, against importing its libraries alone.

Both from the unpacked zip, in a new Python each, which compiles what it imports: Lambda's folder is read-only, too.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

HANDLER = "payments.handler"
TIMED = """
import importlib, sys, time
started = time.perf_counter()
for name in sys.argv[1:]:
    importlib.import_module(name)
print(time.perf_counter() - started)
"""
ENOUGH_SECONDS = 60


def unpacked(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


def libraries(sources: Path) -> list[str]:
    """The modules of others, those of Python itself excepted, that the files in `sources` import."""
    found: dict[str, None] = {}
    for path in sorted(sources.glob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:  # what a function imports is imported when it is called
            if isinstance(node, ast.Import):
                found |= dict.fromkeys(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module] = None
    return [name for name in found if name.partition(".")[0] not in sys.stdlib_module_names]


def measured(folder: Path, environment: Mapping[str, str], runs: int) -> tuple[list[float], list[float]]:
    """Seconds of the function and of its libraries, one after the other, `runs` times."""
    names = libraries(folder / HANDLER.partition(".")[0])
    pairs = [(_seconds(folder, environment, [HANDLER]), _seconds(folder, environment, names)) for _ in range(runs)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _seconds(folder: Path, environment: Mapping[str, str], names: list[str]) -> float:
    done = subprocess.run(
        [sys.executable, "-B", "-c", TIMED, *names],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=ENOUGH_SECONDS,
        check=True,
    )
    return float(done.stdout)

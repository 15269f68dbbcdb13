"""Mends of MiniStack: one module a service, each replacing or wrapping as few functions as it can.

Every module has `apply()`, names the AWS API page that it follows for each mend, and was written against the
emulator version below; another version may have mended or moved the function, so the server refuses to start with it.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil

from sandbox.errors import SandboxError

EMULATOR_VERSION = "1.5.33"


def apply() -> None:
    """Apply every mend of this package to the emulator that this process has imported."""
    installed = importlib.metadata.version("ministack")
    if installed != EMULATOR_VERSION:
        raise SandboxError(
            f"ministack {installed} is installed, the mends are for {EMULATOR_VERSION}: "
            f"pip install ministack=={EMULATOR_VERSION}"
        )
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}").apply()

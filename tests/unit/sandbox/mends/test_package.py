"""The mends fit one version of the emulator."""

import importlib.metadata

import pytest

from sandbox import mends
from sandbox.errors import SandboxError


def test_another_emulator_version_is_refused(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "9.9.9")
    with pytest.raises(SandboxError, match=f"ministack 9.9.9 is installed, the mends are for {mends.EMULATOR_VERSION}"):
        mends.apply()

"""Every playbook can be read with every inventory."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "playbooks").glob("*.yml"))
INVENTORIES = sorted(path.name for path in (ROOT / "inventories").iterdir())


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_syntax(inventory):
    command = ["ansible-playbook", "--syntax-check", "--inventory", f"inventories/{inventory}", *PLAYBOOKS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("playbook: ") == len(PLAYBOOKS)

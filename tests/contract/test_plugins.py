"""ansible-doc, which is what people ask, renders the documentation of everything that the project brings along."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (ROOT / "library").glob("*.py"))
CALLBACKS = sorted(path.stem for path in (ROOT / "callback_plugins").glob("*.py"))


def rendered(kind, names):
    """What ansible-doc shows, on one line; it must have nothing to say on standard error."""
    command = ["ansible-doc", "--type", kind, *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return " ".join(done.stdout.split())


@pytest.mark.parametrize(("kind", "names"), [("module", MODULES), ("callback", CALLBACKS)])
def test_ansible_doc_renders(kind, names):
    assert names
    shown = rendered(kind, names)
    for name in names:
        assert name.upper() in shown.upper()


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_linked_to_by_their_full_names_only(name):
    """M(…) is a link into a collection; our own modules are in none, and are written as C(…)."""
    assert re.findall(r"\bM\((?!\w+\.\w+\.)[^)]*\)", (ROOT / "library" / f"{name}.py").read_text()) == []

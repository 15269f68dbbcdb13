"""What the documents tell a reader to type or to open is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
# In code only: prose may well make something else.
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
MAKE = re.compile(r"\bmake(?: -s| --silent)? ([a-z][a-z-]*)")
PLACE = re.compile(
    r"(?<![\w/.-])(?:docs|inventories|lambda|library|module_utils|playbooks|requirements|roles|sandbox|terraform|tests)"
    r"/[\w/.-]*\w(?![\w*<{])"
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_command_exists(document):
    code = CODE.findall((ROOT / document).read_text())
    assert {target for part in code for target in MAKE.findall(part)} <= TARGETS


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_linked_file_exists(document):
    path = ROOT / document
    assert [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_exists(document):
    code = CODE.findall((ROOT / document).read_text())
    assert sorted(place for part in code for place in PLACE.findall(part) if not (ROOT / place).exists()) == []

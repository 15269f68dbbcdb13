"""Reads the request, and the table of docs/requirements.md that answers it sentence by sentence."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "requirements.md"
# The user's own words, which are not part of the repository.
REQUEST = ROOT.parent / "shared" / "requirements.md"
BEGINS = "## The design card"
COLUMNS = 5
CODE = re.compile(r"`([^`]+)`")
SHOWN = re.compile(r"`([^`]+)`(?: → (?:`([^`]+)`|(alike)))?")
TO_COME = "issue to come"


@dataclass(frozen=True)
class Command:
    """What to type, and what it prints: JSON in which * stands for anything, or None where only something must come."""

    text: str
    prints: str | None
    alike: bool

    @property
    def program(self) -> str:
        return self.text.split(" ", 1)[0]

    @property
    def in_both_regions(self) -> bool:
        return "$REGION" in self.text or "$API_ID" in self.text


@dataclass(frozen=True)
class Row:
    """One sentence, and what answers it."""

    sentence: str
    resources: tuple[str, ...]
    files: tuple[str, ...]
    commands: tuple[Command, ...]
    tests: tuple[str, ...]
    to_come: bool


def rows(text: str) -> list[Row]:
    """Every row of every table with five columns. ValueError for a row that has not all five."""
    found = []
    for line in text.splitlines():
        if not line.startswith("| ") or line.startswith("| Sentence |"):
            continue
        cells = [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split(" | ")]
        if len(cells) != COLUMNS or not all(cells[:3]):
            raise ValueError(f"this row has not a sentence and what answers it in {COLUMNS} columns: {line}")
        sentence, resources, files, shown, tests = cells
        commands = tuple(Command(command, prints, bool(alike)) for command, prints, alike in _shown(shown))
        named = tuple(code for code in CODE.findall(tests) if "::" in code)
        resources, files = tuple(CODE.findall(resources)), tuple(CODE.findall(files))
        found.append(Row(sentence, resources, files, commands, named, TO_COME in tests))
    return found


def _shown(cell: str) -> Iterable[tuple[str, str | None, str]]:
    return ((found[1], found[2], found[3] or "") for found in SHOWN.finditer(cell))


def preparation(text: str) -> str:
    """The shell commands that set the variables which the others use."""
    return text.split("```bash\n", 1)[1].split("```", 1)[0]


def sentences(text: str) -> list[str]:
    """Every sentence and bullet of the request and the design card; headings and the greeting ask for nothing."""
    found, block = [], ""
    for line in [*text[text.index(BEGINS) :].splitlines(), ""]:
        line = re.sub(r"^> ?", "", line).strip()
        title = line.startswith("#") or re.fullmatch(r"\d+\. \*\*.+\*\*", line)
        if block and (not line or title or line.startswith("- ")):
            parts = re.split(r"(?<=[.!?]) +(?=[A-Z])", block.removeprefix("- "))
            found += parts if block.startswith("- ") else [part for part in parts if part.endswith(".")]
            block = ""
        if line and not title:
            block = f"{block} {line}".strip()
    return found


def titles(text: str) -> list[str]:
    """The numbered core requirements: `1. **Name**` as `1. Name`."""
    return [f"{number}. {name}" for number, name in re.findall(r"^(?:> )?(\d+)\. \*\*(.+)\*\*$", text, re.MULTILINE)]


def unknown_resources(wanted: Iterable[str], addresses: set[str], outputs: set[str]) -> list[str]:
    """What of `wanted` is neither in the applied state (`module.*`: in both regions) nor declared in terraform/."""
    declared = "\n".join(path.read_text() for path in sorted((ROOT / "terraform").glob("*.tf")))
    bare = {re.sub(r"\[[^]]*\]$", "", address) for address in addresses}
    modules = {".".join(address.split(".")[:2]) for address in addresses if address.startswith("module.")}
    known = addresses | bare | modules | {f"output.{name}" for name in outputs}
    missing = []
    for address in wanted:
        if declaration := _declaration(address):
            found = re.search(declaration, declared) is not None
        else:
            found = {address.replace("module.*", f"module.{role}") for role in ("primary", "dr")} <= known
        missing += [] if found else [address]
    return missing


def _declaration(address: str) -> str:
    """What declares something that is in no state; empty for what must be in it."""
    kind, *rest = address.split(".")
    match kind:
        case "var":
            return rf'variable "{rest[0]}" {{'
        case "ephemeral":
            return rf'ephemeral "{rest[0]}" "{rest[1]}" {{'
        case "provider":  # provider.aws.<alias>
            return rf'provider "{rest[0]}" {{\s+alias += "{rest[1]}"'
    return ""


def missing_tests(tests: Iterable[str]) -> list[str]:
    """What of `path::name` or `path::name[case]` is neither a test function nor a run of terraform test."""
    missing = []
    for test in tests:
        path, name, case = re.fullmatch(r"(.+?)::(\w+)(?:\[(.+)\])?", test).groups()
        file = ROOT / path
        found = file.is_file() and name in _names(file)
        found = found and (not case or any(f'"{case}"' in near.read_text() for near in file.parent.glob("*.py")))
        missing += [] if found else [test]
    return missing


def _names(file: Path) -> set[str]:
    text = file.read_text()
    if file.suffix == ".hcl":
        return set(re.findall(r'^run "(\w+)"', text, re.MULTILINE))
    return {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


def expand(text: str, variables: Mapping[str, str]) -> str:
    """As a shell would, for $NAME and ${NAME}. KeyError names a variable that is not set."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: variables[found[1]], text)


def fits(printed: object, wanted: object) -> bool:
    """Whether a JSON value is the wanted one; * in a wanted text stands for anything, but not for nothing."""
    if isinstance(wanted, str) and isinstance(printed, str):
        return bool(re.fullmatch(".+".join(re.escape(part) for part in wanted.split("*")), printed))
    if isinstance(wanted, list) and isinstance(printed, list):
        return len(printed) == len(wanted) and all(map(fits, printed, wanted))
    if isinstance(wanted, dict) and isinstance(printed, dict):
        return printed.keys() == wanted.keys() and all(fits(printed[key], wanted[key]) for key in wanted)
    return printed == wanted


def tells(printed: object) -> bool:
    """Whether a JSON value says something: null, "", [], {}, zero and false do not, nor does a list with a null."""
    if isinstance(printed, list | dict):
        inner = list(printed.values()) if isinstance(printed, dict) else printed
        return bool(inner) and all(one is False or one == 0 or tells(one) for one in inner)
    return bool(printed)


def as_json(text: str) -> object:
    """The value that a command printed; nothing at all where it printed nothing."""
    return json.loads(text) if text.strip() else None


def variables_of(printed: str) -> dict[str, str]:
    """`env -0` as a dictionary."""
    return dict(line.split("=", 1) for line in printed.split("\0") if "=" in line)

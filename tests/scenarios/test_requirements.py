"""docs/requirements.md against the request, the repository and the deployment: every sentence, and what answers it."""

import json
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from . import requirements_table as table
from .conftest import REGIONS, ROOT, SUFFIX, clean_environment
from .state import applied

AWS_CLI = ROOT / "build" / "tools" / "awscli" / "bin"
TEXT = table.DOCUMENT.read_text()
ROWS = table.rows(TEXT)
# Named in the table, and run by whoever runs the tests or the linters.
RUN_ELSEWHERE = {"ansible-playbook", "make"}
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
DEADLINE = 300


@dataclass(frozen=True)
class Answer:
    code: int
    printed: str
    complained: str


@pytest.fixture(scope="module")
def state(deployment) -> dict:
    return applied(deployment)


@pytest.fixture(scope="module")
def engineer(deployment) -> dict[str, str]:
    """The environment of somebody who looks around in the production account with the AWS CLI and nothing else."""
    path = f"{AWS_CLI}:{clean_environment()['PATH']}"
    nobody = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    return clean_environment() | dict(deployment.sandbox.engineer) | nobody | {"PATH": path, "SUFFIX": SUFFIX}


@pytest.fixture(scope="module")
def variables(engineer) -> dict[str, dict[str, str]]:
    """What the document's preparation sets, in each region."""
    script = f"set -euo pipefail\n{table.preparation(TEXT)}\nenv -0"

    def prepare(region: str) -> dict[str, str]:
        command = ["bash", "-c", script]
        done = subprocess.run(
            command, env=engineer | {"REGION": region}, capture_output=True, text=True, timeout=DEADLINE
        )
        assert done.returncode == 0, done.stderr
        return table.variables_of(done.stdout)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(REGIONS, pool.map(prepare, REGIONS), strict=True))


@pytest.fixture(scope="module")
def answers(request, engineer, variables) -> dict[tuple[str, str], Answer]:
    """What every AWS CLI command of the chosen rows prints in each region, asked once."""
    chosen = [item.callspec.params["row"] for item in request.session.items if item.originalname == test_row.__name__]
    commands = dict.fromkeys(command for row in chosen for command in row.commands if command.program == "aws")
    jobs = list(dict.fromkeys((one.text, region) for one in commands for region in regions_of(one)))
    arguments = [shlex.split(table.expand(text, variables[region]))[1:] for text, region in jobs]
    done = subprocess.run(
        [AWS_CLI / "python", ROOT / "tests" / "scenarios" / "aws_cli.py"],
        input=json.dumps(arguments),
        env=engineer,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert done.returncode == 0, done.stderr
    return {job: Answer(*answer) for job, answer in zip(jobs, json.loads(done.stdout), strict=True)}


def regions_of(command: table.Command) -> tuple[str, ...]:
    return REGIONS if command.in_both_regions else REGIONS[:1]


@pytest.mark.skipif(not table.REQUEST.exists(), reason="the request is not beside this checkout")
def test_every_sentence_of_the_request_has_one_row():
    request = table.REQUEST.read_text()
    asked, answered = table.sentences(request), [row.sentence for row in ROWS]
    assert len(asked) > 90
    assert [sentence for sentence in asked if sentence not in answered] == []
    assert sorted(answered) == sorted(asked)
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    assert [title for title in table.titles(request) if title not in headings] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_row(row, state, answers, variables):
    """The files, resources and tests are there, and each command prints what the document says."""
    assert row.files and row.commands
    assert [file for file in row.files if not (ROOT / file).exists()] == []
    assert table.unknown_resources(row.resources, state["addresses"], state["outputs"]) == []
    assert row.tests or row.to_come
    assert table.missing_tests(row.tests) == []
    found = [fault for command in row.commands for fault in faults(command, answers, variables)]
    assert not found, "\n".join(found)


def faults(command: table.Command, answers, variables) -> list[str]:
    """What is wrong with a command of the table, one text for each region."""
    if command.program in RUN_ELSEWHERE:
        words = command.text.split()
        there = words[1] in TARGETS if words[0] == "make" else (ROOT / words[1]).exists()
        return [] if there else [f"{command.text}: there is no {words[1]}"]
    if command.program == "grep":
        done = subprocess.run(shlex.split(command.text), cwd=ROOT, capture_output=True, text=True)
        return [] if done.stdout.strip() else [f"{command.text}: finds nothing"]
    found = {region: answers[command.text, region] for region in regions_of(command)}
    bad = [fault for region, answer in found.items() if (fault := wrong(command, answer, variables[region]))]
    if command.alike and len({answer.printed for answer in found.values()}) != 1:
        bad.append(f"{command.text}: the regions differ: {[answer.printed for answer in found.values()]}")
    return bad


def wrong(command, answer: Answer, variables: dict[str, str]) -> str:
    """What is wrong with the answer, or nothing."""
    told = f"{table.expand(command.text, variables)}\n  printed {answer.printed.strip()}"
    if answer.code:
        return f"{told}\n  exit code {answer.code}: {answer.complained.strip()[-500:]}"
    printed = table.as_json(answer.printed)
    if command.prints is None:
        return "" if table.tells(printed) else f"{told}\n  which says nothing"
    wanted = table.expand(command.prints, variables)
    return "" if table.fits(printed, json.loads(wanted)) else f"{told}\n  and not {wanted}"

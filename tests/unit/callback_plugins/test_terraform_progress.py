"""Terraform's output, told shorter while it is being written."""

import importlib.util
import time
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "callback_plugins" / "terraform_progress.py"
spec = importlib.util.spec_from_file_location("terraform_progress", SOURCE)
terraform_progress = importlib.util.module_from_spec(spec)
spec.loader.exec_module(terraform_progress)
Progress, Follower = terraform_progress.Progress, terraform_progress.Follower


def told(*lines, total=0):
    progress = Progress(total)
    return [said for line in lines if (said := progress.tell(line))], progress


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("aws_vpc.this: Creation complete after 2s [id=vpc-1]", "[  1/9] aws_vpc.this created (2s)"),
        ("aws_vpc.this: Modifications complete after 1m2s [id=vpc-1]", "[  1/9] aws_vpc.this modified (1m2s)"),
        (
            "module.dr.aws_vpc.this[0]: Destruction complete after 0s",
            "[  1/9] module.dr.aws_vpc.this[0] destroyed (0s)",
        ),
        ("Plan: 9 to add, 0 to change, 0 to destroy.", "Plan: 9 to add, 0 to change, 0 to destroy."),
        ("Apply complete! Resources: 9 added, 0 changed, 0 destroyed.", None),
    ],
)
def test_what_is_finished_is_counted_against_the_total(line, said):
    assert told(line, total=9)[0] == [said or line]


def test_attributes_and_waiting_lines_are_kept_back():
    assert told('  + bucket = "x"', "aws_vpc.a: Still creating... [10s elapsed]", "aws_vpc.a: Creating...")[0] == []


def test_in_silence_it_names_what_terraform_waits_for():
    _said, progress = told(*(f"aws_vpc.v{n}: Creating..." for n in range(5)), "aws_vpc.v0: Creation complete after 1s")
    assert progress.waiting() == "waiting for aws_vpc.v1, aws_vpc.v2, aws_vpc.v3 and 1 more"
    _said, progress = told("aws_vpc.v: Refreshing state... [id=x]")
    assert progress.waiting() == "reading what stands (1 resources read)"


def test_what_our_own_modules_write_is_printed_as_it_is():
    said, progress = told("progress: read 1,000 payments", "read 2,000 payments")
    assert said == ["read 1,000 payments"]
    assert progress.waiting() == "still: read 1,000 payments"


def test_destroying_takes_its_total_from_the_plan():
    said, _progress = told("Plan: 0 to add, 0 to change, 7 to destroy.", "aws_vpc.v: Destruction complete after 0s")
    assert said[1].startswith("[  1/7]")


def test_the_follower_prints_what_is_written_while_it_runs_and_not_what_was_there_before(tmp_path):
    log, printed = tmp_path / "log", []
    log.write_text("a.b: Creation complete after 1s\n")
    follower = Follower(log, Progress(), printed.append)
    follower.start()
    with log.open("a") as writing:
        writing.write("c.d: Creation complete after 2s\ne.f: Creation comp")
        writing.flush()
        deadline = time.monotonic() + 10
        while not printed and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [line.strip() for line in printed] == ["[  1] c.d created (2s)"]
        writing.write("lete after 3s\n")
    follower.stop()
    assert printed[-1].strip() == "[  2] e.f created (3s)"

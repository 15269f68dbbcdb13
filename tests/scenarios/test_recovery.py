"""A recovery needs nothing of the region that was lost, can be interrupted after every step, and promotes once.

One walk: each test begins where the one before has ended, so that no region is ever set up anew.
"""

import itertools
import json
import time
from collections import Counter

import pytest

from module_utils.payments_dr.mode import AUTOMATIC, MANUAL

from .hurried import HURRY, impatient, restarted
from .looking import DR, PRIMARY, eventually, patiently
from .recovering import (
    CONFIRM,
    REPORTS,
    Playbook,
    as_it_was,
    calls,
    forget_report,
    promotions,
    report,
    terraform_agrees,
    told,
)
from .two_regions import PAUSE_SECONDS, Site

# Services whose control planes are in us-east-1, and the one that keeps Terraform's state.
AWAY = {"iam", "organizations", "route53", "s3"}
# Asking the lost region how it is, and fencing it: the longest that a call of a recovery may hang.
LONGEST_WAIT_SECONDS = 6
# A refusal does not wait for the region that was lost.
AT_ONCE_SECONDS = 20
# Twice what is aimed at, since the local AWS runs on the same machine.
STATUS_SECONDS, VERIFY_SECONDS = 10, 30


@pytest.fixture(scope="module")
def site(deployment, sandbox):
    """In a hurry, and by hand: no function interferes unless a test lets it. All is as it was afterwards."""
    with as_it_was(sandbox):
        restarted(sandbox, HURRY)
        made = Site(sandbox)
        made.begin_in(PRIMARY)
        made.set_mode(MANUAL)
        yield made
        assert made.writer == PRIMARY


def needs_nothing_of(lost, made, kind):
    """Hold the calls of a recovery against what it may ask; returns how often what was asked, and writes it down."""
    asked = Counter((one["region"], one["service"], one["operation"], one["outcome"]) for one in made)
    lines = "".join(f"{number:4}  {'  '.join(key)}\n" for key, number in sorted(asked.items()))
    (REPORTS / f"failover-calls-{kind}.txt").write_text(lines)
    print(lines)
    assert not {one["service"] for one in made} & AWAY, lines
    there = [one for one in made if one["region"] == lost]
    assert {one["outcome"] for one in there} == {"cut" if kind == "dark" else "held"}, lines
    assert max(one["seconds"] for one in there) < patiently(LONGEST_WAIT_SECONDS)
    assert {one["outcome"] for one in made if one["region"] != lost} == {"served"}, lines
    return asked


def begun(site, region):
    """How Aurora tells that a failover to the region has begun."""
    return f"Global failover to DB cluster {site.topology.places[region].cluster} in Region {region} started."


def written(steps):
    """Whether a run that begins now has noted as many steps, after the note that it begins."""
    before = len(told(report("failover")))
    return lambda: len(told(report("failover"))) > before + steps


def moments(site):
    """When to kill a failover: after its first step, after its second one, while Aurora promotes, and so on."""
    yield written(1)
    yield written(2)
    yield lambda: site.moving
    yield from map(written, itertools.count(3))


def failed_over(site, sandbox, began, kind):
    """The writer was moved to us-east-2 once, by calls that need us-east-2 alone."""
    asked = needs_nothing_of(PRIMARY, calls(sandbox, began), kind)
    assert asked[DR, "rds", "FailoverGlobalCluster", "served"] == 1
    assert promotions(sandbox, began) == [begun(site, DR)]
    assert (site.writer, report("failover")["result"]) == (DR, "done")


def called_down(site, region):
    """Until Route 53's checkers have noticed, the guards refuse, and nobody is told to override them."""
    eventually(lambda: site.checkers(region) == ["down"], f"Route 53's checkers to call {region} down")


@pytest.fixture(scope="class")
def dark(site):
    with site.without(PRIMARY, "dark"):
        called_down(site, PRIMARY)
        yield


class TestEveryCallOfUsEast1IsRefused:
    def test_status_is_there_within_seconds_and_says_what_to_type(self, dark, playbook):
        result = playbook("status")
        print(f"status.yml with a dark region: {result.seconds:.1f} s")
        assert result.code == 0, result.output
        assert f"playbooks/failover.yml -i inventories/sandbox -e to={DR}" in result.output
        assert result.seconds < patiently(STATUS_SECONDS)

    def test_verify_says_not_ready_within_seconds(self, dark, playbook):
        result = playbook("verify")
        print(f"verify.yml with a dark region: {result.seconds:.1f} s")
        assert result.code != 0
        found = json.loads((REPORTS / "verify.json").read_text())
        assert found["ready"] is False
        assert [one for one in found["checks"] if one["region"] == PRIMARY and not one["ok"]]
        assert result.seconds < patiently(VERIFY_SECONDS)

    def test_killed_after_each_step_a_failover_ends_as_any_other(self, dark, site, sandbox):
        forget_report("failover")
        began, killed_after, results = time.time(), [], []
        for moment in moments(site):
            run = Playbook(sandbox, "failover", *CONFIRM, "-e", f"to={DR}")
            if run.killed_when(moment):
                killed_after.append(told(report("failover"))[-1])
                continue
            results.append(run.wait())
            # A machine that is too busy to answer in seconds sends a person away, who types it again.
            if results[-1].code == 0 or "Nothing was done" not in results[-1].output or len(results) > 3:
                break
        assert results[-1].code == 0, results[-1].output
        print("\n".join(killed_after))
        assert len(set(killed_after)) > 6
        failed_over(site, sandbox, began, "dark")


def test_terraform_agrees_after_the_failover(site, playbook):
    site.settle(DR)
    terraform_agrees(playbook)


def test_two_operators_and_the_function_at_once_promote_once(site, sandbox, tmp_path):
    """us-east-2 is lost, and everybody wants us-east-1."""
    site.set_mode(AUTOMATIC)
    with impatient(sandbox), site.without(DR, "dark") as began:
        apart = [("-e", f"recovery_reports={tmp_path / name}") for name in ("anna", "ben")]
        running = [Playbook(sandbox, "failover", *CONFIRM, "-e", f"to={PRIMARY}", *where) for where in apart]
        results = [one.wait() for one in running]
        assert [one.code for one in results] == [0, 0], "\n\n".join(one.output for one in results)
        assert promotions(sandbox, began) == [begun(site, PRIMARY)]
        assert site.writer == PRIMARY

        def joined():  # a log is there when its invocation has ended, which may be after the playbooks
            return {"promote", "follow"} & {one["action"] for one in site.decisions(PRIMARY, began)}

        eventually(joined, "the function to promote or follow", pause=PAUSE_SECONDS)
    site.set_mode(MANUAL)
    site.settle(PRIMARY)


def test_a_failover_while_every_call_of_us_east_1_hangs(site, sandbox, playbook):
    forget_report("failover")
    with site.without(PRIMARY, "hang") as began:
        called_down(site, PRIMARY)
        result = playbook("failover", *CONFIRM)
        print(f"failover.yml while us-east-1 hangs: {result.seconds:.1f} s")
        assert result.code == 0, result.output
        failed_over(site, sandbox, began, "hang")


def test_nothing_moves_on_before_the_journal_is_replayed(site, playbook):
    """A writer that moved again would leave behind the journal that has what replication lost."""
    site.settle(DR)
    attempts = {
        "failback": CONFIRM,
        "switchover": ("--check", "-e", f"to={PRIMARY}"),
        "mode": ("-e", "mode=automatic", "-e", "why=the scenarios"),
    }
    for name, answers in attempts.items():
        result = playbook(name, *answers)
        assert result.code != 0, result.output
        assert "Nothing was done" in " ".join(result.output.split()) and "playbooks/reconcile.yml" in result.output
        assert result.seconds < patiently(AT_ONCE_SECONDS), f"{name} refused after {result.seconds:.0f} s"
    assert (site.writer, site.mode(DR).mode) == (DR, MANUAL)
    result = playbook("status")
    assert "playbooks/reconcile.yml" in json.loads((REPORTS / "status.json").read_text())["next"]["command"], (
        result.output
    )
    reconciled = playbook("reconcile")
    assert reconciled.code == 0, reconciled.output


def test_terraform_agrees_after_the_failback(site, playbook):
    result = playbook("failback", *CONFIRM)
    assert result.code == 0, result.output
    assert site.writer == PRIMARY
    kept = {
        one["DBClusterSnapshotIdentifier"]
        for region in (PRIMARY, DR)
        for one in site.client("rds", region).describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
    }
    assert kept >= set(report("failback")["snapshots"]) > set()
    site.settle(PRIMARY)
    terraform_agrees(playbook)


def test_terraform_agrees_after_a_switchover(site, playbook):
    """Which is what a failback is, the other way: of the way home no plan is asked again."""
    for target in (DR, PRIMARY):
        result = playbook("switchover", *CONFIRM, "-e", f"to={target}")
        assert result.code == 0, result.output
        site.settle(target)
        if target == DR:
            terraform_agrees(playbook)

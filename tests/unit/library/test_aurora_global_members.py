"""A global database is taken apart from whichever roles its clusters have, and only once."""

from types import SimpleNamespace
from unittest import mock

import aurora_global_members
import pytest
from ansible.module_utils.payments_dr.waiters import Clock
from botocore.exceptions import ClientError

from tests.unit.library.running import run, undocumented

GROUP = "aurora-global-unit-a1"
ARNS = {
    region: f"arn:aws:rds:{region}:222222222222:cluster:aurora-cluster-{region}-unit-a1"
    for region in ("us-east-1", "us-east-2")
}
EAST, OHIO = ARNS.values()


def fault(code):
    return ClientError({"Error": {"Code": code, "Message": "because"}}, "RemoveFromGlobalCluster")


class Aurora:
    """One global database, as each region's RDS tells of it. What is removed is listed for one more look."""

    def __init__(self, writer=EAST, members=(EAST, OHIO), busy=0, refuse=""):
        self.writer, self.members, self.busy, self.refuse = writer, list(members), busy, refuse
        self.leaving, self.removed, self.slept = None, [], 0.0
        self.clock = Clock(monotonic=lambda: self.slept, sleep=self._sleep)

    def _sleep(self, seconds):
        self.slept += seconds

    def client(self, module, service, region=None):
        assert service == "rds"
        return SimpleNamespace(
            meta=SimpleNamespace(region_name=region or "us-east-2"),
            exceptions=SimpleNamespace(GlobalClusterNotFoundFault=KeyError),
            get_paginator=lambda operation: SimpleNamespace(paginate=self._paginate),
            remove_from_global_cluster=lambda **asked: self._remove(region, **asked),
        )

    def _paginate(self, GlobalClusterIdentifier):  # noqa: N803 - AWS's name
        listed = [{"DBClusterArn": arn, "IsWriter": arn == self.writer} for arn in self.members]
        group = {"GlobalClusterIdentifier": GROUP, "GlobalClusterMembers": listed}
        if self.leaving:
            self.members.remove(self.leaving)
            self.leaving = None
        return SimpleNamespace(build_full_result=lambda: {"GlobalClusters": [group]})

    def _remove(self, region, GlobalClusterIdentifier, DbClusterIdentifier):  # noqa: N803 - AWS's names
        assert (GlobalClusterIdentifier, region) == (GROUP, DbClusterIdentifier.split(":")[3])
        if self.refuse:
            raise fault(self.refuse)
        if self.busy:
            self.busy -= 1
            raise fault("InvalidGlobalClusterStateFault")
        assert DbClusterIdentifier != self.writer or len(self.members) == 1, "Aurora keeps a writer that has readers"
        self.removed.append(DbClusterIdentifier)
        self.leaving = DbClusterIdentifier


def ask(aurora, check_mode=False, **options):
    options = {"region": "us-east-2", "global_cluster": GROUP, "state": "absent", **options}
    with (
        mock.patch.object(aurora_global_members, "client", aurora.client),
        mock.patch.object(aurora_global_members, "Clock", lambda: aurora.clock),
    ):
        return run(aurora_global_members, options, check_mode=check_mode)


@pytest.mark.parametrize(("writer", "order"), [(EAST, [OHIO, EAST]), (OHIO, [EAST, OHIO])])
def test_the_readers_go_before_the_writer_whichever_that_is(writer, order):
    aurora = Aurora(writer)
    result = ask(aurora)
    assert (result["changed"], result["detached"], aurora.removed, aurora.members) == (True, order, order, [])
    assert undocumented(aurora_global_members, {key: result[key] for key in result if key != "diff"}) == []


def test_what_an_earlier_run_has_detached_is_left_alone():
    assert ask(Aurora(OHIO, members=[OHIO]))["detached"] == [OHIO]
    assert ask(Aurora(members=[]))["changed"] is False


def test_a_failover_under_way_is_waited_for():
    aurora = Aurora(OHIO, busy=3)
    assert ask(aurora)["detached"] == [EAST, OHIO]
    assert aurora.slept > 3


def test_a_member_that_stays_is_named_when_the_deadline_has_passed():
    result = ask(Aurora(busy=99), wait_timeout_seconds=30)
    assert result["failed"]
    assert OHIO in result["msg"] and "InvalidGlobalClusterStateFault" in result["msg"]


def test_what_is_not_permitted_is_told_at_once():
    aurora = Aurora(refuse="AccessDenied")
    assert ask(aurora)["code"] == "AccessDenied"
    assert aurora.slept == 0


def test_check_mode_says_what_would_go_and_leaves_it():
    aurora = Aurora()
    result = ask(aurora, check_mode=True)
    assert (result["changed"], result["detached"], aurora.removed) == (True, [OHIO, EAST], [])

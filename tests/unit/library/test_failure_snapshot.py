"""What the old primary held is kept once, and goes only when told."""

from unittest import mock

import failure_snapshot
import pytest
from botocore.exceptions import ClientError

from tests.unit.library.running import run, undocumented

CLUSTER = "aurora-cluster-us-east-1-unit-a1"
MADE = f"rds:unplanned-global-failover-{CLUSTER}-2026-11-22-03-12"
KEPT = f"kept-{CLUSTER}-2026-11-22-03-12"
OPTIONS = {"region": "us-east-1", "cluster": CLUSTER}


class Snapshots:
    """RDS, as far as snapshots go."""

    class exceptions:  # noqa: N801 - as botocore calls it
        DBClusterSnapshotAlreadyExistsFault = type("DBClusterSnapshotAlreadyExistsFault", (ClientError,), {})
        DBClusterSnapshotNotFoundFault = type("DBClusterSnapshotNotFoundFault", (ClientError,), {})

    def __init__(self, **held):
        self.held, self.meta = held, mock.Mock(region_name="us-east-1")
        self.copied, self.deleted = [], []

    def get_paginator(self, operation):
        assert operation == "describe_db_cluster_snapshots"
        return mock.Mock(paginate=self._paginate)

    def _paginate(self, DBClusterIdentifier, SnapshotType):  # noqa: N803 - AWS's names
        assert DBClusterIdentifier == CLUSTER
        some = {name: status for name, (kind, status) in self.held.items() if kind == SnapshotType}
        listed = [{"DBClusterSnapshotIdentifier": name, "Status": status} for name, status in some.items()]
        return mock.Mock(build_full_result=lambda: {"DBClusterSnapshots": listed})

    def copy_db_cluster_snapshot(self, **request):
        assert request["CopyTags"]
        self.copied.append(request["SourceDBClusterSnapshotIdentifier"])
        target = request["TargetDBClusterSnapshotIdentifier"]
        if target in self.held:
            raise self.exceptions.DBClusterSnapshotAlreadyExistsFault({"Error": {}}, "CopyDBClusterSnapshot")
        self.held[target] = ("manual", "copying")

    def delete_db_cluster_snapshot(self, DBClusterSnapshotIdentifier):  # noqa: N803 - AWS's names
        self.deleted.append(DBClusterSnapshotIdentifier)
        if self.held.pop(DBClusterSnapshotIdentifier, None) is None:
            raise self.exceptions.DBClusterSnapshotNotFoundFault({"Error": {}}, "DeleteDBClusterSnapshot")


def ask(rds, check_mode=False, **options):
    with mock.patch.object(failure_snapshot, "client", lambda module, service: rds):
        result = run(failure_snapshot, {**OPTIONS, **options}, check_mode=check_mode)
    assert undocumented(failure_snapshot, result) == []
    return result


def test_what_aurora_made_is_copied_once():
    rds = Snapshots(**{MADE: ("automated", "available")})
    first, second = ask(rds), ask(rds)
    assert (first["changed"], second["changed"]) == (True, False)
    assert rds.copied == [MADE]
    assert first["found"] == [MADE]
    assert first["copies"] == second["copies"] == [KEPT]
    assert second["unfinished"] == [KEPT]


def test_what_is_still_being_made_is_waited_for():
    rds = Snapshots(**{MADE: ("automated", "creating")})
    result = ask(rds)
    assert (result["changed"], result["unfinished"], rds.copied) == (False, [MADE], [])


def test_other_snapshots_are_left_alone():
    rds = Snapshots(**{"rds:nightly": ("automated", "available"), "mine": ("manual", "available")})
    assert ask(rds) == {"changed": False, "found": [], "copies": [], "unfinished": []}
    assert ask(rds, state="absent")["changed"] is False
    assert (rds.copied, rds.deleted) == ([], [])


@pytest.mark.parametrize("state", ["kept", "absent"])
def test_check_mode_changes_nothing(state):
    rds = Snapshots(**{MADE: ("automated", "available"), "kept-older": ("manual", "available")})
    assert ask(rds, check_mode=True, state=state)["changed"]
    assert (rds.copied, rds.deleted) == ([], [])


def test_copies_go_when_told():
    rds = Snapshots(**{MADE: ("automated", "available"), KEPT: ("manual", "available")})
    assert ask(rds, state="absent")["copies"] == []
    assert rds.deleted == [KEPT]
    assert MADE in rds.held


def test_a_copy_that_another_run_started_is_no_error():
    rds = Snapshots(**{KEPT: ("automated", "available")})
    failure_snapshot.copy(rds, MADE)
    assert rds.copied == [MADE]


def test_a_long_name_keeps_its_time():
    name = failure_snapshot.copy_name(f"{failure_snapshot.PREFIX}{'aurora-cluster-' * 5}2026-11-22-03-12")
    assert len(name) <= 63
    assert name.startswith("kept-")
    assert name.endswith("-2026-11-22-03-12")
    assert "--" not in name

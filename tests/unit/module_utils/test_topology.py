"""The published document, and who is active."""

import copy
import json

import pytest
from ansible.module_utils.payments_dr import topology
from ansible.module_utils.payments_dr.topology import Topology, TopologyError

from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, OHIO, REGIONS


def test_a_document_is_read_from_json_or_a_dict():
    read = Topology.parse(json.dumps(deployed.document()))
    assert read == Topology.parse(deployed.document())
    assert (read.of_role("primary").region, read.of_role("dr").region) == (EAST, OHIO)
    assert read.peer(EAST).bucket == "s3-transaction-logs-us-east-2-test-a1"
    assert read.alarm("evacuate", OHIO) == "alarm-evacuate-us-east-2-test-a1"
    assert read.journal_table(OHIO) == "table-journal-us-east-2-test-a1"
    assert read.epoch_table(OHIO) == "table-epoch-us-east-2-test-a1"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("version", 2, "version: expected 1, found 2"),
        ("global_cluster", "", "global_cluster: expected a str, found ''"),
        ("zone", None, "zone.id: expected a str, found None"),
        ("regions", {}, "regions: expected a dict, found {}"),
        (f"regions/{OHIO}/instances", "one", "regions.us-east-2.instances: expected a list, found 'one'"),
        (f"regions/{EAST}/gateway", None, "regions.us-east-1.gateway: expected a str, found None"),
        (f"regions/{EAST}/dr_role", "dr", "one with dr_role primary and one with dr_role dr"),
        (f"regions/{EAST}", "x", "regions.us-east-1: expected a dict, found 'x'"),
    ],
)
def test_what_is_wrong_in_a_document_is_named_with_the_mend(path, value, words):
    document = copy.deepcopy(deployed.document())
    *way, last = path.split("/")
    target = document
    for key in way:
        target = target[key]
    target[last] = value
    with pytest.raises(TopologyError) as caught:
        Topology.parse(document)
    assert words in str(caught.value)
    assert "run deploy.yml" in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "7"])
def test_what_is_no_document_is_said(text):
    with pytest.raises(TopologyError, match="run deploy.yml"):
        Topology.parse(text)


def aurora(*roles):
    """An entry of DescribeGlobalClusters: one member for each (region, is writer)."""
    return {
        "GlobalClusterMembers": [
            {"DBClusterArn": f"arn:aws:rds:{region}:222222222222:cluster:c-{region}", "IsWriter": writer}
            for region, writer in roles
        ]
    }


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([(EAST, True), (OHIO, False)], (EAST, OHIO)),
        ([(EAST, False), (OHIO, True)], (OHIO, EAST)),
        ([(OHIO, True)], (OHIO, EAST)),
        ([(EAST, False), (OHIO, False)], ("", "")),
        ([(EAST, True), (OHIO, True)], ("", "")),
        ([("eu-west-1", True)], ("", "")),
        ([], ("", "")),
    ],
)
def test_active_is_where_the_one_writer_is(roles, expected):
    assert topology.roles(topology.members(aurora(*roles)), REGIONS) == expected


def test_a_global_cluster_that_does_not_exist_has_no_members():
    assert topology.members(None) == []


def test_members_say_where_and_what_they_are():
    (member,) = topology.members(aurora((OHIO, True)))
    assert (member.cluster, member.region, member.role) == ("c-us-east-2", OHIO, "writer")


def test_differences_are_named_by_their_paths():
    left = {"a": 1, "b": {"c": [1], "d": 2}, "e": 3}
    right = {"a": 1, "b": {"c": [2], "d": 2}, "f": 4}
    assert topology.differences(left, right) == ["b.c", "e", "f"]


def test_the_parameter_has_the_same_name_in_both_regions():
    assert topology.parameter_name("prod", "a1") == "parameter-topology-prod-a1"

"""The inventory through the module: every error at once, or Terraform's variables."""

import deployment_settings

from tests.unit.library.running import run, undocumented
from tests.unit.module_utils.test_settings import SHARED, regions


def settings(shared, of_regions):
    return run(deployment_settings, {"shared": shared, "regions": of_regions}, aws=False)


def test_a_right_inventory_gives_terraforms_variables():
    result = settings(SHARED, regions())
    assert result["shared"]["environmentSuffix"] == "a1"
    assert list(result["regions"]) == ["us-east-1", "us-east-2"]
    assert list(result["regions"]["us-east-2"]) == ["dr"]


def test_every_error_is_listed():
    result = settings(SHARED | {"domain_name": None}, [regions()[0] | {"region": "us-east-9"}, regions()[1]])
    assert result["failed"]
    assert any(error.startswith("domain_name (group_vars/all)") for error in result["errors"])
    assert any(
        error.startswith("region (host_vars/us-east-1): 'us-east-9' is not a region") for error in result["errors"]
    )
    assert all(f"- {error}" in result["msg"] for error in result["errors"])
    assert undocumented(deployment_settings, {"errors": [], "shared": {}, "regions": {}}) == []


def test_the_regions_of_every_partition_are_known():
    known = deployment_settings.aurora_regions()
    assert {"us-east-1", "us-gov-west-1", "cn-north-1"} <= set(known)

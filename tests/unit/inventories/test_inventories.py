"""The inventories differ in values only: a variable that one lacks is found out here, not in production."""

from pathlib import Path

import pytest
import yaml

INVENTORIES = Path(__file__).resolve().parents[3] / "inventories"
NAMES = sorted(path.name for path in INVENTORIES.iterdir())


def files(name):
    return sorted(path.relative_to(INVENTORIES / name) for path in (INVENTORIES / name).rglob("*") if path.is_file())


def shape(value):
    """A document without its values: keys, and what kind each is. Whole and broken numbers are one kind."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def shapes(name):
    return {str(path): shape(yaml.safe_load((INVENTORIES / name / path).read_text())) for path in files(name)}


def test_there_are_three():
    assert NAMES == ["prod", "sandbox", "staging"]


@pytest.mark.parametrize("name", ["prod", "staging"])
def test_files_keys_and_kinds_are_those_of_the_sandbox(name):
    # Empty addresses of AWS itself are text and lists like the sandbox's; a template gives a number as text.
    ours, sandbox = shapes(name), shapes("sandbox")
    connection = str(Path("group_vars/all/connection.yml"))
    assert ours.pop(connection).keys() == sandbox.pop(connection).keys()
    assert ours == sandbox


def test_no_two_share_a_name_or_an_account():
    settings = [yaml.safe_load((INVENTORIES / name / "group_vars/all/main.yml").read_text()) for name in NAMES]
    for variable in ("environment_name", "account_id"):
        assert len({one[variable] for one in settings}) == len(NAMES), variable


def test_no_two_share_an_address_block():
    """Environments may be peered one day."""
    blocks = [yaml.safe_load(path.read_text())["vpc_cidr"] for path in INVENTORIES.glob("*/host_vars/*.yml")]
    assert len(set(blocks)) == len(blocks) == 2 * len(NAMES)


def test_production_survives_the_loss_of_a_zone_in_either_region():
    for path in (INVENTORIES / "prod/host_vars").iterdir():
        region = yaml.safe_load(path.read_text())
        assert region["aurora"]["instances"] == region["nat_gateways"] == len(region["availability_zones"]) == 3

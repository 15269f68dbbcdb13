"""The preflight hands every variable that has a rule to the module that checks it."""

from pathlib import Path

import pytest
import yaml
from ansible.module_utils.payments_dr.settings import REGION_RULES, SHARED_RULES

TASKS = yaml.safe_load((Path(__file__).resolve().parents[2] / "roles/preflight/tasks/inventory.yml").read_text())


def handed_on(fact):
    """The names of the variables that a set_fact of the role gathers."""
    (found,) = [
        one["ansible.builtin.set_fact"][fact] for one in TASKS if fact in one.get("ansible.builtin.set_fact", {})
    ]
    return set(found)


@pytest.mark.parametrize(
    ("fact", "rules", "besides"),
    [("preflight_shared", SHARED_RULES, set()), ("preflight_region", REGION_RULES, {"host", "region"})],
)
def test_what_has_a_rule_is_handed_on_and_nothing_else(fact, rules, besides):
    assert handed_on(fact) == {name.partition(".")[0] for name in rules} | besides

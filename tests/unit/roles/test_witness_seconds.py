"""What a role says of the payments function is what the function does."""

import ast
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]


def constant(path, name):
    """A number that a module of the function assigns, which need not be importable here."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and [target.id for target in node.targets if hasattr(target, "id")] == [name]
    )


def test_a_promotion_waits_longer_than_an_answer_of_dns_counts_in_the_region_that_is_left():
    defaults = yaml.safe_load((ROOT / "roles/recovery/defaults/main.yml").read_text(encoding="utf-8"))
    assert defaults["recovery_witness_seconds"] > constant("lambda/payments/witness.py", "HOLDS")

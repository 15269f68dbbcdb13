"""What a role's argument specification says is what its defaults do."""

from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[2] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir())


def load(path):
    return yaml.safe_load(path.read_text()) or {} if path.exists() else {}


def specifications(role):
    return load(ROLES / role / "meta/argument_specs.yml")["argument_specs"]


def is_template(value):
    """Whether a default is worked out at run time, so that no specification could state it."""
    return isinstance(value, str) and "{{" in value


@pytest.mark.parametrize("role", NAMES)
def test_options_are_the_defaults_and_what_is_required(role):
    defaults = load(ROLES / role / "defaults/main.yml")
    for entry, specification in specifications(role).items():
        options = specification.get("options", {})
        optional = {name for name, option in options.items() if not option.get("required")}
        assert optional == set(defaults), entry
        for name in optional:
            stated, given = options[name].get("default"), defaults[name]
            assert stated == (None if is_template(given) else given), f"{entry}: {name}"


@pytest.mark.parametrize("role", NAMES)
def test_every_option_is_the_roles_own_and_described(role):
    for entry, specification in specifications(role).items():
        assert specification["short_description"], entry
        for name, option in specification.get("options", {}).items():
            assert name.startswith(f"{role}_"), f"{entry}: {name}"
            assert option["description"], f"{entry}: {name}"
            assert option["type"], f"{entry}: {name}"

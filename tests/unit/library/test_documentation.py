"""What a module documents is what it takes; examples use it as it is."""

import importlib
import runpy
from pathlib import Path
from unittest import mock

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
LIBRARY, FRAGMENTS = ROOT / "library", ROOT / "doc_fragments"
MODULES = sorted(path.stem for path in LIBRARY.glob("*.py"))
FACTS = ("type", "required", "default", "choices", "elements")


class _SpecTaken(Exception):  # noqa: N818 - ends main() once the spec is known
    pass


def specification(module):
    """What main() gives to its AnsibleModule or AnsibleAWSModule."""
    name = "AnsibleAWSModule" if hasattr(module, "AnsibleAWSModule") else "AnsibleModule"
    with mock.patch.object(module, name, side_effect=_SpecTaken) as taken, pytest.raises(_SpecTaken):
        module.main()
    return taken.call_args.kwargs


def documented_options(module):
    """Its own and those of our doc_fragments; what others' fragments have is taken by AnsibleAWSModule."""
    documentation = yaml.safe_load(module.DOCUMENTATION)
    options = dict(documentation["options"])
    for name in documentation.get("extends_documentation_fragment", []):
        if "." not in name:
            fragment = runpy.run_path(str(FRAGMENTS / f"{name}.py"))["ModuleDocFragment"]
            options |= yaml.safe_load(fragment.DOCUMENTATION)["options"]
    return options


def stated(option):
    """What both sides say of an option; type str and a default of None need not be said."""
    told = {fact: option[fact] for fact in FACTS if option.get(fact) not in (None, False)}
    return {"type": "str", **told}


def compare(documented, spec, path=""):
    assert set(documented) == set(spec), f"options of {path or 'the module'}"
    for name, option in documented.items():
        assert stated(option) == stated(spec[name]), f"{path}{name}"
        assert option.get("description"), f"{path}{name} has no description"
        compare(option.get("suboptions", {}), spec[name].get("options") or {}, f"{path}{name}.")


@pytest.mark.parametrize("name", MODULES)
def test_options_are_documented_as_they_are(name):
    module = importlib.import_module(name)
    given = specification(module)
    compare(documented_options(module), given["argument_spec"])
    assert given["supports_check_mode"] is True


@pytest.mark.parametrize("name", MODULES)
def test_examples_and_return_are_yaml_and_the_examples_call_the_module(name):
    module = importlib.import_module(name)
    options = documented_options(module)
    common = {"region", "endpoint_url"} if hasattr(module, "AnsibleAWSModule") else set()
    for task in yaml.safe_load(module.EXAMPLES):
        assert set(task[name]) <= set(options) | common
        assert {key for key, option in options.items() if option.get("required")} <= set(task[name])
    assert yaml.safe_load(module.RETURN)

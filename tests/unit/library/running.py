"""Runs a module in this process, and keeps what it answered and which AWS calls it made."""

import contextlib
from unittest import mock

import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from botocore.client import BaseClient

CREDENTIALS = {"access_key": "AKIAUNITTESTUNITTEST", "secret_key": "secret"}
READING = ("Get", "List", "Describe", "Head", "AssumeRole")


class Ended(Exception):  # noqa: N818 - not an error: a module ends by it
    """What exit_json or fail_json was given."""

    def __init__(self, **result):
        super().__init__(result)
        self.result = result


def _exit(self, **result):
    raise Ended(**result)


def _fail(self, msg, **result):
    raise Ended(failed=True, msg=msg, **result)


def run(module, params, check_mode=False, aws=True):
    """The result of `module` (the imported file) with `params`; failed is set when it called fail_json."""
    arguments = {**(CREDENTIALS if aws else {}), **params, "_ansible_check_mode": check_mode}
    with (
        patch_module_args(arguments),
        mock.patch.object(AnsibleModule, "exit_json", _exit),
        mock.patch.object(AnsibleModule, "fail_json", _fail),
    ):
        try:
            module.main()
        except Ended as ended:
            return ended.result
    raise AssertionError(f"{module.__name__} ended without a result")


@contextlib.contextmanager
def calls():
    """The names of the operations that boto3 clients are asked for, such as DescribeAlarms."""
    made, original = [], BaseClient._make_api_call

    def record(self, operation, parameters):
        made.append(operation)
        return original(self, operation, parameters)

    with mock.patch.object(BaseClient, "_make_api_call", record):
        yield made


def writes(made):
    """Those of the operations that are not for reading."""
    return [operation for operation in made if not operation.startswith(READING)]


def undocumented(module, result):
    """Where the keys of a result and those of the module's RETURN differ, as dotted paths; [] when they do not."""
    kept = {key: value for key, value in result.items() if key not in ("changed", "warnings")}
    return _differences(yaml.safe_load(module.RETURN), kept, "")


def _differences(documented, found, path):
    differ = [f"{path}{key}: not documented" for key in found.keys() - documented.keys()]
    differ += [f"{path}{key}: documented, but did not come back" for key in documented.keys() - found.keys()]
    for key in found.keys() & documented.keys():
        entry, value = documented[key], found[key]
        missing = [word for word in ("description", "returned", "type", "sample", "contains") if word not in entry]
        if missing not in (["contains"], ["sample"]):
            differ.append(f"{path}{key}: has no {', '.join(missing)}")
        if "contains" in entry:
            parts = value if isinstance(value, list) else [value]
            for part in (part for part in parts if part is not None):
                differ += _differences(entry["contains"], part, f"{path}{key}.")
    return sorted(differ)

"""Runs a module of library/ inside the worker that Ansible has forked for the task, instead of in a Python of its own.

Starting a Python, unpacking the module and importing boto3 takes more than a second of CPU for each module and region,
the module's work a tenth of that. The controller imports boto3 once here, and its workers inherit it. What a module
gets and gives is the same either way; where anything but this machine's own Python is asked for, it runs as usual.

A module opts in by a link of its name to this file. ansible.netcommon runs its modules in the same way, and
ansible-core keeps `AnsibleModule._record_module_result` for that.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
from types import ModuleType
from typing import Any

import ansible.module_utils
from ansible import constants
from ansible.module_utils import basic
from ansible.plugins.action import ActionBase
from ansible.vars.clean import remove_internal_keys

with contextlib.suppress(ImportError):  # the module itself says what is missing
    import ansible_collections.amazon.aws.plugins.module_utils.modules as aws_modules
    import dns.query  # noqa: F401 - imported for the workers


class ActionModule(ActionBase):
    """The action of every module that is linked to this file."""

    _supports_check_mode = True
    _supports_async = True
    _requires_connection = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result, with the exceptions that it did not handle left to Ansible."""
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        if not self._runs_here(task_vars):
            return result | self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val)
        arguments = dict(self._task.args)
        self._update_module_args(self._task.action, arguments, task_vars)
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        os.environ.update(environment)  # a worker handles one task, and then ends
        return result | _run(_load(self._task.action, self._path()), json.loads(json.dumps(arguments)))

    def _runs_here(self, task_vars: dict[str, Any]) -> bool:
        """Whether a Python of its own would be just this one again. Not on macOS, whose network libraries do not
        survive a fork."""
        interpreter = self._templar.template(task_vars.get("ansible_python_interpreter", ""))
        return (
            self._connection.transport == "local"
            and interpreter == sys.executable
            and not (self._task.async_val or self._task.become or sys.platform == "darwin")
        )

    def _path(self) -> str:
        return self._shared_loader_obj.module_loader.find_plugin(self._task.action)


def _load(name: str, path: str) -> ModuleType:
    """The module's file, with module_utils found where ansible.cfg says."""
    known = ansible.module_utils.__path__
    known.extend(folder for folder in constants.DEFAULT_MODULE_UTILS_PATH or [] if folder not in known)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(module: ModuleType, arguments: dict[str, Any]) -> dict[str, Any]:
    """What main() ends with when it is given the arguments."""
    recorded: dict[str, Any] = {}

    class Recorder(basic.AnsibleModule):
        """Takes its arguments from the task, and keeps its result instead of printing it."""

        def _load_params(self) -> None:
            self.params = arguments

        def _record_module_result(self, o: dict[str, Any]) -> None:
            recorded.update(o)

    if hasattr(module, "AnsibleAWSModule"):
        aws_modules.AnsibleAWSModule.default_settings["module_class"] = Recorder
    else:
        module.AnsibleModule = Recorder
    with contextlib.suppress(SystemExit):  # how exit_json and fail_json end
        module.main()
    remove_internal_keys(recorded)
    return recorded

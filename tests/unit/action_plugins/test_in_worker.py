"""A module gives the same in the worker as in a Python of its own; and where it runs is as asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LINKED = sorted(path.stem for path in (ROOT / "action_plugins").iterdir() if path.is_symlink())
MODULE = """
import os
import sys

from ansible.module_utils.basic import AnsibleModule


def main():
    spec = {"word": {"type": "str", "choices": ["good", "bad", "crash"], "required": True}, "secret": {"no_log": True}}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if module.params["word"] == "crash":
        raise RuntimeError("nobody foresaw this")
    if module.params["word"] == "bad":
        module.fail_json(msg="a bad word", code=7)
    module.exit_json(
        changed=True,
        in_worker="ansible.plugins.action" in sys.modules,
        check=module.check_mode,
        told=os.environ.get("TOLD", ""),
        secret=f"it is {module.params['secret']}",
    )


if __name__ == "__main__":
    main()
"""
PLAYBOOK = """
- hosts: all
  gather_facts: false
  environment: {TOLD: by the play}
  tasks:
    - {name: good, where_am_i: {word: good, secret: hush}}
    - {name: check, where_am_i: {word: good, secret: hush}, check_mode: true}
    - {name: bad, where_am_i: {word: bad}, ignore_errors: true}
    - {name: wrong, where_am_i: {word: worse}, ignore_errors: true}
    - {name: crash, where_am_i: {word: crash}, ignore_errors: true}
    - {name: later, where_am_i: {word: good}, async: 20, poll: 1}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """{host: {task: result}}: `here` has this very Python as its interpreter, `there` the same by another name."""
    project = tmp_path_factory.mktemp("project")
    (project / "library").mkdir()
    (project / "library" / "where_am_i.py").write_text(MODULE)
    (project / "action_plugins").mkdir()
    (project / "action_plugins" / "where_am_i.py").symlink_to(ROOT / "action_plugins" / "in_worker.py")
    python = Path(sys.executable)
    hosts = {"here": str(python), "there": f"{python.parent}/./{python.name}"}
    inventory = {
        name: {"ansible_connection": "local", "ansible_python_interpreter": path} for name, path in hosts.items()
    }
    (project / "hosts.json").write_text(json.dumps({"all": {"hosts": inventory}}))
    (project / "play.yml").write_text(PLAYBOOK)
    (project / "ansible.cfg").write_text("[defaults]\nlibrary = library\naction_plugins = action_plugins\n")
    settings = {
        "ANSIBLE_CONFIG": str(project / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_LOCAL_TEMP": str(project / "tmp"),
        "ANSIBLE_REMOTE_TEMP": str(project / "tmp"),
        "ANSIBLE_ASYNC_DIR": str(project / "async"),
        "LC_ALL": "C.UTF-8",
    }
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "hosts.json", "play.yml"]
    done = subprocess.run(command, cwd=project, env=os.environ | settings, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    tasks = json.loads(done.stdout)["plays"][0]["tasks"]
    return {host: {task["task"]["name"]: task["hosts"][host] for task in tasks} for host in hosts}


def test_where_it_runs_is_as_asked_for(results):
    assert results["here"]["good"]["in_worker"] is True
    assert results["there"]["good"]["in_worker"] is False
    assert results["here"]["later"]["in_worker"] is False


@pytest.mark.parametrize("task", ["good", "check", "bad", "wrong"])
def test_the_result_is_the_same(results, task):
    apart = ("in_worker", "invocation", "_ansible_no_log", "exception")
    here, there = ({key: value for key, value in results[host][task].items() if key not in apart} for host in results)
    assert here == there


def test_check_mode_environment_and_no_log_are_kept(results):
    good = results["here"]["good"]
    assert (good["check"], good["told"], good["changed"]) == (False, "by the play", True)
    assert good["secret"] == "it is ********"
    assert results["here"]["check"]["check"] is True


def test_failures_are_failures(results):
    assert (results["here"]["bad"]["failed"], results["here"]["bad"]["msg"], results["here"]["bad"]["code"]) == (
        True,
        "a bad word",
        7,
    )
    assert "value of word must be one of: good, bad, crash" in results["here"]["wrong"]["msg"]
    assert results["here"]["crash"]["failed"] is True
    assert "nobody foresaw this" in results["here"]["crash"]["msg"]


@pytest.mark.parametrize("name", LINKED)
def test_every_link_is_a_module(name):
    assert (ROOT / "library" / f"{name}.py").is_file()

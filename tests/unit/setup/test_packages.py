import pytest

from setup import packages
from setup.errors import SetupError


class Machine:
    """A machine whose packages are a set of names; apt-get adds to it unless told to fail."""

    def __init__(self, *installed, failing=None):
        self.installed, self.failing, self.commands = set(installed), failing, []

    def need(self, package):
        return packages.Need(package, f"why {package}", lambda: package in self.installed)

    def run(self, command):
        self.commands.append(command)
        if self.failing and self.failing in command:
            return 100
        if "install" in command:
            self.installed.update(command)
        return 0


def test_nothing_is_called_when_nothing_is_missing():
    machine = Machine("git")
    assert packages.ensure([machine.need("git")], run=machine.run, is_root=False, has_apt=False) == []
    assert machine.commands == []


def test_root_installs_only_what_is_missing():
    machine = Machine("git")
    needs = [machine.need("git"), machine.need("python3-venv")]
    assert packages.ensure(needs, run=machine.run, is_root=True, has_apt=True) == ["python3-venv"]
    assert machine.commands[0] == ["apt-get", "-q", "update"]
    assert machine.commands[1][-1] == "python3-venv"
    assert "git" not in machine.commands[1]


def test_anybody_else_is_told_the_one_command():
    machine = Machine()
    with pytest.raises(SetupError) as caught:
        packages.ensure([machine.need("a"), machine.need("b")], run=machine.run, is_root=False, has_apt=True)
    assert "sudo apt-get update && sudo apt-get install -y --no-install-recommends a b\n" in str(caught.value)
    assert "why a" in str(caught.value)
    assert machine.commands == []


def test_a_system_without_apt_is_told_what_is_missing():
    machine = Machine()
    with pytest.raises(SetupError, match="why a"):
        packages.ensure([machine.need("a")], run=machine.run, is_root=True, has_apt=False)


@pytest.mark.parametrize("step", ["update", "install"])
def test_a_failure_of_apt_is_named(step):
    machine = Machine(failing=step)
    with pytest.raises(SetupError, match=rf"apt-get.*{step}.*status 100"):
        packages.ensure([machine.need("a")], run=machine.run, is_root=True, has_apt=True)


def test_an_installation_that_brought_nothing_is_not_believed():
    machine = Machine()
    with pytest.raises(SetupError, match="still missing: a"):
        packages.ensure([machine.need("a")], run=lambda command: 0, is_root=True, has_apt=True)

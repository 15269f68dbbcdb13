import shutil
from pathlib import Path

import pytest

from setup import environment
from setup.errors import SetupError

ROOT = Path(__file__).resolve().parents[3]


class Installers:
    """Stands for uv and pip: remembers what was asked, and fails where told. `pip install uv` brings bin/uv."""

    def __init__(self, failing=()):
        self.commands, self.failing = [], failing

    def __call__(self, command):
        words = [str(word) for word in command]
        kind = "uv" if words[0].endswith("/uv") else "pip"
        self.commands.append(f"{kind} {Path(words[-1]).name}")
        assert "--require-hashes" in words
        if kind in self.failing:
            return 1
        if words[-1].endswith("uv.txt"):
            Path(words[0]).with_name("uv").touch()
        return 0


@pytest.fixture
def requirements(tmp_path):
    folder = tmp_path / "requirements"
    folder.mkdir()
    for name in ("uv", "run", "dev", "checkov", "awscli"):
        (folder / f"{name}.txt").write_text(f"{name}==1\n")
    return folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A place for the environment, with pip's slow bootstrap left out."""
    create = environment.venv.create
    monkeypatch.setattr(environment.venv, "create", lambda where, clear, with_pip: create(where, clear=clear))
    return tmp_path / ".venv"


def ensure(folder, lock, requirements, run, uv=None):
    return environment.ensure(folder, lock, requirements, uv=uv or folder / "bin/uv", run=run)


def test_from_nothing_the_installer_comes_first_and_the_second_time_nothing(folder, requirements):
    run = Installers()
    assert ensure(folder, "run", requirements, run) is True
    assert run.commands == ["pip uv.txt", "uv run.txt"]
    assert ensure(folder, "run", requirements, run) is False
    assert len(run.commands) == 2


def test_an_environment_for_tests_also_deploys_but_not_the_other_way_round(folder, requirements):
    run = Installers()
    ensure(folder, "run", requirements, run)
    assert ensure(folder, "dev", requirements, run) is True
    assert ensure(folder, "run", requirements, run) is False
    assert run.commands[-1] == "uv dev.txt"


@pytest.mark.parametrize("name", ["run", "uv"])
def test_a_changed_lock_is_installed(folder, requirements, name):
    run = Installers()
    ensure(folder, "run", requirements, run)
    (requirements / f"{name}.txt").write_text("other==2\n")
    assert ensure(folder, "run", requirements, run) is True


@pytest.mark.parametrize("tool", ["checkov", "awscli"])
def test_a_tools_environment_uses_the_first_ones_installer(folder, requirements, tmp_path, tool):
    run = Installers()
    ensure(folder, "dev", requirements, run)
    assert ensure(tmp_path / tool, tool, requirements, run, uv=folder / "bin/uv") is True
    assert run.commands[-1] == f"uv {tool}.txt"
    assert (tmp_path / tool / "bin/python").exists()
    assert ensure(tmp_path / tool, tool, requirements, run, uv=folder / "bin/uv") is False


def test_a_moved_checkout_gets_a_new_environment(folder, requirements, tmp_path):
    run = Installers()
    ensure(folder, "run", requirements, run)
    moved = tmp_path / "moved"
    shutil.move(folder, moved)
    assert ensure(moved, "run", requirements, run) is True
    assert str(moved) in (moved / "bin/activate").read_text()


def test_an_interrupted_installation_is_not_taken_for_a_whole_one(folder, requirements):
    with pytest.raises(SetupError):
        ensure(folder, "run", requirements, Installers(failing=("uv", "pip")))
    assert ensure(folder, "run", requirements, Installers()) is True


def test_pip_steps_in_for_uv(folder, requirements):
    run = Installers(failing=("uv",))
    assert ensure(folder, "run", requirements, run) is True
    assert run.commands == ["pip uv.txt", "uv run.txt", "pip run.txt"]


def test_when_neither_manages_the_message_names_the_mend(folder, requirements):
    with pytest.raises(SetupError, match=r"uv\.txt could not be installed.*PIP_INDEX_URL"):
        ensure(folder, "run", requirements, Installers(failing=("uv", "pip")))


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_every_lock_has_hashes_for_everything_and_names_no_place(lock):
    lines = lock.read_text().splitlines()
    pins = [line for line in lines if "==" in line and not line.startswith(" ")]
    assert pins
    assert all(line.endswith("\\") for line in pins)
    assert not [line for line in lines if line.startswith("-") or "://" in line]


def test_what_deploys_is_the_same_in_both_locks():
    run, dev = (
        {line.split(" ")[0] for line in (ROOT / "requirements" / name).read_text().splitlines() if "==" in line}
        for name in ("run.txt", "dev.txt")
    )
    assert run <= dev

import os
from pathlib import Path

import pytest

from setup import provider_mirror
from setup.errors import SetupError
from setup.terraform import release_platform

VERSION = "5.100.0"
PROVIDER = Path("registry.terraform.io/hashicorp/aws")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def lock(tmp_path):
    file = tmp_path / "lock.hcl"
    file.write_text(
        '# maintained by "terraform init"\nprovider "registry.terraform.io/hashicorp/aws" {\n'
        f'  version     = "{VERSION}"\n  constraints = "~> 5.100"\n}}\n'
    )
    return file


@pytest.fixture
def machine(tmp_path):
    folder = tmp_path / "machine"
    folder.mkdir()
    return folder


@pytest.fixture
def target(tmp_path):
    return tmp_path / "build/terraform.rc"


def unpacked(folder, version=VERSION, platform=None):
    (folder / PROVIDER / version / (platform or release_platform())).mkdir(parents=True)
    return folder


def test_a_mirror_on_the_machine_is_found_and_written_down(machine, target, lock):
    mirror = unpacked(machine / "usr/share/plugins")
    assert provider_mirror.ensure(target, lock, {}, machine) == mirror
    text = target.read_text()
    assert f'path    = "{mirror}"' in text
    assert 'include = ["registry.terraform.io/hashicorp/aws"]' in text
    assert 'exclude = ["registry.terraform.io/hashicorp/aws"]' in text
    before = target.stat()
    assert provider_mirror.ensure(target, lock, {}, machine) == mirror
    assert target.stat() == before


def test_archives_count_too(machine, target, lock):
    folder = machine / "mirror" / PROVIDER
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_{VERSION}_{release_platform()}.zip").touch()
    assert provider_mirror.ensure(target, lock, {}, machine) == machine / "mirror"


@pytest.mark.parametrize(
    "make",
    [
        lambda root: unpacked(root / "opt/m", version="5.99.0"),
        lambda root: unpacked(root / "opt/m", platform="plan9_mips"),
        lambda root: unpacked(root / "a/b/c/d"),
        lambda root: unpacked(root / "proc"),
        lambda root: None,
    ],
    ids=["another version", "another platform", "too deep", "not a place for files", "nothing"],
)
def test_otherwise_nothing_is_written(machine, target, lock, make):
    make(machine)
    assert provider_mirror.ensure(target, lock, {}, machine) is None
    assert not target.exists()


def test_the_right_one_of_several_is_found(machine, target, lock):
    unpacked(machine / "a", version="4.0.0")
    right = unpacked(machine / "b")
    assert provider_mirror.ensure(target, lock, {}, machine) == right


def test_a_mirror_that_went_away_is_forgotten(machine, target, lock):
    mirror = unpacked(machine / "opt/m")
    provider_mirror.ensure(target, lock, {}, machine)
    os.rename(mirror, machine / "elsewhere")  # noqa: PTH104 - moves the folder with all that is in it
    provider_mirror.ensure(target, lock, {}, machine)
    assert str(machine / "elsewhere") in target.read_text()
    os.rename(machine / "elsewhere", machine.parent / "gone")  # noqa: PTH104
    assert provider_mirror.ensure(target, lock, {}, machine) is None
    assert not target.exists()


def test_the_persons_own_configuration_wins(machine, target, lock):
    unpacked(machine / "opt/m")
    own = machine / "own.rc"
    own.touch()
    assert provider_mirror.ensure(target, lock, {"TF_CLI_CONFIG_FILE": str(own)}, machine) is None
    (machine / "home").mkdir()
    (machine / "home/.terraformrc").touch()
    assert provider_mirror.ensure(target, lock, {"HOME": str(machine / "home")}, machine) is None


def test_ours_named_in_the_environment_is_still_ours(machine, target, lock):
    mirror = unpacked(machine / "opt/m")
    provider_mirror.ensure(target, lock, {}, machine)
    assert provider_mirror.ensure(target, lock, {"TF_CLI_CONFIG_FILE": str(target)}, machine) == mirror


def test_a_configuration_that_does_not_exist_decides_nothing(machine, target, lock):
    mirror = unpacked(machine / "opt/m")
    assert provider_mirror.ensure(target, lock, {"TF_CLI_CONFIG_FILE": str(machine / "no.rc")}, machine) == mirror


def test_a_given_mirror_is_taken_wherever_it_is(machine, target, lock):
    mirror = unpacked(machine / "a/b/c/d/e/f")
    assert provider_mirror.ensure(target, lock, {"TERRAFORM_PROVIDER_MIRROR": str(mirror)}, machine) == mirror


def test_a_given_mirror_without_the_provider_is_an_error(machine, target, lock):
    with pytest.raises(SetupError, match=r"TERRAFORM_PROVIDER_MIRROR=.*holds no hashicorp/aws 5\.100\.0"):
        provider_mirror.ensure(target, lock, {"TERRAFORM_PROVIDER_MIRROR": str(machine)}, machine)


def test_the_search_is_bounded_in_time(machine):
    unpacked(machine / "opt/m")
    assert list(provider_mirror.candidates(machine, seconds=0)) == []


def test_the_search_does_not_follow_links(machine):
    unpacked(machine.parent / "outside/m")
    (machine / "link").symlink_to(machine.parent / "outside")
    assert list(provider_mirror.candidates(machine)) == []


def test_a_lock_without_the_provider_is_named(tmp_path):
    with pytest.raises(SetupError, match=r"nowhere\.hcl does not lock hashicorp/aws"):
        provider_mirror.pinned_version(tmp_path / "nowhere.hcl")


def test_the_repositorys_own_lock_is_understood():
    assert provider_mirror.pinned_version(ROOT / "terraform/.terraform.lock.hcl").startswith("5.")

import stat

import pytest

from setup import terraform
from setup.errors import SetupError

from .releases import PROGRAM, serving


@pytest.fixture
def releases():
    with serving() as stand_in:
        yield stand_in


@pytest.fixture
def path_with(tmp_path, monkeypatch):
    """Make the PATH hold a terraform of a given version, or none."""
    folder = tmp_path / "bin"
    program = folder / "terraform"
    monkeypatch.setattr(
        terraform.shutil, "which", lambda name: str(folder / name) if (folder / name).exists() else None
    )

    def put(version):
        write_program(program, version)
        return program

    return put


def write_program(path, version):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PROGRAM % version)
    path.chmod(0o755)


def publish(releases, **more):
    return releases.publish(terraform.PINNED, terraform.release_platform(), **more)


@pytest.mark.parametrize(
    ("version", "fits"),
    [("1.11.0", True), ("1.11.4", True), ("1.12.0-beta1", True), ("1.99.1", True),
     ("1.10.5", False), ("0.15.0", False), ("2.0.0", False), ("2.0.0-rc1", False), (None, False)],
)  # fmt: skip
def test_which_versions_fit(version, fits):
    assert terraform.satisfies(version) is fits


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [("Linux", "x86_64", "linux_amd64"), ("Linux", "aarch64", "linux_arm64"), ("Darwin", "arm64", "darwin_arm64"),
     ("Linux", "i686", "linux_386")],
)  # fmt: skip
def test_platform_names_are_hashicorps(system, machine, expected):
    assert terraform.release_platform(system, machine) == expected


def test_a_fit_one_on_the_path_is_used_and_nothing_downloaded(tmp_path, releases, path_with):
    program = path_with("1.12.3")
    assert terraform.ensure(tmp_path / "tools", releases.url) == program
    assert releases.requests == []
    assert not (tmp_path / "tools").exists()


@pytest.mark.parametrize("on_path", [None, "1.5.7", "2.1.0"])
def test_without_a_fit_one_the_pinned_one_is_installed_once(tmp_path, releases, path_with, on_path):
    if on_path:
        path_with(on_path)
    publish(releases)
    program = terraform.ensure(tmp_path / "tools", releases.url + "/")
    assert program == tmp_path / "tools/terraform"
    assert terraform.version_of(program) == terraform.PINNED
    assert program.stat().st_mode & stat.S_IXOTH
    assert len(releases.requests) == 2
    assert terraform.ensure(tmp_path / "tools", releases.url) == program
    assert len(releases.requests) == 2
    assert [entry.name for entry in (tmp_path / "tools").iterdir()] == ["terraform"]


def test_a_broken_one_of_ours_is_replaced(tmp_path, releases, path_with):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/terraform").write_text("half a program")
    publish(releases)
    assert terraform.version_of(terraform.ensure(tmp_path / "tools", releases.url)) == terraform.PINNED


def assert_refused(tmp_path, releases, *words):
    with pytest.raises(SetupError) as caught:
        terraform.ensure(tmp_path / "tools", releases.url)
    for word in (*words, "TERRAFORM_RELEASES_URL"):
        assert word in str(caught.value)
    assert list(tmp_path.glob("tools/**/*")) == []


def test_a_wrong_checksum_installs_nothing(tmp_path, releases, path_with):
    archive = publish(releases)
    releases.files[archive] += b"tampered"
    assert_refused(tmp_path, releases, "checksum", "nothing was installed")


def test_a_version_that_is_not_published(tmp_path, releases, path_with):
    assert_refused(tmp_path, releases, "404", terraform.PINNED)


def test_an_archive_that_is_missing(tmp_path, releases, path_with):
    del releases.files[publish(releases)]
    assert_refused(tmp_path, releases, "404", ".zip")


def test_a_download_that_breaks_off(tmp_path, releases, path_with):
    releases.truncated.add(publish(releases))
    assert_refused(tmp_path, releases, "broke off")


def test_a_broken_download_leaves_the_old_one(tmp_path, releases, path_with):
    write_program(tmp_path / "tools/terraform", "1.5.7")
    releases.truncated.add(publish(releases))
    with pytest.raises(SetupError):
        terraform.ensure(tmp_path / "tools", releases.url)
    assert terraform.version_of(tmp_path / "tools/terraform") == "1.5.7"


def test_a_platform_without_a_release(tmp_path, releases, path_with):
    releases.publish(terraform.PINNED, "plan9_mips")
    with pytest.raises(SetupError, match="no release for this platform"):
        terraform.ensure(tmp_path / "tools", releases.url)


def test_no_network(tmp_path, path_with):
    with serving() as gone:
        pass
    assert_refused(tmp_path, gone, "cannot be reached")


def test_a_release_that_does_not_run_here(tmp_path, releases, path_with):
    publish(releases, says="nonsense")
    with pytest.raises(SetupError, match="does not run"):
        terraform.ensure(tmp_path / "tools", releases.url)
    assert list(tmp_path.glob("tools/**/*")) == []

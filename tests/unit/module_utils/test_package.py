"""The same files make the same zip."""

import os
import zipfile

import pytest
from ansible.module_utils.payments_dr import package


@pytest.fixture
def code(tmp_path):
    folder = tmp_path / "code"
    (folder / "sub" / "__pycache__").mkdir(parents=True)
    (folder / "handler.py").write_text("one")
    (folder / "sub" / "part.py").write_text("two")
    (folder / "sub" / "__pycache__" / "part.cpython-311.pyc").write_bytes(b"x")
    return folder


def test_files_get_their_prefix_and_compiled_ones_stay_out(code):
    assert package.collect([(code, "payments")]) == {"payments/handler.py": b"one", "payments/sub/part.py": b"two"}


def test_times_and_modes_of_the_files_do_not_show(code, tmp_path):
    before = package.archive(package.collect([(code, "")]))
    os.utime(code / "handler.py", (1, 1))
    (code / "handler.py").chmod(0o600)
    assert package.archive(package.collect([(code, "")])) == before
    (tmp_path / "x.zip").write_bytes(before)
    with zipfile.ZipFile(tmp_path / "x.zip") as zipped:
        assert zipped.testzip() is None
        assert {entry.external_attr >> 16 for entry in zipped.infolist()} == {0o644}


def test_the_version_follows_the_contents_and_the_names():
    assert package.version_of({"a": b"1"}) == package.version_of({"a": b"1"})
    versions = {package.version_of(files) for files in ({"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"a": b"", "1": b""})}
    assert len(versions) == 4


def test_a_missing_folder_and_a_name_from_two_sources_are_errors(code, tmp_path):
    with pytest.raises(ValueError, match="nowhere is not a folder"):
        package.collect([(tmp_path / "nowhere", "")])
    with pytest.raises(ValueError, match=r"handler\.py comes from two sources"):
        package.collect([(code, ""), (code, "")])

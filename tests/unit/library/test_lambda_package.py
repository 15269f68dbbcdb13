"""The function's zip: written when the code changes, and not in check mode."""

import lambda_package
import pytest

from tests.unit.library.running import run, undocumented


@pytest.fixture
def options(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "handler.py").write_text("one")
    return {"dest": str(tmp_path / "build" / "x.zip"), "sources": [{"folder": str(tmp_path / "code"), "prefix": "p"}]}


def build(options, check_mode=False):
    return run(lambda_package, options, check_mode=check_mode, aws=False)


def test_it_is_built_once_for_the_same_code(options, tmp_path):
    first = build(options)
    assert first["changed"] is True
    assert undocumented(lambda_package, first) == []
    assert first["size"] == (tmp_path / "build" / "x.zip").stat().st_size
    assert build(options) == first | {"changed": False}
    (tmp_path / "code" / "handler.py").write_text("two")
    second = build(options)
    assert second["changed"] is True
    assert second["version"] != first["version"]
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["x.zip"]


def test_check_mode_builds_nothing(options, tmp_path):
    assert build(options, check_mode=True)["changed"] is True
    assert not (tmp_path / "build").exists()


def test_a_folder_that_is_not_there_is_named(options, tmp_path):
    options["sources"][0]["folder"] = str(tmp_path / "nowhere")
    result = build(options)
    assert result["failed"]
    assert result["msg"] == f"sources: {tmp_path}/nowhere is not a folder"

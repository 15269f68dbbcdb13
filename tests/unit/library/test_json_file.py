"""A document is written whole, in its own folder, and not in check mode."""

import json

import json_file

from tests.unit.library.running import run, undocumented

CONTENT = {"ready": False, "checks": [{"name": "dns-ttl", "observed": "60 s → 3600 s"}]}


def write(dest, check_mode=False, **options):
    return run(json_file, {"dest": str(dest), "content": CONTENT, **options}, check_mode=check_mode, aws=False)


def test_the_folder_is_made_and_the_order_is_kept(tmp_path):
    dest = tmp_path / "reports" / "verify.json"
    result = write(dest)
    assert (result["changed"], result["dest"]) == (True, str(dest))
    assert json.loads(dest.read_text(encoding="utf-8")) == CONTENT
    assert [path.name for path in dest.parent.iterdir()] == ["verify.json"]
    assert undocumented(json_file, result) == []


def test_the_same_document_is_no_change(tmp_path):
    write(tmp_path / "verify.json")
    assert write(tmp_path / "verify.json")["changed"] is False


def test_a_private_document_is_its_owners(tmp_path):
    write(tmp_path / "verify.json", private=True)
    assert (tmp_path / "verify.json").stat().st_mode & 0o777 == 0o600


def test_check_mode_writes_nothing(tmp_path):
    assert write(tmp_path / "reports" / "verify.json", check_mode=True)["changed"] is True
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    result = write(tmp_path / "file" / "verify.json")
    assert result["msg"].startswith(f"dest: {tmp_path}/file/verify.json cannot be written: ")

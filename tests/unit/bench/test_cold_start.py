import os
import zipfile

import pytest

from tests.bench import cold_start

SOURCE = """
from __future__ import annotations
import json
import botocore.config
from pg8000.native import Connection
from . import rules
from .rules import check
def later():
    import jmespath
"""


@pytest.fixture
def folder(tmp_path):
    """A function of the same name, with one library that takes its time."""
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
        archive.writestr("payments/__init__.py", "")
        archive.writestr("payments/handler.py", "import slow_library\nimport time\ntime.sleep(0.1)\n")
        archive.writestr("slow_library.py", "import time\ntime.sleep(0.3)\n")
    return cold_start.unpacked(tmp_path / "it.zip", tmp_path / "unpacked")


def test_libraries_are_what_files_import_of_others_when_they_are_imported(tmp_path):
    (tmp_path / "one.py").write_text(SOURCE)
    (tmp_path / "two.py").write_text("import botocore.config\n")
    assert cold_start.libraries(tmp_path) == ["botocore.config", "pg8000.native"]


def test_the_libraries_of_the_function_are_found():
    assert {"botocore.session", "pg8000.native", "aws_lambda_powertools"} <= set(
        cold_start.libraries(cold_start.Path("lambda/payments"))
    )


def test_both_are_measured_in_new_processes_that_leave_nothing(folder):
    function, libraries = cold_start.measured(folder, os.environ, runs=2)
    assert len(function) == len(libraries) == 2
    assert all(one >= 0.4 for one in function)
    assert all(one >= 0.3 for one in libraries)
    assert not list(folder.rglob("__pycache__"))

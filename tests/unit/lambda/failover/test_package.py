"""The zip as the role builds it starts with its one package and Lambda's own Python and botocore."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import dns
import pytest
from ansible.module_utils.payments_dr import package

from .conftest import ROOT, TOLD

# None in sys.modules makes an import fail, as it would on Lambda; isolated, only the zip could bring a `dns`.
START = """
import json, sys
sys.modules |= dict.fromkeys(("ansible", "ansible_collections", "boto3", "yaml", "requests", "httpx", "h2"))
sys.path.insert(0, sys.argv[1])
from failover.handler import handler, settings
print(json.dumps([settings.here, handler.__module__, *(sys.modules[name].__file__ for name in ("payments_dr", "dns"))]))
"""
LOCK = ROOT / "lambda/failover/requirements.txt"


@pytest.fixture
def zipped(tmp_path):
    """The zip, with the packages that the tests run with in the place of the locked wheels."""
    sources = [
        (Path(dns.__file__).parent, "dns"),
        (ROOT / "lambda/failover", "failover"),
        (ROOT / "module_utils/payments_dr", "payments_dr"),
    ]
    path = tmp_path / "failover.zip"
    path.write_bytes(package.archive(package.collect(sources)))
    return path


def test_it_starts_with_what_is_in_it(zipped):
    told = TOLD | {"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "key"}
    command = [sys.executable, "-I", "-c", START, str(zipped)]
    done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    here, module, *files = json.loads(done.stdout)
    assert (here, module) == ("us-east-2", "failover.handler")
    assert all(file.startswith(str(zipped)) for file in files)


def test_it_is_small(zipped):
    assert zipped.stat().st_size < 600_000


def test_its_lock_is_what_the_playbooks_use():
    """One dnspython on the controller and in the function, so that both read the same answers alike."""
    locked = re.findall(r"^([\w-]+)==(\S+)", LOCK.read_text(), re.MULTILINE)
    assert [name for name, _ in locked] == ["dnspython"]
    assert f"dnspython=={locked[0][1]} " in (ROOT / "requirements/run.txt").read_text()

"""The zip as the role builds it starts with nothing but Lambda's own Python and botocore."""

import json
import os
import subprocess
import sys
from pathlib import Path

from ansible.module_utils.payments_dr import package

from .conftest import ROOT, TOLD

# None in sys.modules makes an import fail, as it would on Lambda.
START = """
import json, sys
sys.modules |= dict.fromkeys(("ansible", "ansible_collections", "boto3", "dns", "yaml", "requests"))
sys.path.insert(0, sys.argv[1])
from failover.handler import handler, settings
print(json.dumps([settings.here, handler.__module__, sys.modules["payments_dr"].__file__]))
"""


def test_it_starts_without_any_package(tmp_path):
    sources = [(ROOT / "lambda/failover", "failover"), (ROOT / "module_utils/payments_dr", "payments_dr")]
    zipped = tmp_path / "failover.zip"
    zipped.write_bytes(package.archive(package.collect((Path(folder), prefix) for folder, prefix in sources)))
    told = TOLD | {"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "key"}
    command = [sys.executable, "-I", "-c", START, str(zipped)]
    done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    here, module, library = json.loads(done.stdout)
    assert (here, module) == ("us-east-2", "failover.handler")
    assert library.startswith(str(zipped))


def test_it_is_small():
    sources = [(ROOT / "lambda/failover", "failover"), (ROOT / "module_utils/payments_dr", "payments_dr")]
    assert len(package.archive(package.collect(sources))) < 300_000

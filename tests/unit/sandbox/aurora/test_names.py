"""Which names lead where, and how a function's Python asks for them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from sandbox.aurora import names
from sandbox.aurora.plan import Found, Wanted

ADDRESSES = {"us-east-1": "127.0.1.1", "us-east-2": "127.0.2.1"}
ONE = Wanted(("us-east-1", "one"), "ID-1", "u", "d", instances=1, hosts=("one.cluster-x", "one-1.x"))
SERVER = Found("ID-1", 5001, complete=True, running=True, standby=False)
SITE = Path(names.__file__).resolve().parents[1] / "lambda_site"


def test_every_name_of_a_cluster_and_of_its_global_database():
    found = names.endpoints([(ONE, SERVER)], ADDRESSES, {"g.global": ONE.key, "h.global": ("us-east-2", "two")})
    assert found == dict.fromkeys(("one.cluster-x", "one-1.x", "g.global"), ("127.0.1.1", 5001))


def test_nobody_is_led_to_a_cluster_without_an_instance_or_one_that_is_being_made():
    from dataclasses import replace

    assert names.endpoints([(replace(ONE, instances=0), SERVER)], ADDRESSES, {"g.global": ONE.key}) == {}
    assert names.endpoints([(ONE, replace(SERVER, complete=False))], ADDRESSES, {}) == {}


def test_the_table_is_read_as_it_was_written(tmp_path):
    assert names.read(tmp_path) == {}
    names.write(tmp_path, {"name": ("127.0.1.1", 5001)})
    assert names.read(tmp_path) == {"name": ("127.0.1.1", 5001)}


ASK = """
import json, socket, sys
def ask(name, port):
    try:
        return list(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0][4])
    except socket.gaierror as error:
        return error.errno == socket.EAI_NONAME
for line in sys.stdin:
    print(json.dumps(ask(*json.loads(line))), flush=True)
"""


def test_a_function_resolves_databases_by_the_table_and_the_rest_as_always(tmp_path):
    names.write(tmp_path, {"one.cluster-x.us-east-1.rds.amazonaws.com": ("127.0.1.1", 5001)})
    python = subprocess.Popen(
        [sys.executable, "-c", ASK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={**os.environ, "PYTHONPATH": str(SITE), "SANDBOX_ENDPOINTS": str(tmp_path / names.FILE)},
    )

    def ask(*question):
        python.stdin.write(json.dumps(question) + "\n")
        return json.loads(python.stdout.readline())

    with python:
        assert ask("one.cluster-x.us-east-1.rds.amazonaws.com", 5432) == ["127.0.1.1", 5001]
        assert ask("ONE.cluster-X.us-east-1.rds.amazonaws.com.", 5432) == ["127.0.1.1", 5001]
        assert ask("two.cluster-x.us-east-1.rds.amazonaws.com", 5432) is True, "unknown, without asking a real server"
        assert ask("127.0.0.1", 80) == ["127.0.0.1", 80]
        names.write(tmp_path, {"one.cluster-x.us-east-1.rds.amazonaws.com": ("127.0.1.1", 6002)})
        assert ask("one.cluster-x.us-east-1.rds.amazonaws.com", 5432) == ["127.0.1.1", 6002], "read again"
        python.stdin.close()

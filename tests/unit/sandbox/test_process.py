"""Starting, ending and finding the sandbox, as a person does it: by the command line."""

import os
import signal
import socket
import stat
import time

import pytest

from sandbox import config as configuration
from sandbox import environment, process
from sandbox.__main__ import _arguments
from sandbox.errors import SandboxError


def listening(address="127.0.0.1"):
    holder = socket.socket()
    holder.bind((address, 0))
    holder.listen()
    return holder


def test_up_on_a_running_one_says_so(sandbox):
    again = sandbox.run("up")
    assert again.returncode == 0
    assert "runs already" in again.stdout
    assert sandbox.config.endpoint in again.stdout


def test_health_tells_the_pid_of_the_lock_holder(sandbox):
    assert process.health(sandbox.config)["pid"] == process.running_pid(sandbox.config.pid_file)


def test_env_points_every_client_at_the_sandbox(sandbox):
    lines = sandbox.run("env").stdout.splitlines()
    assert f"export AWS_ENDPOINT_URL={sandbox.config.endpoint}" in lines
    assert "export AWS_ACCESS_KEY_ID=222222222222" in lines
    assert f"export PAYMENTS_DNS=127.0.0.1:{sandbox.config.dns_port}" in lines
    assert lines[-2] == "unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE"
    assert "export AWS_ACCESS_KEY_ID=111111111111" in sandbox.run("env", "--account", "management").stdout


def test_env_says_which_sandbox_later_commands_mean_and_whose_timings_it_keeps(tmp_path, monkeypatch):
    told = environment.exports(configuration.Config(dir=tmp_path), "222222222222", {}).splitlines()
    assert f"export SANDBOX_DIR={tmp_path}" in told
    assert "export SANDBOX_TIMINGS='AWS'\"'\"'s, modelled'" in told
    hurried = environment.exports(configuration.Config(dir=tmp_path, hurry=20.0), "222222222222", {})
    assert "export SANDBOX_TIMINGS='hurried, 20 times as fast'" in hurried.splitlines()
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path / "mine"))
    assert _arguments(["status"]).dir == tmp_path / "mine"
    assert _arguments(["status", "--dir", str(tmp_path)]).dir == tmp_path
    monkeypatch.delenv("SANDBOX_DIR")
    assert _arguments(["status"]).dir == configuration.DEFAULT_DIR


def test_env_behind_a_proxy_leads_around_it(sandbox):
    behind = sandbox.run("env", http_proxy="http://proxy.invalid:3128", no_proxy="intranet")
    assert "export NO_PROXY=intranet,127.0.0.1,127.0.1.1,127.0.2.1,.payments.example.com" in behind.stdout.splitlines()
    assert sandbox.run("status", http_proxy="http://proxy.invalid:3128").returncode == 0
    assert "PROXY" not in sandbox.run("env").stdout


def test_status_fits_a_screen(sandbox):
    shown = sandbox.run("status")
    assert shown.returncode == 0, shown.stderr
    assert sandbox.config.endpoint in shown.stdout
    assert "payments.example.com. 2 records" in shown.stdout
    assert len(shown.stdout.splitlines()) < 40


def test_nothing_secret_is_readable_by_others(sandbox):
    password = sandbox.folder / "database-password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert sandbox.run("env").stdout.find(password.read_text()) == -1
    deadline = time.monotonic() + 10
    state = sandbox.folder / "state" / "secretsmanager.json"
    while not state.exists():
        assert time.monotonic() < deadline, "the state was not written while idle"
        time.sleep(0.1)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600


def test_state_survives_down_and_a_kill(aside):
    assert aside.run("up", "--free-ports").returncode == 0
    ports = aside.config
    zone = aside.client("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    aside.client("s3").create_bucket(Bucket="kept")
    aside.client("s3").put_object(Bucket="kept", Key="object", Body=b"body")
    assert aside.run("down").returncode == 0
    assert process.running_pid(aside.config.pid_file) is None

    assert aside.run("up", "--free-ports").returncode == 0
    assert aside.config == ports
    assert aside.client("route53").list_hosted_zones()["HostedZones"][0]["Id"] == zone
    assert aside.client("s3").get_object(Bucket="kept", Key="object")["Body"].read() == b"body"

    aside.client("sqs").create_queue(QueueName="made-before-the-kill")
    snapshot = aside.folder / "state" / "sqs.json"
    deadline = time.monotonic() + 10
    while not snapshot.exists() or b"made-before-the-kill" not in snapshot.read_bytes():
        assert time.monotonic() < deadline, "no snapshot was taken while idle"
        time.sleep(0.1)
    os.kill(process.running_pid(aside.config.pid_file), signal.SIGKILL)
    assert "not running" in aside.run("status").stderr
    restarted = aside.run("up")  # over the stale pid file
    assert restarted.returncode == 0, restarted.stderr
    assert len(aside.client("sqs").list_queues()["QueueUrls"]) == 1


def test_what_was_removed_on_purpose_is_not_seeded_again(aside):
    assert aside.run("up", "--free-ports").returncode == 0
    aside.client("secretsmanager").delete_secret(SecretId="payments/aurora/master", ForceDeleteWithoutRecovery=True)
    aside.run("up")
    assert aside.client("secretsmanager").list_secrets()["SecretList"] == []


def test_down_is_idempotent(aside):
    assert "No sandbox was ever started" in aside.run("down").stdout
    aside.folder.mkdir()
    configuration.Config(dir=aside.folder).save()
    down = aside.run("down")
    assert (down.returncode, down.stdout) == (0, "The sandbox is not running\n")


@pytest.mark.parametrize(("option", "address"), [("--port", "127.0.0.1"), ("--tls-port", "127.0.2.1")])
def test_a_taken_port_is_named_with_its_option(aside, option, address):
    with listening(address) as holder:
        taken = str(holder.getsockname()[1])
        free = configuration.with_free_ports(configuration.Config(dir=aside.folder))
        words = {"--port": free.port, "--dns-port": free.dns_port, "--tls-port": free.tls_port} | {option: taken}
        result = aside.run("up", *(str(word) for pair in words.items() for word in pair))
    assert result.returncode == 1
    assert result.stderr.startswith(f"sandbox: {option} {taken} on {address}: Address already in use; choose another")
    assert not (aside.folder / "config.json").exists()


@pytest.mark.parametrize(
    ("words", "environ", "problem"),
    [
        (["up", "--addresses", "us-east-1=127.0.0.1"], {}, "give each of us-east-1, us-east-2 a 127.x.x.x address"),
        (["up", "--addresses", "us-east-1=10.0.0.1,us-east-2=127.0.0.2"], {}, "127.x.x.x address of its own"),
        (["up"], {"SANDBOX_PORT": "many"}, "SANDBOX_PORT='many' is not a port number"),
        (["up", "--dns-port", "70000"], {}, "'70000' is not a port number"),
        (["env"], {}, "is not running: start it with python -m sandbox up"),
        (["status"], {}, "is not running: start it with python -m sandbox up"),
    ],
)
def test_bad_input_is_one_clear_line(aside, words, environ, problem):
    result = aside.run(*words, **environ)
    assert result.returncode != 0
    assert problem in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path, aside):
    (tmp_path / "file").write_text("")
    aside.folder = tmp_path / "file" / "sandbox"
    result = aside.run("up")
    assert result.returncode == 1
    assert "--dir" in result.stderr
    assert "name another folder" in result.stderr


def test_a_damaged_configuration_is_named(aside):
    aside.folder.mkdir()
    (aside.folder / "config.json").write_text("{")
    result = aside.run("up")
    assert "is not a sandbox configuration" in result.stderr


def test_a_server_that_dies_at_once_shows_its_log(aside, monkeypatch):
    config = configuration.with_free_ports(configuration.Config(dir=aside.folder))
    config.save()
    monkeypatch.setattr(process, "emulator_environment", lambda *_: {"PATH": "/nowhere", "PYTHONHOME": "/nowhere"})
    with pytest.raises(SandboxError, match="ended at once"):
        process.start(config)


def test_options_win_over_the_environment_and_that_over_what_is_remembered(tmp_path):
    configuration.Config(dir=tmp_path, port=1001, dns_port=1002, tls_port=1003).save()
    config = configuration.resolve(tmp_path, {"port": 2001}, {"SANDBOX_PORT": "3001", "SANDBOX_DNS_PORT": "3002"})
    assert (config.port, config.dns_port, config.tls_port) == (2001, 3002, 1003)

"""The function as Lambda loads it."""

import importlib

import pytest

from .conftest import TOLD


@pytest.fixture
def handler(stage, monkeypatch):
    for name, value in TOLD.items():
        monkeypatch.setenv(name, value)
    module = importlib.import_module("failover.handler")
    monkeypatch.setattr(module, "watch", stage.watch)
    return module


def test_it_answers_what_it_decided(handler, context):
    assert handler.handler({}, context) == {"region": "us-east-2", "action": "stay", "reason": "us-east-1 serves"}


@pytest.mark.parametrize("name", TOLD)
def test_a_missing_setting_is_named(name):
    settings = importlib.import_module("failover.settings")
    with pytest.raises(KeyError, match=name):
        settings.Settings.from_environment({key: value for key, value in TOLD.items() if key != name})


def test_a_policy_that_nobody_should_act_by_does_not_start():
    settings = importlib.import_module("failover.settings")
    with pytest.raises(ValueError, match="detection_seconds"):
        settings.Settings.from_environment(TOLD | {"FAILOVER_POLICY": '{"detection_seconds": -1}'})


def test_without_settings_of_its_own_the_api_is_where_aws_has_it():
    settings = importlib.import_module("failover.settings")
    reach = settings.Settings.from_environment(TOLD).reach
    assert (reach.dns_servers, reach.port, reach.ca_file) == ((), 443, "")
    told = {"DNS_SERVERS": "127.0.0.1:53,127.0.0.2:53", "API_PORT": "8443", "API_CA_FILE": "/ca.pem"}
    reach = settings.Settings.from_environment(TOLD | told).reach
    assert (reach.dns_servers, reach.port, reach.ca_file) == (("127.0.0.1:53", "127.0.0.2:53"), 8443, "/ca.pem")


def test_clients_are_made_once_for_each_service_region_and_patience(monkeypatch):
    clients = importlib.import_module("failover.clients")
    calls = importlib.import_module("payments_dr.calls")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key")
    make = clients.ClientFactory()
    one = make("ssm", "us-east-2", calls.BRISK)
    assert make("ssm", "us-east-2", calls.BRISK) is one
    assert one.meta.config.read_timeout == calls.BRISK.read
    assert make("ssm", "us-east-1", calls.BRISK).meta.region_name == "us-east-1"
    assert make("ssm", "us-east-2", calls.STEADY) is not one

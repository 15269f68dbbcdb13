"""Clients that are made quickly are the clients that botocore makes."""

import botocore.session
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

SERVICES = ("s3", "secretsmanager")


@pytest.fixture(scope="module")
def clients(package):
    return package("clients")


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1"])
def test_the_models_are_those_of_botocore(clients, service, kind):
    assert clients.KnownServices(SERVICES).load_service_model(service, kind) == Loader().load_service_model(
        service, kind
    )


@pytest.mark.parametrize("service", SERVICES)
def test_the_client_is_that_of_botocore(clients, service):
    ours = clients.Clients("us-east-2", SERVICES).client(service)
    usual = botocore.session.get_session().create_client(service, region_name="us-east-2", config=clients.PATIENCE)
    assert ours.meta.endpoint_url == usual.meta.endpoint_url
    assert ours.meta.service_model.operation_names == usual.meta.service_model.operation_names
    assert ours.meta.config.read_timeout == 1.5
    assert ours.meta.config.retries["total_max_attempts"] == 1


def test_a_service_that_was_not_announced_is_named(clients):
    with pytest.raises(UnknownServiceError, match="sqs"):
        clients.Clients("us-east-2", SERVICES).client("sqs")

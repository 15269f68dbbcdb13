"""Regional custom domains and their root mapping."""

import pytest
from botocore.exceptions import ClientError

NAME = "mended.example.com"
DOMAIN = {
    "domainName": NAME,
    "regionalCertificateArn": "arn:aws:acm:us-east-1:222222222222:certificate/1",
    "endpointConfiguration": {"types": ["REGIONAL"]},
    "securityPolicy": "TLS_1_2",
}


@pytest.fixture
def apigateway(sandbox):
    return sandbox.client("apigateway")


@pytest.fixture
def domain(apigateway):
    yield apigateway.create_domain_name(**DOMAIN)
    apigateway.delete_domain_name(domainName=NAME)


def test_a_regional_domain_has_a_target_and_nothing_of_cloudfront(apigateway, domain):
    described = apigateway.get_domain_name(domainName=NAME)
    assert described["regionalDomainName"].startswith("d-")
    assert described["regionalDomainName"].endswith(".execute-api.us-east-1.amazonaws.com")
    assert described["domainNameStatus"] == "AVAILABLE"
    assert not {"mutualTlsAuthentication", "distributionDomainName"} & set(described)
    with pytest.raises(ClientError, match="ConflictException"):
        apigateway.create_domain_name(**DOMAIN)


def test_the_same_domain_has_another_target_in_the_other_region(sandbox, domain):
    other = sandbox.client("apigateway", "us-east-2")
    made = other.create_domain_name(**DOMAIN)
    assert made["regionalDomainName"] != domain["regionalDomainName"]
    other.delete_domain_name(domainName=NAME)


def test_a_domain_can_be_given_another_certificate(apigateway, domain):
    change = [{"op": "replace", "path": "/regionalCertificateArn", "value": "arn:renewed"}]
    apigateway.update_domain_name(domainName=NAME, patchOperations=change)
    assert apigateway.get_domain_name(domainName=NAME)["regionalCertificateArn"] == "arn:renewed"


def test_an_empty_base_path_is_the_root(apigateway, domain):
    made = apigateway.create_base_path_mapping(domainName=NAME, basePath="", restApiId="api", stage="first")
    assert made["basePath"] == "(none)"
    change = [{"op": "replace", "path": "/stage", "value": "second"}]
    apigateway.update_base_path_mapping(domainName=NAME, basePath="(none)", patchOperations=change)
    assert apigateway.get_base_path_mapping(domainName=NAME, basePath="(none)")["stage"] == "second"
    apigateway.delete_base_path_mapping(domainName=NAME, basePath="(none)")
    assert apigateway.get_base_path_mappings(domainName=NAME).get("items", []) == []

import asyncio
import http.client
import json
import socket
import ssl

import pytest
from ministack.app import app as emulator
from ministack.core.responses import request_scope
from ministack.services import acm, apigateway_v1

from sandbox import config as configuration
from sandbox import gateway

from .background import served

ADDRESSES = {"us-east-1": "127.0.1.1", "us-east-2": "127.0.2.1"}
NAME = "api.payments.example.com"


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    plain = configuration.Config(dir=tmp_path_factory.mktemp("sandbox"), addresses=ADDRESSES)
    return configuration.with_free_ports(plain)


@pytest.fixture(scope="module", autouse=True)
def running(config):
    with served(lambda: gateway.serve(emulator, config)):
        yield


@pytest.fixture(scope="module", autouse=True)
def apis(config):
    """The same custom domain in both regions, each on a REST API that says which region it is in."""
    for region in ADDRESSES:
        with request_scope(config.accounts.production, region):
            api, stage = make_api(region)
            call("POST", "/domainnames", {"domainName": NAME})
            call(
                "POST",
                f"/domainnames/{NAME}/basepathmappings",
                {"restApiId": api, "stage": stage, "basePath": "(none)"},
            )
            call("POST", "/domainnames", {"domainName": f"Staged.{region}.example.com"})
            staged = {"restApiId": api, "basePath": "v1"}
            call("POST", f"/domainnames/Staged.{region}.example.com/basepathmappings", staged)
    yield
    apigateway_v1.reset()


def call(method, path, body):
    """Ask the emulator's API Gateway, and insist on success."""
    status, _, answer = asyncio.run(apigateway_v1.handle_request(method, path, {}, json.dumps(body).encode(), {}))
    assert status < 300, answer
    return json.loads(answer)


def make_api(region):
    api = call("POST", "/restapis", {"name": f"api-{region}"})["id"]
    root = call("GET", f"/restapis/{api}/resources", {})["item"][0]["id"]
    health = call("POST", f"/restapis/{api}/resources/{root}", {"pathPart": "health"})["id"]
    method = f"/restapis/{api}/resources/{health}/methods/GET"
    call("PUT", method, {"authorizationType": "NONE"})
    call("PUT", f"{method}/responses/200", {})
    request = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    call("PUT", f"{method}/integration", request)
    answer = {"responseTemplates": {"application/json": json.dumps({"region": region})}, "selectionPattern": ""}
    call("PUT", f"{method}/integration/responses/200", answer)
    call("POST", f"/restapis/{api}/deployments", {"stageName": "stage-test"})
    return api, "stage-test"


def get(config, region, path="/health", name=NAME, host=None, verify=True, **more):
    """GET from the listener of a region as `name`; return status, headers and JSON body."""
    context = ssl.create_default_context(cafile=config.dir / "ca.pem")
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(name, config.tls_port, context=context, timeout=5)
    raw = socket.create_connection((ADDRESSES[region], config.tls_port), timeout=5)
    connection.sock = context.wrap_socket(raw, server_hostname=name)
    try:
        connection.request(more.pop("method", "GET"), path, headers={"Host": host or name, **more})
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read() or "null")
    finally:
        connection.close()


@pytest.mark.parametrize("region", ADDRESSES)
def test_the_listener_decides_the_region_of_the_shared_name(config, region):
    status, headers, body = get(config, region)
    assert (status, body) == (200, {"region": region})
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("host", [f"{NAME}:8443", NAME.upper()])
def test_the_hosts_port_and_case_do_not_matter(config, host):
    assert get(config, "us-east-2", host=host)[2] == {"region": "us-east-2"}


def test_the_query_and_other_addressing_change_nothing(config):
    assert get(config, "us-east-1", path="/health?region=us-east-2")[2] == {"region": "us-east-1"}
    signed = "AWS4-HMAC-SHA256 Credential=222222222222/20260101/us-east-2/execute-api/aws4_request"
    assert get(config, "us-east-1", Authorization=signed)[2] == {"region": "us-east-1"}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("nobody.example.com", "/health"),
        ("staged.us-east-2.example.com", "/v1/stage-test/health"),
        ("staged.us-east-1.example.com", "/other/health"),
        ("d-1234567890.execute-api.us-east-1.amazonaws.com", "/health"),
        ("localhost", "/_ministack/health"),
        ("s3.amazonaws.com", "/"),
    ],
)
def test_what_is_not_a_custom_domain_here_is_forbidden(config, name, path):
    status, headers, body = get(config, "us-east-1", path=path, name=name, verify=False)
    assert (status, body) == (403, {"message": "Forbidden"})
    assert headers["x-amzn-errortype"] == "ForbiddenException"
    assert len(headers["x-amzn-requestid"]) == 36


def test_the_emulators_own_paths_are_out_of_reach(config):
    assert get(config, "us-east-1", path="/_ministack/health")[0] == 403
    assert get(config, "us-east-1", path="/../../_ministack/reset", method="POST")[0] == 403
    assert get(config, "us-east-1")[0] == 200


def test_a_mapping_without_stage_takes_it_from_the_path(config):
    name = "staged.us-east-1.example.com"
    assert get(config, "us-east-1", path="/v1/stage-test/health", name=name)[2] == {"region": "us-east-1"}


def test_certificates_are_for_the_names_that_the_region_serves(config):
    with pytest.raises(ssl.SSLCertVerificationError):
        get(config, "us-east-1", name="staged.us-east-2.example.com")
    assert get(config, "us-east-2", name="staged.us-east-2.example.com", path="/")[0] == 403
    assert get(config, "us-east-1", name="d-1.execute-api.us-east-1.amazonaws.com")[0] == 403


def test_a_certificate_that_has_ended_is_shown_until_a_newer_one_is_imported(config):
    name, arn = "old.example.com", "arn:aws:acm:us-east-2:222222222222:certificate/old"
    with request_scope(config.accounts.production, "us-east-2"):
        acm._certificates[arn] = {"NotAfter": "2020-01-01T00:00:00Z"}
        call("POST", "/domainnames", {"domainName": name, "regionalCertificateArn": arn})
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
            get(config, "us-east-2", name=name)
        acm._certificates[arn] = {"NotAfter": "2999-01-01T00:00:00Z"}
        assert get(config, "us-east-2", name=name)[0] == 403
        del acm._certificates[arn]


def test_old_protocols_are_refused(config):
    context = ssl.create_default_context(cafile=config.dir / "ca.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((ADDRESSES["us-east-1"], config.tls_port), timeout=5) as raw, pytest.raises(OSError):
        context.wrap_socket(raw, server_hostname=NAME)


def test_a_domain_that_is_deleted_is_forbidden_at_once(config):
    name = "short.example.com"
    with request_scope(config.accounts.production, "us-east-1"):
        call("POST", "/domainnames", {"domainName": name})
        assert get(config, "us-east-1", name=name)[0] == 403
        apigateway_v1._domain_names.pop(name)
    with pytest.raises(ssl.SSLCertVerificationError):
        get(config, "us-east-1", name=name)


@pytest.mark.parametrize(
    ("mappings", "path", "expected"),
    [
        ({"(none)": "s"}, "/a/b", "/_aws/execute-api/x/s/a/b"),
        ({"": "s"}, "", "/_aws/execute-api/x/s/"),
        ({"v1": "s"}, "/v1", "/_aws/execute-api/x/s/"),
        ({"v1": "s"}, "/v1/", "/_aws/execute-api/x/s/"),
        ({"v1": "s"}, "/v10/a", None),
        ({"v1": "s", "(none)": "root"}, "/v10/a", "/_aws/execute-api/x/root/v10/a"),
        ({"v1": "s", "v1/b": "t", "(none)": "root"}, "/v1/b/c", "/_aws/execute-api/x/t/c"),
        ({"(none)": ""}, "/stage/a", "/_aws/execute-api/x/stage/a"),
        ({}, "/a", None),
    ],
)
def test_the_longest_base_path_wins(mappings, path, expected):
    shaped = {base: {"restApiId": "x", "stage": stage} for base, stage in mappings.items()}
    assert gateway.execute_path(shaped, path) == expected


def test_a_port_that_is_taken_is_an_error(config):
    with pytest.raises(OSError, match="in use"), served(lambda: gateway.serve(emulator, config)):
        pass

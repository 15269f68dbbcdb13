"""openapi.yml against the handler: what it allows is taken, what it forbids is refused, and every answer fits it."""

import io
import json
import uuid
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode

DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[4] / "lambda/payments/openapi.yml").read_text())


def as_wsgi(function):
    """The function as an application that schemathesis can call, as API Gateway would."""

    def application(environ, start):
        if environ["PATH_INFO"] == "/openapi.json":
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(DOCUMENT).encode()]
        headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        if environ.get("CONTENT_TYPE"):
            headers["Content-Type"] = environ["CONTENT_TYPE"]
        body = environ.get("wsgi.input", io.BytesIO()).read()
        status, document, answered = function(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
            body,
            headers,
            parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True),
            encoded=True,
        )
        start(f"{status} -", list(answered.items()))
        return [json.dumps(document).encode()]

    return application


OPERATIONS = [
    pytest.param(method, path, mode, id=f"{method} {path} {mode.value}")
    for path, item in DOCUMENT["paths"].items()
    for method in item
    for mode in GenerationMode
    if path != "/health" or mode is GenerationMode.POSITIVE  # it takes nothing that could be wrong
]


@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
def test_the_handler_does_what_the_document_says(function, method, path, mode):
    operation = schemathesis.openapi.from_wsgi("/openapi.json", app=as_wsgi(function))[path][method]

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=operation.as_strategy(generation_mode=mode))
    def hold(case):
        if mode is GenerationMode.POSITIVE and operation.label == "POST /payments":
            # A key that comes again stands for the payment that it came with; no schema can say so.
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
        case.call_and_validate()

    hold()


def test_the_document_has_the_limits_of_the_rules(package):
    rules, currencies = package("rules"), package("currencies")
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Currency"]["enum"] == sorted(currencies.CURRENCIES)
    assert schemas["Amount"]["maximum"] == rules.LARGEST_AMOUNT
    assert schemas["Reference"]["maxLength"] == rules.LONGEST_REFERENCE
    assert schemas["Metadata"]["maxProperties"] == rules.MOST_METADATA
    assert schemas["Metadata"]["additionalProperties"]["maxLength"] == rules.LONGEST_METADATA_VALUE
    assert set(schemas["Order"]["properties"]) == rules.FIELDS
    key = DOCUMENT["paths"]["/payments"]["post"]["parameters"][0]["schema"]
    assert key["maxLength"] == rules.LONGEST_KEY
    assert key["pattern"] == f"^{rules.KEY.pattern}$"
    cursor = DOCUMENT["paths"]["/payments"]["get"]["parameters"][1]["schema"]
    assert cursor["pattern"] == f"^{package('cursors').WORD.pattern}$"
    assert schemas["Metadata"]["propertyNames"]["pattern"] == f"^{rules.METADATA_NAME.pattern}$"

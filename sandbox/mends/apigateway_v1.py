"""API Gateway (REST): regional custom domains as AWS describes them, and the root base path mapping."""

from __future__ import annotations

import functools
import hashlib
import json
from urllib.parse import unquote

from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway_v1

ROOT_PATH = "(none)"


def apply() -> None:
    """Wrap domain name and base path mapping creation, and add their updates."""
    apigateway_v1._create_domain_name = functools.partial(create_domain_name, apigateway_v1._create_domain_name)
    for name in ("_create_base_path_mapping", "_get_base_path_mapping", "_delete_base_path_mapping"):
        setattr(apigateway_v1, name, functools.partial(at_root, getattr(apigateway_v1, name)))
    apigateway_v1.handle_request = functools.partial(handle_request, apigateway_v1.handle_request)


def create_domain_name(inner, data: dict) -> tuple:
    """CreateDomainName for a regional endpoint: a `d-…` target name, nothing of CloudFront or mutual TLS unless asked.

    https://docs.aws.amazon.com/apigateway/latest/api/API_DomainName.html
    """
    name = data.get("domainName", "")
    if name in apigateway_v1._domain_names:
        return apigateway_v1._v1_error("ConflictException", "The domain name you provided already exists.", 409)
    answer = inner(data)
    domain = apigateway_v1._domain_names.get(name)
    if answer[0] != 201 or "REGIONAL" not in domain["endpointConfiguration"].get("types", []):
        return answer
    target = hashlib.sha256(f"{get_account_id()}{get_region()}{name}".encode()).hexdigest()[:10]
    domain |= {
        "regionalDomainName": f"d-{target}.execute-api.{get_region()}.amazonaws.com",
        "domainNameStatus": "AVAILABLE",
    }
    for field in ("distributionDomainName", "distributionHostedZoneId", "mutualTlsAuthentication"):
        if not data.get(field):
            domain.pop(field, None)
    apigateway_v1._domain_names[name] = domain
    return apigateway_v1._v1_response(domain, 201)


def at_root(inner, domain_name: str, path_or_data) -> tuple:
    """Base path mappings: an absent or empty base path is the root, which AWS calls `(none)`.

    https://docs.aws.amazon.com/apigateway/latest/api/API_BasePathMapping.html
    """
    if isinstance(path_or_data, dict):
        return inner(domain_name, path_or_data | {"basePath": path_or_data.get("basePath") or ROOT_PATH})
    return inner(domain_name, unquote(path_or_data) or ROOT_PATH)


async def handle_request(inner, method, path, headers, body, query_params) -> tuple:
    """Add UpdateDomainName and UpdateBasePathMapping (a renewed certificate, another stage); hand on the rest.

    https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateDomainName.html
    https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateBasePathMapping.html
    """
    parts = path.strip("/").split("/")
    if method != "PATCH" or parts[0] != "domainnames":
        return await inner(method, path, headers, body, query_params)
    record = apigateway_v1._domain_names.get(parts[1])
    if len(parts) == 4:
        record = apigateway_v1._base_path_mappings.get(parts[1], {}).get(unquote(parts[3]) or ROOT_PATH)
    if record is None:
        return apigateway_v1._v1_error("NotFoundException", "Invalid domain name identifier specified", 404)
    apigateway_v1._apply_patch(record, json.loads(body)["patchOperations"])
    return apigateway_v1._v1_response(record)

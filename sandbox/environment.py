"""The exports with which any AWS client, and any HTTP client that resolves by itself, talks to the sandbox."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

from sandbox.config import REGIONS, Config

PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
UNSET = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE")

# The AWS CLI 1 asks AWS itself for RDS in us-east-1 and for SQS, unless it is told otherwise on its command line; a
# later --endpoint-url wins. https://github.com/aws/aws-cli: customizations/overridesslcommonname.py
AWS_CLI_1 = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'


def exports(config: Config, account: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return shell lines for `eval` that make the caller an engineer of `account` (12 digits)."""
    variables = {
        "AWS_ENDPOINT_URL": config.endpoint,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "not-checked-by-the-local-aws",
        "AWS_REGION": REGIONS[0],
        "AWS_DEFAULT_REGION": REGIONS[0],
        "AWS_EC2_METADATA_DISABLED": "true",
        "PAYMENTS_URL": f"https://api.{config.zone_name}:{config.tls_port}",
        "PAYMENTS_CA": str(config.dir / "ca.pem"),
        "PAYMENTS_DNS": f"{config.host}:{config.dns_port}",
        "SANDBOX_DIR": str(config.dir),
        "SANDBOX_TIMINGS": "AWS's, modelled" if config.hurry == 1 else f"hurried, {config.hurry:g} times as fast",
    }
    if any(environ.get(name) for name in PROXIES):
        variables["NO_PROXY"] = variables["no_proxy"] = without_proxy(config, environ)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join([*lines, f"unset {' '.join(UNSET)}", AWS_CLI_1])


def without_proxy(config: Config, environ: Mapping[str, str]) -> str:
    """Return the hosts to reach without a proxy: the user's own, and the sandbox's."""
    known = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    own = [config.host, *config.addresses.values(), f".{config.zone_name}"]
    return ",".join(dict.fromkeys([*filter(None, known.split(",")), *own]))

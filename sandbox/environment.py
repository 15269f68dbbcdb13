"""The exports with which any AWS client, and any HTTP client that resolves by itself, talks to the sandbox."""

from __future__ import annotations

import shlex

from sandbox.config import REGIONS, Config

UNSET = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE")


def exports(config: Config, account: str) -> str:
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
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join([*lines, f"unset {' '.join(UNSET)}"])

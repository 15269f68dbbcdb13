"""The file of certificate authorities that the payments function trusts its database by, and what it lacks."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

SOURCE = "https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"
PRIVATE = "PRIVATE KEY-----"


@dataclass(frozen=True)
class Authority:
    """One certificate authority: its common name, and until when it is valid, in seconds since the epoch."""

    name: str
    ends: int


def read(content: bytes) -> list[Authority]:
    """The authorities in a PEM file. Raises ValueError that says what it is instead."""
    text = content.decode("ascii", "ignore")  # comments alone may be something else
    if PRIVATE in text:
        raise ValueError("holds a private key, which must never be packed into a function")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(f"is no PEM file of certificates ({error})") from error
    found = context.get_ca_certs()
    return [Authority(_common_name(one), int(ssl.cert_time_to_seconds(one["notAfter"]))) for one in found]


def _common_name(certificate: dict[str, Any]) -> str:
    names = [value for part in certificate["subject"] for key, value in part if key == "commonName"]
    return names[0] if names else "without a name"


def lacking(found: Sequence[Authority], regions: Sequence[str], now: float) -> list[str]:
    """The regions that have no valid authority of RDS among those found, such as Amazon RDS us-east-1 Root CA.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
    """
    return [
        region for region in regions if not any(f" {region} " in f" {one.name} " and one.ends > now for one in found)
    ]


def mend(path: str, regions: Sequence[str]) -> str:
    """The command that makes the file, and what to do with it then."""
    urls = " ".join(SOURCE.format(region=region) for region in regions)
    return f"Run `curl --fail --silent --show-error {urls} > {path}`, look at it, and commit it"


def as_data(found: Sequence[Authority]) -> list[dict[str, Any]]:
    """The authorities as a module returns them."""
    return [asdict(one) for one in found]

"""The sandbox's certificate authority, in its folder, and TLS contexts that pick the certificate by the name asked for.

Stands for the certificates that ACM issues; who trusts ca.pem (PAYMENTS_CA) can verify the payment API's endpoints.
"""

from __future__ import annotations

import datetime
import os
import ssl
from collections.abc import Callable
from pathlib import Path

import trustme

from sandbox.errors import SandboxError

CERTIFICATE_FILE = "ca.pem"
KEY_FILE = "ca-key.pem"
DAY = datetime.timedelta(days=1)
PROTOCOLS = ["h2", "http/1.1"]


def authority(folder: Path) -> trustme.CA:
    """Return the authority kept in `folder`, made at the first call; its key is readable by the owner alone."""
    certificate, key = folder / CERTIFICATE_FILE, folder / KEY_FILE
    if not (certificate.exists() and key.exists()):
        made = trustme.CA(organization_name="Payments sandbox", organization_unit_name="Local authority")
        folder.mkdir(parents=True, exist_ok=True)
        _write(key, made.private_key_pem.bytes(), 0o600)
        _write(certificate, made.cert_pem.bytes(), 0o644)
    try:
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    except ValueError as error:
        raise SandboxError(f"{certificate} or {key} is damaged ({error}): remove both and run up again") from error


def server_context(
    issuer: trustme.CA,
    is_served: Callable[[str], bool],
    fallback: str,
    is_over: Callable[[str], bool] = lambda _: False,
) -> ssl.SSLContext:
    """Return a context that presents a certificate for the name in the client's SNI, where `is_served` knows it.

    Everybody else is shown the one for `fallback`, as API Gateway shows its own; verification is then up to them. Of a
    name that `is_over` the certificate is shown that ended yesterday.
    """
    contexts: dict[tuple[str, bool], ssl.SSLContext] = {}

    def certified(name: str) -> ssl.SSLContext:
        key = name, is_over(name)
        if key not in contexts:
            contexts[key] = _context(issuer, *key)
        return contexts[key]

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        wanted = (name or "").lower()
        connection.context = certified(wanted if is_served(wanted) else fallback)

    outer = _context(issuer, fallback)
    outer.sni_callback = choose
    return outer


def _context(issuer: trustme.CA, name: str, over: bool = False) -> ssl.SSLContext:
    """TLS 1.2 or newer, as the security policy TLS_1_2 of API Gateway asks for."""
    now = datetime.datetime.now(datetime.UTC)
    dates = {"not_before": now - 2 * DAY, "not_after": now - DAY} if over else {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(PROTOCOLS)
    issuer.issue_cert(name, **dates).configure_cert(context)
    return context


def _write(path: Path, content: bytes, mode: int) -> None:
    """Put a file in place whole, never readable by more than `mode` allows."""
    scratch = path.with_suffix(".new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    scratch.replace(path)

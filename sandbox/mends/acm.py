"""ACM: an imported certificate has the names and the dates that it really has."""

from __future__ import annotations

import base64
import functools
import json

from cryptography import x509
from ministack.services import acm


def apply() -> None:
    """Wrap ImportCertificate."""
    acm._import_certificate = functools.partial(import_certificate, acm._import_certificate)


def import_certificate(inner, data: dict) -> tuple:
    """ImportCertificate reads the certificate: the emulator gave every one a year from now and an invented name.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html
    """
    try:
        parsed = x509.load_pem_x509_certificate(base64.b64decode(data.get("Certificate") or ""))
    except ValueError:
        return acm.error_response_json(
            "ValidationException",
            "The certificate field contains more than one certificate or no valid PEM certificate.",
            400,
        )
    answer = inner(data)
    if answer[0] != 200:
        return answer
    names = _names(parsed)
    record = acm._certificates[json.loads(answer[2])["CertificateArn"]]
    record |= {
        "DomainName": names[0],
        "SubjectAlternativeNames": names,
        "NotBefore": parsed.not_valid_before_utc.isoformat(),
        "NotAfter": parsed.not_valid_after_utc.isoformat(),
        "Serial": ":".join(f"{byte:02x}" for byte in parsed.serial_number.to_bytes(20, "big").lstrip(b"\0")),
        "Issuer": parsed.issuer.rfc4514_string(),
        "ImportedAt": record["IssuedAt"],
    }
    return answer


def _names(certificate: x509.Certificate) -> list[str]:
    """Return the certificate's DNS names, its common name first."""
    common = [str(name.value) for name in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        alternatives = extension.value.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        alternatives = []
    return list(dict.fromkeys([*common, *alternatives])) or ["unnamed.invalid"]

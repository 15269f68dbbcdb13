"""An imported certificate tells its own names and dates."""

import datetime

import pytest
import trustme
from botocore.exceptions import ClientError


@pytest.fixture
def acm(sandbox):
    return sandbox.client("acm", "us-east-2")


def test_a_certificate_near_its_end_says_so(acm):
    ends = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(days=5)
    issued = trustme.CA().issue_cert("api.example.com", "api-us-east-2.example.com", not_after=ends)
    arn = acm.import_certificate(
        Certificate=issued.cert_chain_pems[0].bytes(), PrivateKey=issued.private_key_pem.bytes()
    )["CertificateArn"]
    described = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert described["NotAfter"] == ends
    assert {"api.example.com", "api-us-east-2.example.com"} <= set(described["SubjectAlternativeNames"])
    acm.delete_certificate(CertificateArn=arn)


def test_what_is_no_certificate_is_refused(acm):
    with pytest.raises(ClientError, match="ValidationException"):
        acm.import_certificate(Certificate=b"no certificate", PrivateKey=b"no key")

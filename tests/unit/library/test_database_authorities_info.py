"""A file that the function could not trust its database by is found out before anything is deployed."""

import datetime

import database_authorities_info
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.library.running import run, undocumented

REGIONS = ["us-east-1", "us-east-2"]
NOW = datetime.datetime.now(datetime.UTC)


def issuer(name, ends=NOW + datetime.timedelta(days=1)):
    """A self-signed authority's key and certificate, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=2))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


def rds(region, **options):
    return issuer(f"Amazon RDS {region} Root CA RSA2048 G1", **options)[1]


@pytest.fixture
def look(tmp_path):
    def write_and_look(content):
        path = tmp_path / "bundle.pem"
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        result = run(database_authorities_info, {"path": str(path), "regions": REGIONS}, aws=False)
        assert undocumented(database_authorities_info, result) == [] or not result["authorities"]
        assert result["changed"] is False
        return result

    return write_and_look


def test_the_authorities_of_both_regions_will_do(look):
    result = look(rds("us-east-1") + rds("us-east-2"))
    assert result["fault"] == ""
    assert [one["name"] for one in result["authorities"]] == [
        "Amazon RDS us-east-1 Root CA RSA2048 G1",
        "Amazon RDS us-east-2 Root CA RSA2048 G1",
    ]
    assert all(one["ends"] > NOW.timestamp() for one in result["authorities"])


def test_the_mend_is_a_command(look, tmp_path):
    fault = look(None)["fault"]
    source = "https://truststore.pki.rds.amazonaws.com"
    assert fault.startswith(f"{tmp_path}/bundle.pem is not there. Run `curl ")
    assert f"{source}/us-east-1/us-east-1-bundle.pem {source}/us-east-2/us-east-2-bundle.pem > {tmp_path}" in fault


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no PEM file of certificates"),
        ("<html>Not found</html>", "is no PEM file of certificates"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "is no PEM file of certificates"),
        (b"\x30\x82\xff\xfe", "is no PEM file of certificates"),
        (rds("us-east-1"), "holds no valid authority of RDS for us-east-2"),
        (issuer("Another Root CA")[1], "holds no valid authority of RDS for us-east-1, us-east-2"),
        (rds("us-east-1") + rds("us-east-2", ends=NOW - datetime.timedelta(days=1)), "for us-east-2"),
        (rds("us-east-1") + rds("us-east-2") + issuer("x")[0], "holds a private key"),
    ],
    ids=["empty", "a page", "garbage", "binary", "one region", "others", "expired", "a key"],
)
def test_what_will_not_do_is_said(look, content, said):
    fault = look(content)["fault"]
    assert said in fault
    assert "Run `curl" in fault


def test_a_folder_is_no_file(tmp_path):
    result = run(database_authorities_info, {"path": str(tmp_path), "regions": REGIONS}, aws=False)
    assert f"{tmp_path} cannot be read (Is a directory)" in result["fault"]

import contextlib
import ssl
import stat

import pytest

from sandbox import certificates
from sandbox.errors import SandboxError


def test_the_authority_is_made_once_and_its_key_is_private(tmp_path):
    folder = tmp_path / "sandbox"
    first = certificates.authority(folder)
    assert stat.S_IMODE((folder / "ca-key.pem").stat().st_mode) == 0o600
    assert certificates.authority(folder).cert_pem.bytes() == first.cert_pem.bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["ca-key.pem", "ca.pem"]


@pytest.mark.parametrize("lost", ["ca.pem", "ca-key.pem"])
def test_half_an_authority_is_replaced_by_a_whole_one(tmp_path, lost):
    first = certificates.authority(tmp_path)
    (tmp_path / lost).unlink()
    assert certificates.authority(tmp_path).cert_pem.bytes() != first.cert_pem.bytes()


@pytest.mark.parametrize("damaged", ["ca.pem", "ca-key.pem"])
def test_a_damaged_one_is_named(tmp_path, damaged):
    certificates.authority(tmp_path)
    (tmp_path / damaged).write_text("nonsense")
    with pytest.raises(SandboxError, match=f"{damaged}.*remove both"):
        certificates.authority(tmp_path)


def handshake(context, trusted, name):
    """Shake hands in memory; return the certificate that the server showed."""
    client_context = ssl.create_default_context(cafile=trusted)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    waiting = {client, server}
    for side in (client, server, client, server):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
            waiting.discard(side)
    assert not waiting
    return client.getpeercert()


def test_the_certificate_is_the_one_for_the_name_asked_for(tmp_path):
    context = certificates.server_context(certificates.authority(tmp_path), {"a.test", "b.test"}.__contains__, "c.test")
    for name in ("a.test", "b.test", "B.test", "c.test"):
        names = handshake(context, tmp_path / "ca.pem", name)["subjectAltName"]
        assert names == (("DNS", name.lower()),)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(context, tmp_path / "ca.pem", "d.test")


def test_a_certificate_that_is_over_is_shown_until_there_is_a_newer_one(tmp_path):
    over = {"a.test"}
    context = certificates.server_context(
        certificates.authority(tmp_path), {"a.test", "b.test"}.__contains__, "c.test", over.__contains__
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
        handshake(context, tmp_path / "ca.pem", "a.test")
    assert handshake(context, tmp_path / "ca.pem", "b.test")
    over.clear()
    assert handshake(context, tmp_path / "ca.pem", "a.test")

"""The assumption set ``rfc`` is not believed but measured: records of real TLS connections in memory."""

from __future__ import annotations

import datetime as dt
import ssl
from functools import cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from nornir_anyconnect.mtu.assumptions import RFC
from nornir_anyconnect.mtu.derive import Path, derive_tls
from nornir_anyconnect.mtu.suites import TLS_VERSIONS, Version, all_suites

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

NO_ENCRYPT_THEN_MAC = 0x80000  # SSL_OP_NO_ENCRYPT_THEN_MAC: an ASA and AnyConnect MAC, then encrypt
SPOKEN = {
    Version.TLS1_0: ssl.TLSVersion.TLSv1,
    Version.TLS1_1: ssl.TLSVersion.TLSv1_1,
    Version.TLS1_2: ssl.TLSVersion.TLSv1_2,
    Version.TLS1_3: ssl.TLSVersion.TLSv1_3,
}
CSTP = 8
# the DHE suites need parameters; made once, of 1024 bits: they protect nothing here
PARAMETERS = b"""\
-----BEGIN DH PARAMETERS-----
MIGHAoGBAP4i0jxfeDThnBgk5DqHg5ExMluprZJUjDJln8douhwvlWI6PRPi61i1
uGRvJpMqWcuy3Vx1xXXKAHWPidS91LMBPlucIIrRqJ7OQJ8WVjlE0+zeayD7J4xl
VIghDTBIG1qkilFqwsAL3W7S3X5QypQb9nFAdUV4YdcS0yxwU9AnAgEC
-----END DH PARAMETERS-----
"""
CASES = [
    (name, version)
    for name, suite in sorted(all_suites().items())
    for version in TLS_VERSIONS
    if suite.allowed_in(version)
]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FilePath]:
    folder = tmp_path_factory.mktemp("certificates")
    keys: dict[str, CertificateIssuerPrivateKeyTypes] = {
        "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    }
    return {kind: _certificate(folder / f"{kind}.pem", key) for kind, key in keys.items()}


def _certificate(path: FilePath, key: CertificateIssuerPrivateKeyTypes) -> FilePath:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "asa.test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM) + PARAMETERS)
    return path


def _context(purpose: int, name: str, version: Version, certificate: FilePath) -> ssl.SSLContext:
    context = ssl.SSLContext(purpose)
    if purpose == ssl.PROTOCOL_TLS_CLIENT:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_cert_chain(certificate)
        context.num_tickets = 0
    context.options |= NO_ENCRYPT_THEN_MAC
    context.minimum_version = context.maximum_version = SPOKEN[version]
    # security level 0 lets TLS 1.0 and old suites through where the library still has them
    context.set_ciphers("ALL:@SECLEVEL=0" if version is Version.TLS1_3 else f"{name}:@SECLEVEL=0")
    if purpose == ssl.PROTOCOL_TLS_SERVER:
        context.load_dh_params(certificate)  # after the security level: the parameters are small
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(("name", "version"), CASES, ids=lambda value: str(value))
def test_a_full_packet_fills_the_segment_and_one_byte_more_does_not_fit(
    name: str, version: Version, certificates: dict[str, FilePath]
) -> None:
    certificate = certificates["ecdsa" if "ECDSA" in name else "rsa"]
    if name not in spoken():
        pytest.skip(f"the local library does not speak {name}")
    connection = _connect(name, version, certificate)
    for tcpmss in range(1360, 1381):
        mtu = derive_tls(all_suites()[name], version, Path(tcpmss=tcpmss), RFC).mtu
        assert connection.record(mtu + CSTP) <= tcpmss < connection.record(mtu + CSTP + 1)


@cache
def spoken() -> frozenset[str]:
    """The suites of the local library, asked without a connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:eNULL:@SECLEVEL=0")
    return frozenset(each["name"] for each in context.get_ciphers())


def test_enough_of_the_suites_are_measured() -> None:
    """A library that speaks next to nothing would make the measurement above a formality."""
    measured = {all_suites()[name].kind for name in spoken() if name in all_suites()}
    assert {"block", "aead"} <= measured
    assert len(spoken() & set(all_suites())) >= 20


class Connection:
    """A TLS connection whose both ends are in memory."""

    def __init__(self, name: str, version: Version, certificate: FilePath) -> None:
        self.to_server, self.to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = _context(ssl.PROTOCOL_TLS_CLIENT, name, version, certificate).wrap_bio(
            self.to_client, self.to_server
        )
        self.server = _context(ssl.PROTOCOL_TLS_SERVER, name, version, certificate).wrap_bio(
            self.to_server, self.to_client, server_side=True
        )

    def handshake(self) -> None:
        waiting = [self.client, self.server]
        for _ in range(20):
            for end in list(waiting):
                try:
                    end.do_handshake()
                    waiting.remove(end)
                except ssl.SSLWantReadError:
                    continue
            if not waiting:
                return
        raise AssertionError("the handshake does not end")

    def record(self, payload: int) -> int:
        """Bytes on the wire of one record with that payload; the server sends, as the ASA does."""
        self.to_client.read()
        self.server.write(bytes(payload))
        wire = self.to_client.read()
        records, at = [], 0
        while at < len(wire):
            size = 5 + int.from_bytes(wire[at + 3 : at + 5], "big")
            records.append(size)
            at += size
        # TLS 1.0 splits off an empty or one-byte record against BEAST; an ASA does not
        return max(records)


def _connect(name: str, version: Version, certificate: FilePath) -> Connection:
    connection = Connection(name, version, certificate)
    connection.handshake()
    chosen = connection.server.cipher()
    assert chosen is not None
    # Python cannot choose a TLS 1.3 suite; each of them costs the same record (RFC 8446, 5.2)
    assert chosen[0] == name or (version is Version.TLS1_3 and chosen[0].startswith("TLS_"))
    return connection

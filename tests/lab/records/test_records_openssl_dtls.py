"""What OpenSSL really puts into a datagram, for every suite it shares with an ASA, against the ``rfc`` set."""

from __future__ import annotations

import contextlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from nornir_anyconnect.mtu.assumptions import RFC
from nornir_anyconnect.mtu.derive import CSTP_OVER_DTLS, IP_HEADER, UDP_HEADER, Path, derive_dtls
from nornir_anyconnect.mtu.suites import DTLS_VERSIONS, Version, all_suites
from tests.lab.records.comparison import exceptions

DTLS1_0_VERSION, DTLS1_2_VERSION = 0xFEFF, 0xFEFD
NO_ENCRYPT_THEN_MAC = 1 << 19
NUMBERS = {Version.DTLS1_0: DTLS1_0_VERSION, Version.DTLS1_2: DTLS1_2_VERSION}


def _spoken(suite: str) -> bool:
    if suite.startswith(("DHE-", "EDH-")):
        return False  # pyOpenSSL has no way to DH parameters that is not deprecated; GnuTLS's records cover them
    context = SSL.Context(SSL.DTLS_METHOD)
    try:
        context.set_cipher_list(f"{suite}:@SECLEVEL=0".encode())
    except SSL.Error:
        return False
    return True


SPOKEN = [
    pytest.param(suite, version, id=f"{version}-{suite.name}")
    for version in DTLS_VERSIONS
    for suite in all_suites().values()
    if suite.allowed_in(version) and _spoken(suite.name)
]


def _end(method, suite, version, identities) -> SSL.Connection:
    context = SSL.Context(method)
    context.set_options(NO_ENCRYPT_THEN_MAC)
    context.set_cipher_list(f"{suite}:@SECLEVEL=0".encode())
    context.set_min_proto_version(NUMBERS[version])
    context.set_max_proto_version(NUMBERS[version])
    if method == SSL.DTLS_SERVER_METHOD:
        which = 1 if "ECDSA" in suite else 0
        pem, key = identities[which]
        context.use_certificate(x509.load_pem_x509_certificate(pem))
        context.use_privatekey(load_pem_private_key(key, None))
    connection = SSL.Connection(context, None)
    connection.set_ciphertext_mtu(4000)
    if method == SSL.DTLS_SERVER_METHOD:
        connection.set_accept_state()
    else:
        connection.set_connect_state()
    return connection


def _shake(client: SSL.Connection, server: SSL.Connection) -> None:
    for _turn in range(20):
        done = 0
        for here, there in ((client, server), (server, client)):
            try:
                here.do_handshake()
                done += 1
            except SSL.WantReadError:
                pass
            with contextlib.suppress(SSL.WantReadError):
                there.bio_write(here.bio_read(65536))
        if done == 2:
            return
    raise AssertionError("the handshake does not end")


@pytest.mark.parametrize(("suite", "version"), SPOKEN)
def test_every_datagram_of_openssl_is_as_long_as_computed(suite, version, identities):
    client, server = (
        _end(method, suite.name, version, identities) for method in (SSL.DTLS_CLIENT_METHOD, SSL.DTLS_SERVER_METHOD)
    )
    _shake(client, server)
    assert client.get_cipher_name() == suite.name

    def record_length(inner: int) -> int:
        server.send(bytes(inner + CSTP_OVER_DTLS))
        return len(server.bio_read(65536))

    def engine(room: int) -> int:
        return derive_dtls(suite, version, Path(link=room + IP_HEADER[4] + UDP_HEADER, client=9000), RFC).mtu

    assert exceptions(record_length, engine) == []

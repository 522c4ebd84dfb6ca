"""What GnuTLS really puts on the wire, for every suite it shares with an ASA, against the ``rfc`` set."""

from __future__ import annotations

import pytest

from nornir_anyconnect.mtu.assumptions import RFC
from nornir_anyconnect.mtu.derive import (
    CSTP_HEADER,
    CSTP_OVER_DTLS,
    IP_HEADER,
    UDP_HEADER,
    Path,
    derive_dtls,
    derive_tls,
)
from nornir_anyconnect.mtu.suites import DTLS_VERSIONS, TLS_VERSIONS, Version, all_suites
from tests.lab.gnutls_names import priority
from tests.lab.records import gnutls_records
from tests.lab.records.comparison import exceptions

LIBRARY = gnutls_records.load()
SPOKEN = [
    pytest.param(suite, version, id=f"{version}-{suite.name}")
    for version in (*TLS_VERSIONS, *DTLS_VERSIONS)
    for suite in all_suites().values()
    if suite.allowed_in(version) and priority(suite, version)
]

pytestmark = pytest.mark.skipif(LIBRARY is None, reason="libgnutls.so.30 is not installed")


@pytest.mark.parametrize(("suite", "version"), SPOKEN)
def test_every_record_of_gnutls_is_as_long_as_computed(suite, version, identities):
    words = priority(suite, version)
    try:
        pair = gnutls_records.Pair(LIBRARY, words, identities, datagram=version.is_dtls)
    except gnutls_records.Refused as refused:
        if "ECDHE-RSA-AES" in suite.name and version.tls_equivalent is Version.TLS1_2:
            raise  # every GnuTLS speaks these: the test is broken, not the library old
        pytest.skip(f"this GnuTLS does not speak {suite.name} in {version}: {refused}")
    header = CSTP_OVER_DTLS if version.is_dtls else CSTP_HEADER

    def engine(room: int) -> int:
        if version.is_dtls:
            return derive_dtls(suite, version, Path(link=room + IP_HEADER[4] + UDP_HEADER, client=9000), RFC).mtu
        return derive_tls(suite, version, Path(link=9000, tcpmss=room, client=9000), RFC).mtu

    assert exceptions(lambda inner: pair.record_length(inner + header), engine) == []
    pair.close()

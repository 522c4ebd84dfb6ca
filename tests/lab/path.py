"""What the path between client and head-end does, and the largest inner packet it leaves room for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nornir_anyconnect.mtu.suites import Suite, Version, suite
from tests.lab.gnutls_names import cipher, priority
from tests.lab.network import CLIENT, HEAD_END, LINK, PORT, ROUTER, Network
from tests.lab.tunnel import Tunnel, tunnel
from tests.lab.wire import Wire

DTLS_NAMES = {
    # openconnect's names; its AES-SHA is Cisco's DTLS 1.0 before the RFC, with the same records
    ("AES128-SHA", Version.DTLS1_0): "AES128-SHA",
    ("AES256-SHA", Version.DTLS1_0): "AES256-SHA",
    ("DES-CBC3-SHA", Version.DTLS1_0): "DES-CBC3-SHA",
    ("AES128-GCM-SHA256", Version.DTLS1_2): "OC-DTLS1_2-AES128-GCM",
    ("AES256-GCM-SHA384", Version.DTLS1_2): "OC-DTLS1_2-AES256-GCM",
}
"""The DTLS suites that both ocserv and openconnect speak, of those an ASA has."""

TLS_SUITES = (
    ("RC4-SHA", Version.TLS1_0),
    ("RC4-MD5", Version.TLS1_2),
    ("DES-CBC3-SHA", Version.TLS1_0),
    ("DES-CBC3-SHA", Version.TLS1_1),
    ("AES256-SHA", Version.TLS1_0),
    ("AES128-SHA", Version.TLS1_1),
    ("AES256-SHA", Version.TLS1_2),
    ("AES256-SHA256", Version.TLS1_2),
    ("ECDHE-RSA-AES256-SHA384", Version.TLS1_2),
    ("AES128-GCM-SHA256", Version.TLS1_2),
    ("ECDHE-RSA-AES256-GCM-SHA384", Version.TLS1_2),
    ("ECDHE-RSA-CHACHA20-POLY1305", Version.TLS1_2),
    ("TLS_AES_256_GCM_SHA384", Version.TLS1_3),
    ("TLS_CHACHA20_POLY1305_SHA256", Version.TLS1_3),
)
"""One suite of every record size in every version (the key exchange is not in a record)."""
TCPMSS = (1380, 1460, 1300, 0)

_UNDER_DTLS = suite("AES256-SHA"), Version.TLS1_2
_FIRST = 1100  # from this size of inner packet the search goes up


@contextmanager
def established(
    net: Network,
    *,
    tls: tuple[Suite, Version],
    dtls: str | None,
    tcpmss: int,
    udp_passes: bool,
) -> Iterator[Tunnel]:
    """A tunnel over a path whose router clamps the MSS (0: does not) and lets UDP/443 pass, or not."""
    for role in (CLIENT, HEAD_END):
        net.filter(role)
    rules = [] if udp_passes else [f"udp dport {PORT} drop", f"udp sport {PORT} drop"]
    if tcpmss:
        # as an ASA: lowered where it is larger, never raised
        rules.append(f"tcp flags syn tcp option maxseg size > {tcpmss} tcp option maxseg size set {tcpmss}")
    net.filter(ROUTER, forward=rules)
    words = priority(*tls)
    assert words is not None, f"GnuTLS does not have {tls[0].name}"
    with tempfile.TemporaryDirectory(prefix="anyconnect-lab-") as directory:
        with tunnel(net, Path(directory), priority=words, dtls=dtls, udp_passes=udp_passes) as up:
            assert f"({cipher(tls[0])})" in up.tls, f"{tls[0].name} was asked for, {up.tls} negotiated"
            assert (up.dtls is not None) is (udp_passes and dtls is not None), "DTLS must be as the path lets it"
            yield up


def measured_tls(net: Network, of: Suite, version: Version, tcpmss: int) -> int:
    """Bytes of the largest inner packet that stays in one TCP segment."""
    with established(net, tls=(of, version), dtls=None, tcpmss=tcpmss, udp_passes=False) as up:
        return measured_on(net, up)


def measured_dtls(net: Network, of: Suite, version: Version) -> int:
    """Bytes of the largest inner packet that stays in one datagram."""
    name = DTLS_NAMES[of.name, version]
    with established(net, tls=_UNDER_DTLS, dtls=name, tcpmss=0, udp_passes=True) as up:
        return measured_on(net, up)


def measured_on(net: Network, up: Tunnel) -> int:
    """Bytes of the largest inner packet that this tunnel carries in one piece."""
    net.mtu(HEAD_END, up.device, LINK)
    wire = Wire(net, up.client_address)
    try:
        return wire.largest(range(_FIRST, LINK))
    finally:
        wire.close()

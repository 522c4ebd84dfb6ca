"""What a simulated box really does: the largest packet that fits its tunnels, found by trying each size.

Nothing here is shared with the auditor. Where an auditor rounds a path down, this asks for every packet size
how long its record would be, and keeps the largest that still fits. All sizes are bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TLS_RECORD = 5
DTLS_RECORD = 13
CSTP = 8
CSTP_IN_DTLS = 1
UDP = 8
IP_AND_TCP = 40
IP = 20
TAG = 16
GCM_NONCE = 8
BUILT_IN_MTU = 1406
DEFAULT_TCPMSS = 1380
HASHES = {"MD5": 16, "SHA": 20, "SHA256": 32, "SHA384": 48}


@dataclass(frozen=True, slots=True)
class Truth:
    """How a box computes: ``accounting`` asa or record, ``mss`` sysopt or interface, ``cap`` none or 1406."""

    accounting: str = "asa"
    mss: str = "sysopt"
    cap: str = "none"

    def __post_init__(self) -> None:
        known = {"accounting": ("asa", "record"), "mss": ("sysopt", "interface"), "cap": ("none", "1406")}
        for axis, values in known.items():
            if getattr(self, axis) not in values:
                raise ValueError(f"truth: {axis} must be one of {', '.join(values)}")


@dataclass(frozen=True, slots=True)
class Path:
    """The path to the client: ``link`` is the interface's MTU, ``tcpmss`` 0 is off, ``conf`` the anyconnect mtu."""

    link: int = 1500
    tcpmss: int = DEFAULT_TCPMSS
    conf: int | None = None


def _is_aead(suite: str) -> bool:
    return "GCM" in suite or "CHACHA20" in suite


def _hash(suite: str) -> int:
    """Size of the suite's MAC or hash; ChaCha20's names end in the authenticator, whose hash is SHA256."""
    last = re.split(r"[-_]", suite)[-1]
    return HASHES.get(last, HASHES["SHA256"])


def _block(suite: str) -> int:
    if suite.startswith(("RC4", "NULL")):
        return 1
    return 8 if "DES" in suite else 16


def _record(payload: int, suite: str, version: str, truth: Truth) -> int:
    """Bytes behind the record header for so many bytes of payload."""
    if _is_aead(suite) and truth.accounting == "record":
        if version == "tlsv1.3":
            return payload + 1 + TAG
        return payload + TAG + (GCM_NONCE if "GCM" in suite else 0)
    block = _block(suite)
    if block == 1:
        return payload + _hash(suite)
    vector = 0 if version == "tlsv1" else block
    padded = payload + _hash(suite) + 1
    return vector + -(-padded // block) * block


def _largest(room: int, length: Callable[[int], int]) -> int:
    return next(size for size in range(room, 0, -1) if length(size) <= room)


def _capped(mtu: int, path: Path, truth: Truth) -> int:
    cap = path.conf if path.conf is not None else BUILT_IN_MTU if truth.cap == "1406" else mtu
    return min(mtu, cap)


def passes_tls(packet: int, tls: int, *, df_bit_ignore: bool) -> bool:
    """The stall rule: whether a packet with the DF bit gets through a TLS tunnel of that MTU."""
    return df_bit_ignore or packet <= tls


def tls_mtu(suite: str, version: str, path: Path, truth: Truth) -> int:
    """The largest packet that the box sends in one TLS segment."""
    room = path.link - IP_AND_TCP
    if truth.mss == "sysopt" and path.tcpmss:
        room = min(room, path.tcpmss)
    largest = _largest(room, lambda size: TLS_RECORD + _record(size + CSTP, suite, version, truth))
    return _capped(largest, path, truth)


def dtls_mtu(suite: str, version: str, path: Path, truth: Truth) -> int:
    """The largest packet that the box sends in one DTLS datagram."""
    room = path.link - IP - UDP
    largest = _largest(room, lambda size: DTLS_RECORD + _record(size + CSTP_IN_DTLS, suite, version, truth))
    return _capped(largest, path, truth)

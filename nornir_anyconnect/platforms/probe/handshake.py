"""The first message of a TLS or DTLS handshake, and what a server says to it: bytes and values, no socket.

Nothing is ever completed: no key is agreed on, nobody is logged in. Records and messages are those of RFC 5246
(TLS 1.2), RFC 6347 (DTLS 1.2), RFC 7685 (padding) and RFC 8446 (TLS 1.3).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SUITES = {
    "TLS_AES_128_GCM_SHA256": 0x1301,
    "TLS_AES_256_GCM_SHA384": 0x1302,
    "TLS_CHACHA20_POLY1305_SHA256": 0x1303,
    "ECDHE-RSA-AES256-GCM-SHA384": 0xC030,
    "ECDHE-ECDSA-AES256-GCM-SHA384": 0xC02C,
    "ECDHE-RSA-AES256-SHA384": 0xC028,
    "ECDHE-ECDSA-AES256-SHA384": 0xC024,
    "ECDHE-RSA-AES128-GCM-SHA256": 0xC02F,
    "ECDHE-ECDSA-AES128-GCM-SHA256": 0xC02B,
    "ECDHE-RSA-AES128-SHA256": 0xC027,
    "ECDHE-ECDSA-AES128-SHA256": 0xC023,
    "DHE-RSA-AES256-GCM-SHA384": 0x009F,
    "DHE-RSA-AES256-SHA256": 0x006B,
    "DHE-RSA-AES256-SHA": 0x0039,
    "DHE-RSA-AES128-GCM-SHA256": 0x009E,
    "DHE-RSA-AES128-SHA256": 0x0067,
    "DHE-RSA-AES128-SHA": 0x0033,
    "AES256-GCM-SHA384": 0x009D,
    "AES256-SHA256": 0x003D,
    "AES256-SHA": 0x0035,
    "AES128-GCM-SHA256": 0x009C,
    "AES128-SHA256": 0x003C,
    "AES128-SHA": 0x002F,
    "DES-CBC3-SHA": 0x000A,
}
"""Names as the ASA writes them -> numbers of the IANA registry "TLS Cipher Suites"."""

_NAMES = {number: name for name, number in SUITES.items()}
_VERSIONS = {
    0x0300: "sslv3",
    0x0301: "tlsv1",
    0x0302: "tlsv1.1",
    0x0303: "tlsv1.2",
    0x0304: "tlsv1.3",
    0xFEFF: "dtlsv1",
    0xFEFD: "dtlsv1.2",
}
_TLS1_0, _TLS1_2, _TLS1_3 = 0x0301, 0x0303, 0x0304
_DTLS1_0, _DTLS1_2 = 0xFEFF, 0xFEFD
_ALERT, _HANDSHAKE = 21, 22
_CLIENT_HELLO, _SERVER_HELLO, _HELLO_VERIFY_REQUEST, _CERTIFICATE = 1, 2, 3, 11
_PADDING, _SUPPORTED_VERSIONS = 21, 43
_RETRY = hashlib.sha256(b"HelloRetryRequest").digest()
_DTLS_RECORD, _DTLS_MESSAGE = 13, 12

_EXTENSIONS = (
    (10, bytes.fromhex("0006" "001d" "0017" "0018")),  # x25519, secp256r1, secp384r1
    (11, b"\x01\x00"),  # uncompressed points
    (13, bytes.fromhex("0010" "0403" "0503" "0804" "0805" "0401" "0501" "0601" "0201")),  # signatures, SHA-1 last
    (23, b""),  # extended master secret
    (0xFF01, b"\x00"),  # secure renegotiation
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to a ClientHello.

    Args:
        kind: ``server-hello``, ``hello-verify-request`` or ``alert``.
        version: in the ASA's spelling, None where it was not said.
        suite: the chosen one, a number (``0x1301``) where it is not one that we offered.
        alert: description of an alert (RFC 5246, 7.2), else None.

    """

    kind: str
    version: str | None = None
    suite: str | None = None
    alert: int | None = None


def tls_client_hello(suites: Iterable[str], server_name: str | None, *, tls13: bool) -> bytes:
    """One TLS record.

    Args:
        suites: names as of :data:`SUITES`; others are left out.
        server_name: the name that is asked for (RFC 6066); None for an address.
        tls13: offers TLS 1.3 too, without a key: a server that takes it asks for one, and has said what it chose.

    """
    extensions = list(_EXTENSIONS)
    if server_name is not None:
        name = server_name.encode("idna") if not server_name.isascii() else server_name.encode()
        extensions.insert(0, (0, _sized(b"\x00" + _sized(name, 2), 2)))
    if tls13:
        extensions += [(_SUPPORTED_VERSIONS, bytes.fromhex("0403040303")), (51, b"\x00\x00")]
    body = _hello(_TLS1_2, os.urandom(32), b"", suites, extensions)
    message = bytes([_CLIENT_HELLO]) + _sized(body, 3)
    return bytes([_HANDSHAKE]) + _TLS1_0.to_bytes(2) + _sized(message, 2)


def dtls_client_hello(suites: Iterable[str], size: int = 0) -> bytes:
    """One DTLS datagram, padded (RFC 7685) to a payload of ``size`` bytes where it is smaller.

    Args:
        suites: names as of :data:`SUITES`; others are left out.
        size: bytes of the UDP payload; one to three bytes may be missing where no padding is that small.

    """
    offered = tuple(suites)
    random = os.urandom(32)
    bare = _hello(_DTLS1_2, random, b"\x00", offered, _EXTENSIONS)
    missing = size - len(bare) - _DTLS_MESSAGE - _DTLS_RECORD - 4
    if missing >= 0:
        bare = _hello(_DTLS1_2, random, b"\x00", offered, (*_EXTENSIONS, (_PADDING, bytes(missing))))
    length = len(bare).to_bytes(3)
    message = bytes([_CLIENT_HELLO]) + length + bytes(2) + bytes(3) + length + bare
    return bytes([_HANDSHAKE]) + _DTLS1_0.to_bytes(2) + bytes(8) + _sized(message, 2)


def dtls_answer(datagram: bytes) -> Answer | None:
    """What a datagram says; None where it is no answer of a DTLS server to a first message."""
    if len(datagram) < _DTLS_RECORD or int.from_bytes(datagram[1:3]) not in (_DTLS1_0, _DTLS1_2):
        return None
    length = int.from_bytes(datagram[11:13])
    body = datagram[_DTLS_RECORD : _DTLS_RECORD + length]
    if len(body) < length:
        return None
    if datagram[0] == _ALERT and len(body) == 2:  # noqa: PLR2004 - level and description
        return Answer("alert", alert=body[1])
    if datagram[0] != _HANDSHAKE or len(body) < _DTLS_MESSAGE:
        return None
    fragment = body[_DTLS_MESSAGE:]
    if body[0] == _HELLO_VERIFY_REQUEST and len(fragment) >= 3:  # noqa: PLR2004 - version and length of the cookie
        return Answer("hello-verify-request")
    return _server_hello(fragment) if body[0] == _SERVER_HELLO else None


def tls_answer(stream: bytes) -> tuple[Answer | None, bytes | None, bool]:
    """What a server's first bytes say so far.

    Returns:
        The answer, the server's own certificate (DER), and whether nothing more is to be waited for.

    """
    handshake = b""
    complete = False
    for kind, fragment in _records(stream):
        if kind == _ALERT and len(fragment) == 2:  # noqa: PLR2004 - level and description
            answer, certificate = _messages(handshake)
            return answer or Answer("alert", alert=fragment[1]), certificate, True
        if kind != _HANDSHAKE:
            complete = True  # encrypted from here on, or not TLS at all
            break
        handshake += fragment
    answer, certificate = _messages(handshake)
    return (
        answer,
        certificate,
        complete or certificate is not None or (answer is not None and answer.version == "tlsv1.3"),
    )


def certificate_name(der: bytes) -> str | None:
    """The first DNS name of a certificate, else its common name; None where it holds neither, or is not one."""
    try:
        (_, certificate), *_ = _elements(der)
        (_, signed), *_ = _elements(certificate)
        parts = [each for each in _elements(signed) if each[0] != 0xA0]  # noqa: PLR2004 - the version
        common = _common_name(parts[4][1])
        return next((name for tag, value in parts[5:] if tag == 0xA3 for name in _dns_names(value)), common)  # noqa: PLR2004
    except (ValueError, IndexError):
        return None


def _common_name(subject: bytes) -> str | None:
    for _, relative in _elements(subject):
        for _, pair in _elements(relative):
            (_, oid), (_, value) = _elements(pair)
            if oid == b"\x55\x04\x03":
                return value.decode("utf-8", "replace")
    return None


def _dns_names(extensions: bytes) -> Iterator[str]:
    for _, listed in _elements(extensions):
        for _, extension in _elements(listed):
            (_, oid), *_, (_, value) = _elements(extension)
            if oid == b"\x55\x1d\x11":
                for _, names in _elements(value):
                    yield from (name.decode("ascii", "replace") for tag, name in _elements(names) if tag == 0x82)  # noqa: PLR2004


def _elements(der: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of each element of a DER sequence.

    Raises:
        ValueError: it is cut, or not DER.

    """
    found = []
    at = 0
    while at < len(der):
        if at + 2 > len(der):
            raise ValueError("cut")
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size]), at + size
        if at + length > len(der):
            raise ValueError("cut")
        found.append((tag, der[at : at + length]))
        at += length
    return found


def _hello(
    version: int, random: bytes, cookie: bytes, suites: Iterable[str], extensions: Sequence[tuple[int, bytes]]
) -> bytes:
    """Body of a ClientHello; ``cookie`` is the empty one of DTLS, with its length, or nothing."""
    offered = b"".join(SUITES[each].to_bytes(2) for each in suites if each in SUITES)
    more = b"".join(kind.to_bytes(2) + _sized(value, 2) for kind, value in extensions)
    return version.to_bytes(2) + random + b"\x00" + cookie + _sized(offered, 2) + b"\x01\x00" + _sized(more, 2)


def _sized(content: bytes, width: int) -> bytes:
    return len(content).to_bytes(width) + content


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each whole TLS record."""
    at = 0
    while at + 5 <= len(stream):
        length = int.from_bytes(stream[at + 3 : at + 5])
        if stream[at + 1] != 3:  # noqa: PLR2004 - major version of every TLS
            yield 0, b""
            return
        if at + 5 + length > len(stream):
            return
        yield stream[at], stream[at + 5 : at + 5 + length]
        at += 5 + length


def _messages(handshake: bytes) -> tuple[Answer | None, bytes | None]:
    """The ServerHello, and the first certificate after it."""
    answer = None
    at = 0
    while at + 4 <= len(handshake):
        length = int.from_bytes(handshake[at + 1 : at + 4])
        body = handshake[at + 4 : at + 4 + length]
        if len(body) < length:
            break
        if handshake[at] == _SERVER_HELLO:
            answer = _server_hello(body)
        elif handshake[at] == _CERTIFICATE:
            return answer, body[6 : 6 + int.from_bytes(body[3:6])]
        at += 4 + length
    return answer, None


def _server_hello(body: bytes) -> Answer | None:
    """Version and suite; of TLS 1.3 also where the server only asks for a key (HelloRetryRequest)."""
    if len(body) < 38 or len(body) < 38 + body[34]:  # noqa: PLR2004 - version, random, session id, suite, compression
        return None
    at = 35 + body[34]
    version, suite = int.from_bytes(body[:2]), int.from_bytes(body[at : at + 2])
    if body[2:34] == _RETRY or _chosen_version(body[at + 5 :]) == _TLS1_3:
        version = _TLS1_3
    return Answer("server-hello", _VERSIONS.get(version, hex(version)), _NAMES.get(suite, f"0x{suite:04x}"))


def _chosen_version(extensions: bytes) -> int | None:
    at = 0
    while at + 4 <= len(extensions):
        kind, length = int.from_bytes(extensions[at : at + 2]), int.from_bytes(extensions[at + 2 : at + 4])
        if kind == _SUPPORTED_VERSIONS:
            return int.from_bytes(extensions[at + 4 : at + 4 + length])
        at += 4 + length
    return None

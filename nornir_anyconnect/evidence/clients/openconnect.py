"""OpenConnect ``-v``, and any text with the headers of a CONNECT answer: the box's own pair of MTUs, for this client.

``X-CSTP-MTU`` is its TLS MTU and ``X-DTLS-MTU`` its DTLS MTU, for the suites that the answer and the handshake name.
They are what ``debug webvpn`` would show, computed by the box itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.observations import DebugNumbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_ANSWERS = 1000
_HEADER = re.compile(
    r"\b(X-CSTP-MTU|X-DTLS-MTU|X-CSTP-Base-MTU|X-DTLS(?:12)?-CipherSuite)\s*[:=]\s*(\S{1,64})", re.IGNORECASE
)
_HANDSHAKE = re.compile(r"\b(?:CSTP Ciphersuite:?|HTTPS? .{0,80}with ciphersuite) \(TLS([\d.]+)\)((?:-\([\w-]+\))+)")
_BEGIN = re.compile(r"\bGot CONNECT response:", re.IGNORECASE)
_SIZE = re.compile(r"\d{3,5}")
_SIZES: dict[str, Callable[[DebugNumbers], int | None]] = {
    "x-cstp-mtu": lambda numbers: numbers.tls_mtu,
    "x-dtls-mtu": lambda numbers: numbers.dtls_mtu,
    "x-cstp-base-mtu": lambda numbers: numbers.base_mtu,
}
# how GnuTLS calls a record's protection, and what all suites of that kind have in their OpenSSL name
_PROTECTION = {
    "AES-256-GCM": ("AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384"),
    "AES-128-GCM": ("AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256"),
    "CHACHA20-POLY1305": ("CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256"),
    "AES-256-CBC/SHA1": ("AES256-SHA", ""),
    "AES-128-CBC/SHA1": ("AES128-SHA", ""),
    "AES-256-CBC/SHA256": ("AES256-SHA256", ""),
    "AES-128-CBC/SHA256": ("AES128-SHA256", ""),
    "AES-256-CBC/SHA384": ("AES256-SHA384", ""),
}


def is_connect_answer(start: str) -> bool:
    """Whether a text tells a pair of MTUs."""
    return "x-cstp-mtu" in start.lower() and _HEADER.search(start) is not None


def read_connect_answers(lines: Iterable[str]) -> tuple[DebugNumbers, ...]:
    """Every answer with a pair of MTUs (bytes), in order; equal ones once."""
    found: dict[DebugNumbers, None] = {}
    for numbers in _answers(lines):
        if numbers.tls_mtu and numbers.dtls_mtu and len(found) < MAX_ANSWERS:
            found.setdefault(numbers)
    return tuple(found)


def _answers(lines: Iterable[str]) -> Iterator[DebugNumbers]:
    numbers = DebugNumbers()
    for line in lines:
        text = line[:2048]
        if _BEGIN.search(text):
            yield numbers
            numbers = DebugNumbers()
        for header in _HEADER.finditer(text):
            name, value = header[1].lower(), header[2]
            if name not in _SIZES:
                numbers = replace(numbers, dtls_suite=value)
            elif _SIZE.fullmatch(value):
                if _SIZES[name](numbers) not in (None, int(value)):
                    yield numbers  # another answer, of which nothing was printed but its headers
                    numbers = DebugNumbers()
                numbers = _with_size(numbers, name, int(value))
        if handshake := _HANDSHAKE.search(text):
            parts = re.findall(r"\(([^()]+)\)", handshake[2])
            numbers = replace(numbers, tls_suite=_suite(handshake[1], parts) or numbers.tls_suite)
    yield numbers


def _with_size(numbers: DebugNumbers, name: str, size: int) -> DebugNumbers:
    if name == "x-cstp-mtu":
        return replace(numbers, tls_mtu=size)
    return replace(numbers, dtls_mtu=size) if name == "x-dtls-mtu" else replace(numbers, base_mtu=size)


def _suite(version: str, parts: list[str]) -> str | None:
    """The name that OpenSSL has for what GnuTLS negotiated; None where nobody can tell."""
    for protection in (parts[-1], "/".join(parts[-2:])):
        if names := _PROTECTION.get(protection):
            if version == "1.3":
                return names[1] or None
            exchange = parts[0].partition("-")[0]
            signed = "ECDSA" if any("ECDSA" in part for part in parts) else "RSA"
            return f"{exchange}-{signed}-{names[0]}" if exchange in {"ECDHE", "DHE"} else names[0]
    return None

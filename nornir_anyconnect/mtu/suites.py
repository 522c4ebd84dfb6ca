"""Cipher suites, what a record under each costs, and which of them a release offers (packaged data)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nornir_anyconnect.errors import UnknownSuiteError


class Version(StrEnum):
    """A protocol version, in the ASA's spelling."""

    TLS1_0 = "tlsv1"
    TLS1_1 = "tlsv1.1"
    TLS1_2 = "tlsv1.2"
    TLS1_3 = "tlsv1.3"
    DTLS1_0 = "dtlsv1"
    DTLS1_2 = "dtlsv1.2"

    @property
    def is_dtls(self) -> bool:
        """Whether it runs over UDP."""
        return self in (Version.DTLS1_0, Version.DTLS1_2)

    @property
    def tls_equivalent(self) -> Version:
        """The TLS version whose cipher rules it shares (RFC 4347: DTLS 1.0 is TLS 1.1)."""
        return {Version.DTLS1_0: Version.TLS1_1, Version.DTLS1_2: Version.TLS1_2}.get(self, self)


TLS_VERSIONS = (Version.TLS1_0, Version.TLS1_1, Version.TLS1_2, Version.TLS1_3)
DTLS_VERSIONS = (Version.DTLS1_0, Version.DTLS1_2)


class Kind(StrEnum):
    """How a suite protects a record."""

    STREAM = "stream"
    BLOCK = "block"
    AEAD = "aead"


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher suite and its sizes in bytes.

    ``mac`` of an AEAD suite is the size of its hash, which the accounting ``asa`` charges;
    ``explicit_nonce`` and ``tag`` are what its TLS 1.2 record really carries (RFC 5288, RFC 7905).
    """

    name: str
    kind: Kind
    block: int
    iv: int
    mac: int
    aead: str | None
    first: Version
    last: Version | None
    source: str

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def explicit_nonce(self) -> int:
        """Bytes of nonce inside a TLS 1.2 record: 8 for GCM, none for ChaCha20."""
        return 8 if self.aead == "gcm" else 0

    @property
    def tag(self) -> int:
        """Bytes of authentication tag of an AEAD record."""
        return 16 if self.kind is Kind.AEAD else 0

    def allowed_in(self, version: Version) -> bool:
        """Whether the RFC of that version allows the suite; RC4 and NULL never carry DTLS."""
        if version.is_dtls and self.kind is Kind.STREAM:
            return False
        at = TLS_VERSIONS.index(version.tls_equivalent)
        top = TLS_VERSIONS.index(self.last) if self.last else len(TLS_VERSIONS)
        return TLS_VERSIONS.index(self.first) <= at <= top


@cache
def packaged(name: str) -> dict[str, Any]:
    """The packaged tables of ``data/NAME.toml``, each row with its source."""
    # not through importlib.resources: it loads as much as all of the arithmetic
    return tomllib.loads((Path(__file__).parent / "data" / f"{name}.toml").read_text("utf-8"))


@cache
def all_suites() -> dict[str, Suite]:
    """Every suite we know, by its ASA (OpenSSL) name."""
    return {
        name: Suite(
            name=name,
            kind=Kind(row["kind"]),
            block=row.get("block", 1),
            iv=row.get("iv", 0),
            mac=row["mac"],
            aead=row.get("aead"),
            first=Version(row.get("first", "tlsv1")),
            last=Version(row["last"]) if "last" in row else None,
            source=row["source"],
        )
        for name, row in packaged("suites")["suites"].items()
    }


def suite(name: str) -> Suite:
    """The suite of that name.

    Raises:
        UnknownSuiteError: its cost is not known; nothing is guessed.

    """
    try:
        return all_suites()[name]
    except KeyError:
        raise UnknownSuiteError(
            f"unknown cipher suite '{name}'", "use an ASA (OpenSSL) name such as AES256-SHA or RC4-SHA"
        ) from None


class Offer(NamedTuple):
    """A suite in one protocol version."""

    suite: Suite
    version: Version

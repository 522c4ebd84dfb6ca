"""What is offered to an SSH server, in the order of our preference; old algorithms only where a host asks for them.

The same for every transport. Sources: RFC 9142 (key exchange), RFC 8332 (RSA signatures), RFC 8308.
"""

from __future__ import annotations

from collections.abc import Mapping

Offer = Mapping[str, tuple[str, ...]]
"""Kind of algorithm, as errors call it, and the names in order."""

MODERN: Offer = {
    "key exchange": (
        "curve25519-sha256", "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521",
        "diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512", "diffie-hellman-group-exchange-sha256",
    ),
    "host key": (
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "rsa-sha2-512", "rsa-sha2-256",
    ),
    "cipher": (
        "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr",
        "aes128-cbc", "aes192-cbc", "aes256-cbc",
    ),
    "MAC": (
        "hmac-sha2-256", "hmac-sha2-512", "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha1",
    ),
}  # fmt: skip
LEGACY: Offer = {
    "key exchange": (
        "diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1",
    ),
    "host key": ("ssh-rsa",),
    "cipher": ("3des-cbc",),
    "MAC": ("hmac-md5", "hmac-md5-96", "hmac-sha1-96"),
}  # fmt: skip
"""What is offered only to a host with ``legacy_ssh: true``."""

_SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")}
"""The signatures that a type of key makes, where they are called otherwise."""


def offer(*, legacy: bool) -> Offer:
    """All that is offered."""
    return {kind: names + (LEGACY[kind] if legacy else ()) for kind, names in MODERN.items()}


def signatures(key_type: str) -> tuple[str, ...]:
    """How a key of that type signs, best first."""
    return _SIGNATURES.get(key_type, (key_type,))


def known_first(names: tuple[str, ...], known: Mapping[str, object]) -> tuple[str, ...]:
    """Ask for the kind of key that is known, or a server with several keys shows another one."""
    wanted = [each for kind in known for each in signatures(kind) if each in names]
    return (*wanted, *(each for each in names if each not in wanted))


def not_in_common(offered: Offer, ours: Offer) -> str | None:
    """The first kind of algorithm of which a server offers none that is used here."""
    return next((kind for kind, names in ours.items() if not set(names) & set(offered.get(kind, names))), None)

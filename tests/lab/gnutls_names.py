"""How GnuTLS (and with it ocserv and openconnect) calls the suites that an ASA names as OpenSSL does."""

from __future__ import annotations

from nornir_anyconnect.mtu.suites import Suite, Version

_VERSIONS = {
    Version.TLS1_0: "TLS1.0",
    Version.TLS1_1: "TLS1.1",
    Version.TLS1_2: "TLS1.2",
    Version.TLS1_3: "TLS1.3",
    Version.DTLS1_0: "DTLS1.0",
    Version.DTLS1_2: "DTLS1.2",
}
_EXCHANGES = {
    "ECDHE-ECDSA-": "ECDHE-ECDSA",
    "ECDHE-RSA-": "ECDHE-RSA",
    "DHE-RSA-": "DHE-RSA",
    "EDH-RSA-": "DHE-RSA",
}
_CIPHERS = {
    "AES128-GCM": "AES-128-GCM",
    "AES256-GCM": "AES-256-GCM",
    "AES_128_GCM": "AES-128-GCM",
    "AES_256_GCM": "AES-256-GCM",
    "CHACHA20": "CHACHA20-POLY1305",
    "AES128": "AES-128-CBC",
    "AES256": "AES-256-CBC",
    "DES-CBC3": "3DES-CBC",
    "RC4": "ARCFOUR-128",
}
_MACS = {"SHA": "SHA1", "SHA256": "SHA256", "SHA384": "SHA384", "MD5": "MD5"}


def cipher(suite: Suite) -> str | None:
    """The bulk cipher; None where GnuTLS never had it (single DES, NULL)."""
    return next((words for part, words in _CIPHERS.items() if part in suite.name), None)


def priority(suite: Suite, version: Version) -> str | None:
    """The priority string that leaves nothing but this suite in this version, MAC-then-encrypt; None as above."""
    bulk = cipher(suite)
    if bulk is None:
        return None
    exchange = next((words for prefix, words in _EXCHANGES.items() if suite.name.startswith(prefix)), "RSA")
    mac = "AEAD" if suite.aead else _MACS[suite.name.rsplit("-", 1)[-1]]
    # TLS 1.3 has no key exchange in its suites; GnuTLS wants its default list then
    key_exchange = "" if version is Version.TLS1_3 else f":-KX-ALL:+{exchange}"
    return (
        f"NORMAL:-VERS-ALL:+VERS-{_VERSIONS[version]}:-CIPHER-ALL:+{bulk}:-MAC-ALL:+{mac}"
        f"{key_exchange}:+SIGN-ALL:%NO_ETM"
    )

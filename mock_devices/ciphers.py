"""Which suites a box offers, from its own ``ssl`` configuration and its release's defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_devices.defaults import versions
from mock_devices.grammar import tokens

if TYPE_CHECKING:
    from mock_devices.release import Release
    from mock_devices.tree import ConfigTree

CBC_SHA1 = ("DHE-RSA-AES256-SHA", "AES256-SHA", "DHE-RSA-AES128-SHA", "AES128-SHA")
WEAK = ("DES-CBC3-SHA", "RC4-SHA")
WEAKER = ("RC4-MD5", "DES-CBC-SHA")
CBC_SHA2_STRONG = ("DHE-RSA-AES256-SHA256", "AES256-SHA256")
CBC_SHA2_MORE = ("DHE-RSA-AES128-SHA256", "AES128-SHA256")
GCM_STRONG = (
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "DHE-RSA-AES256-GCM-SHA384",
    "AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384",
)  # fmt: skip
GCM_MORE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256",
    "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256",
)  # fmt: skip
TLS13 = ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256")
LEGACY = {
    "rc4-sha1": "RC4-SHA", "rc4-md5": "RC4-MD5", "des-sha1": "DES-CBC-SHA", "3des-sha1": "DES-CBC3-SHA",
    "aes128-sha1": "AES128-SHA", "aes256-sha1": "AES256-SHA", "dhe-aes128-sha1": "DHE-RSA-AES128-SHA",
    "dhe-aes256-sha1": "DHE-RSA-AES256-SHA", "null-sha1": "NULL-SHA",
}  # fmt: skip
"""Words of ``ssl encryption`` (before 9.3)."""
LEGACY_DEFAULT = ("RC4-SHA", "AES128-SHA", "AES256-SHA", "DES-CBC3-SHA")
GCM_SINCE = (9, 4, 1, 0)
WEAK_UNTIL = (9, 8, 1, 0)


def _level(level: str, version: str, box: Release) -> tuple[str, ...]:
    """The suites of a level: ``high`` is AES-256 with SHA-2 where the version has it."""
    if version == "tlsv1.3":
        return {"fips": (TLS13[0], TLS13[2]), "high": TLS13[:2]}.get(level, TLS13)
    gcm = box >= GCM_SINCE
    second = version in ("tlsv1.2", "dtlsv1.2")
    strong = (*(GCM_STRONG if gcm else ()), *CBC_SHA2_STRONG) if second else ()
    more = (*(GCM_MORE if gcm else ()), *CBC_SHA2_MORE) if second else ()
    if level == "high":
        return strong or CBC_SHA1[:2]
    suites = [*strong, *more, *CBC_SHA1]
    if level in ("low", "all") or (level == "medium" and box < WEAK_UNTIL):
        suites += WEAK
    if level in ("low", "all"):
        suites += WEAKER
    if level == "all":
        suites.append("NULL-SHA")
    if version.startswith("dtls"):
        suites = [suite for suite in suites if not suite.startswith(("RC4", "NULL"))]
    return tuple(suites)


def _allowed(suite: str, version: str) -> bool:
    """Whether the RFC of the version has the suite; RC4 and NULL cannot carry DTLS."""
    if suite.startswith("TLS_"):
        return version == "tlsv1.3"
    if version == "tlsv1.3":
        return False
    if suite.startswith(("RC4", "NULL")):
        return not version.startswith("dtls")
    newer = suite.endswith(("SHA256", "SHA384", "POLY1305"))
    return not newer or version in ("tlsv1.2", "dtlsv1.2")


def cipher_lists(tree: ConfigTree, box: Release) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Per protocol version the level (or ``custom``) and the suites in the box's order."""
    if box < (9, 3, 2, 0):
        chosen = next((line.split()[2:] for line in tree.lines("ssl encryption")), None)
        suites = tuple(LEGACY[word] for word in chosen if word in LEGACY) if chosen else LEGACY_DEFAULT
        carried = tuple(suite for suite in suites if _allowed(suite, "dtlsv1"))
        return {"tlsv1": ("custom", suites), "dtlsv1": ("custom", carried)}
    lists = {version: ("medium", _level("medium", version, box)) for version in versions(box)}
    for line in tree.lines("ssl cipher"):
        words = [token.text.strip('"') for token in tokens(line)]
        if len(words) > 3 and words[2] in lists:
            version, level = words[2], words[3]
            if level == "custom":
                named = [suite for word in words[4:] for suite in word.split(":") if suite]
                lists[version] = ("custom", tuple(suite for suite in named if _allowed(suite, version)))
            else:
                lists[version] = (level, _level(level, version, box))
    return lists


_RANK = ("tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3")
_DTLS_RANK = ("dtlsv1", "dtlsv1.2")


def offered(tree: ConfigTree, box: Release) -> dict[str, tuple[str, ...]]:
    """The suites per version that ``ssl server-version`` leaves."""
    lists = {version: suites for version, (_, suites) in cipher_lists(tree, box).items()}
    words = next((line.split()[2:] for line in tree.lines("ssl server-version")), [])
    for word in words:
        exact = word.endswith("-only")
        floor = word.removesuffix("-only")
        rank = _DTLS_RANK if floor in _DTLS_RANK else _RANK
        if floor not in rank:
            continue
        for version in rank:
            wanted = version == floor if exact else rank.index(version) >= rank.index(floor)
            if not wanted:
                lists.pop(version, None)
    return {version: suites for version, suites in lists.items() if suites}


def negotiated(tree: ConfigTree, box: Release) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    """(version, suite) of the TLS and of the DTLS tunnel: newest version, the box's first choice.

    A box with an RSA certificate cannot pick an ECDSA suite.
    """
    lists = offered(tree, box)

    def best(rank: tuple[str, ...]) -> tuple[str, str] | None:
        for version in reversed(rank):
            usable = [suite for suite in lists.get(version, ()) if "ECDSA" not in suite]
            if usable:
                return version, usable[0]
        return None

    return best(_RANK), best(_DTLS_RANK)

"""Lines of configuration mode: each knows the one sub-mode in which it may be sent (promises 29 and 30).

A :class:`ConfigLine` cannot be built unless it has one of the shapes below. Removing a group policy, a
tunnel group, a ``webvpn`` or an ``attributes`` header has no shape here; the one exception is
``no group-policy`` / ``no tunnel-group`` for an object that the same run created, and it carries that
run's token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from nornir_anyconnect.asa.commands import Command
from nornir_anyconnect.errors import NameRefusedError


class Mode(StrEnum):
    """What stands in the brackets of the prompt, e.g. ``asa(config-group-webvpn)#``."""

    CONFIG = "config"
    GROUP_POLICY = "config-group-policy"
    GROUP_WEBVPN = "config-group-webvpn"
    USERNAME = "config-username"
    USERNAME_WEBVPN = "config-username-webvpn"
    TUNNEL_GENERAL = "config-tunnel-general"
    TUNNEL_WEBVPN = "config-tunnel-webvpn"


_NAME = r'(?:"[ !#->@-~]{1,128}"|[!#->@-~]{1,128})'
_NUMBER = r"[0-9]{1,5}"
_CLIENT = (
    rf"no (?:anyconnect|svc) mtu|(?:anyconnect|svc) mtu {_NUMBER}|"
    r"no (?:anyconnect ssl|anyconnect|svc) df-bit-ignore|"
    r"(?:anyconnect ssl|anyconnect|svc) df-bit-ignore (?:enable|disable|none)"
)

_HEADERS = {
    Mode.CONFIG: {
        rf"group-policy {_NAME} attributes": Mode.GROUP_POLICY,
        rf"username {_NAME} attributes": Mode.USERNAME,
        rf"tunnel-group {_NAME} general-attributes": Mode.TUNNEL_GENERAL,
        rf"tunnel-group {_NAME} webvpn-attributes": Mode.TUNNEL_WEBVPN,
    },
    Mode.GROUP_POLICY: {"webvpn": Mode.GROUP_WEBVPN},
    Mode.USERNAME: {"webvpn": Mode.USERNAME_WEBVPN},
}
"""Lines that open a sub-mode, and the sub-mode they open."""

_LEAVES = {
    Mode.CONFIG: rf"no sysopt connection tcpmss|sysopt connection tcpmss {_NUMBER}",
    Mode.GROUP_WEBVPN: _CLIENT,
    Mode.USERNAME_WEBVPN: _CLIENT,
}
"""Lines that change something in an object which was there before."""

# Attributes that may be copied into an object that this run creates. What is missing here (keys,
# passwords, anything nobody here understands) is never copied: the remedy is blocked and names the line.
# Source: ASA command reference, group-policy attributes, tunnel-group general- and webvpn-attributes.
_COPIED = {
    Mode.GROUP_POLICY: (
        "address-pools anyconnect-custom banner client-access-rule client-bypass-protocol default-domain "
        "dhcp-network-scope dns-server gateway-fqdn group-lock ip-comp ipv6-address-pools "
        "ipv6-split-tunnel-policy ipv6-vpn-filter msie-proxy nac-settings password-storage "
        "periodic-authentication pfs re-xauth scep-forwarding-url security-group-tag "
        "smartcard-removal-disconnect split-dns split-tunnel-all-dns split-tunnel-network-list "
        "split-tunnel-policy user-authentication-idle-timeout vlan vpn-access-hours vpn-filter "
        "vpn-idle-timeout vpn-session-timeout vpn-simultaneous-logins vpn-tunnel-protocol wins-server"
    ),
    Mode.GROUP_WEBVPN: (
        "activex-relay always-on-vpn anyconnect customization deny-message file-browsing file-entry filter "
        "hidden-shares homepage html-content-filter http-comp keep-alive-ignore port-forward "
        "smart-tunnel svc url-entry url-list user-storage"
    ),
    Mode.TUNNEL_GENERAL: (
        "accounting-server-group address-pool authenticated-session-username "
        "authentication-attr-from-server authentication-server-group authorization-dn-attributes "
        "authorization-required authorization-server-group default-group-policy dhcp-server "
        "ipv6-address-pool nat-assigned-to-public-ip override-account-disable password-management "
        "scep-enrollment secondary-authentication-server-group secondary-username-from-certificate "
        "strip-group strip-realm username-from-certificate"
    ),
    Mode.TUNNEL_WEBVPN: (
        "authentication customization dns-group group-alias group-url hic-fail-group-policy nbns-server "
        "override-svc-download pre-fill-username proxy-auth radius-reject-message saml "
        "secondary-pre-fill-username without-csd"
    ),
}


def _copied(keywords: str) -> str:
    return rf"(?:{'|'.join(keywords.split())})(?: [ !-~]*[!-~])?"


_CREATED = {mode: _copied(keywords) for mode, keywords in _COPIED.items()} | {
    Mode.CONFIG: (
        rf"group-policy {_NAME} internal|tunnel-group {_NAME} type (?:remote-access|webvpn|ipsec-ra)|"
        rf"no (?:group-policy|tunnel-group) {_NAME}"
    )
}
"""Lines that exist only for an object which a run created, and carry that run's token."""

_OPENS = {mode: {re.compile(p): to for p, to in shapes.items()} for mode, shapes in _HEADERS.items()}
_LEAF = {mode: re.compile(shape) for mode, shape in _LEAVES.items()}
_NEW = {mode: re.compile(shape) for mode, shape in _CREATED.items()}
_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{3,127}")
MASKED = re.compile(r"\*{3,}|<(?:removed|redacted|secret|hidden)[^>]*>", re.IGNORECASE)
"""What stands where a secret was: on the box itself, or put there by an archive."""


@dataclass(frozen=True, slots=True)
class ConfigLine(Command):
    """One line of configuration mode, and the sub-mode the prompt must show when it is sent.

    Args:
        mode: the sub-mode.
        line: the exact line.
        created_by: token of the run that created the object it belongs to; None for objects that
            were there before, in which only the leaf lines of the remedies exist.

    Raises:
        NameRefusedError: the line has no shape that may be sent in that sub-mode.

    """

    mode: Mode
    line: str
    created_by: str | None = None

    def __post_init__(self) -> None:
        if not _has_a_shape(self.mode, self.line, self.created_by):
            raise NameRefusedError(
                f"{self.line!a} may not be sent in {self.mode}",
                "only the lines of a remedy exist; change anything else by hand",
            )

    @property
    def text(self) -> str:
        """The exact line."""
        return self.line

    @property
    def opens(self) -> Mode | None:
        """The sub-mode that the line opens, if it is a header."""
        return None if self.created_by is not None else _opened(self.mode, self.line)


@lru_cache(maxsize=4096)
def config_line(mode: Mode, line: str, created_by: str | None = None) -> ConfigLine:
    """The line, built and checked once: a box with hundreds of policies repeats the same few."""
    return ConfigLine(mode, line, created_by)


def _has_a_shape(mode: Mode, line: str, created_by: str | None) -> bool:
    if created_by is None:
        leaf = _LEAF.get(mode)
        return (leaf is not None and leaf.fullmatch(line) is not None) or _opened(mode, line) is not None
    shape = _NEW.get(mode)
    return (
        shape is not None
        and shape.fullmatch(line) is not None
        and "?" not in line
        and MASKED.search(line) is None
        and _TOKEN.fullmatch(created_by) is not None
    )


@lru_cache(maxsize=4096)
def _opened(mode: Mode, line: str) -> Mode | None:
    return next((to for shape, to in _OPENS.get(mode, {}).items() if shape.fullmatch(line)), None)

"""Where a line stands decides what it can mean: the places we read, and the commands known there.

Each place has a TTP template of the same name (``templates/``). A command that a place is known to
take and that has no bearing on MTUs is listed here; what is in neither is reported as unknown.
Sources: ASA command reference (modes of the commands), running configurations of 7.x to 9.2x.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.asa.redact import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir_anyconnect.asa.running_config import Block


class Place(StrEnum):
    """A mode whose lines we read; also the name of its template."""

    GLOBAL = "global"
    WEBVPN = "webvpn"
    POLICY = "policy"
    CLIENT = "client"
    TUNNEL_GENERAL = "tunnel_general"
    TUNNEL_WEBVPN = "tunnel_webvpn"
    LDAP_MAP = "ldap_map"


class Line(NamedTuple):
    """One line of a block, without indentation, and its place."""

    place: Place
    number: int | None
    text: str


class Reading(StrEnum):
    """What to do with a line."""

    READ = "read"
    IRRELEVANT = "irrelevant"
    UNKNOWN = "unknown"


_READ: dict[Place, frozenset[str]] = {
    Place.GLOBAL: frozenset({
        "ssl cipher", "ssl encryption", "ssl server-version", "sysopt connection", "mtu", "icmp unreachable",
        "logging enable", "logging on", "logging buffered", "logging trap", "logging message", "logging list",
        "logging class", "ip local", "ipv6 local", "crypto map", "failover", "hostname",
    }),
    Place.WEBVPN: frozenset({"enable", "port", "dtls", "anyconnect enable", "svc enable"}),
    Place.POLICY: frozenset({
        "vpn-tunnel-protocol", "group-lock", "address-pools", "ipv6-address-pools", "vpn-group-policy", "no webvpn",
    }),
    Place.CLIENT: frozenset(
        f"{client} {what}"
        for client in ("anyconnect", "svc")
        for what in ("mtu", "ssl", "dtls", "df-bit-ignore", "compression")
    ),
    Place.TUNNEL_GENERAL: frozenset({
        "default-group-policy", "address-pool", "ipv6-address-pool", "authentication-server-group",
        "authorization-server-group", "secondary-authentication-server-group",
    }),
    Place.TUNNEL_WEBVPN: frozenset({"authentication", "saml", "group-alias", "group-url"}),
    Place.LDAP_MAP: frozenset({"map-name", "map-value"}),
}  # fmt: skip

_IRRELEVANT: dict[Place, frozenset[str]] = {
    Place.GLOBAL: frozenset({
        "ssl trust-point", "ssl client-version", "ssl dh-group", "ssl ecdh-group",
        "ssl certificate-authentication", "logging",
        "sysopt connection permit-vpn", "sysopt connection preserve-vpn-flows",
        "sysopt connection reclassify-vpn", "sysopt connection timewait",
        "sysopt connection scheduler", "sysopt connection permit-ipsec",
    }),
    Place.WEBVPN: frozenset({
        "anyconnect", "svc", "anyconnect-essentials", "anyconnect-custom-attr", "apcf", "auto-signon",
        "cache", "certificate-group-map", "character-encoding", "csd", "hostscan", "customization",
        "default-idle-timeout", "default-language", "default-group-policy", "deny-message", "error-recovery",
        "file-encoding", "hsts", "http-headers", "http-proxy", "https-proxy", "internal-password", "java-trustpoint",
        "keepout", "kcd-server", "logo", "memory-size", "mobile-device", "mus", "nbns-server", "onscreen-keyboard",
        "port-forward", "portal-access-rule", "proxy-bypass", "rewrite", "saml", "secondary-color",
        "secondary-text-color", "smart-tunnel", "sso-server", "text-color", "title", "title-color", "tunnel-group-list",
        "tunnel-group-preference", "url-list", "username-prompt", "password-prompt", "login-message", "logout-message",
        "sso", "application-type", "import", "accounting-server-group", "authentication-server-group",
        "authentication", "auto-sign-on", "transcode", "write", "csd-hostscan", "compression", "zero-trust",
    }),
    Place.POLICY: frozenset({
        "access-hours", "accounting-start-stop", "allow-network-extension-mode", "auth-prompt",
        "backup-servers", "banner", "client-access-rule", "client-bypass-protocol", "client-firewall",
        "default-domain", "dhcp-network-scope", "dns-server", "gateway-fqdn", "ip-comp", "ip-phone-bypass",
        "intercept-dhcp", "ipsec-udp", "ipsec-udp-port", "ipv6-split-tunnel-policy", "ipv6-vpn-filter",
        "leap-bypass", "memberof", "msie-proxy", "nac", "nac-default-acl", "nac-reval-period", "nac-settings",
        "nac-sq-period", "nem", "password", "password-storage", "periodic-authentication", "pfs", "re-xauth",
        "scep-forwarding-url", "secure-unit-authentication", "security-group-tag", "service-type",
        "smartcard-removal-disconnect", "split-dns", "split-tunnel-all-dns", "split-tunnel-network-list",
        "split-tunnel-policy", "ssh", "user-authentication", "user-authentication-idle-timeout", "vlan",
        "vpn-access-hours", "vpn-filter", "vpn-framed-ip-address", "vpn-framed-ipv6-address",
        "vpn-idle-timeout", "vpn-session-timeout", "vpn-simultaneous-logins", "vpn-sim", "webvpn",
        "wins-server", "anyconnect-custom", "address-pool-limit", "max-failed-attempts", "privilege",
        "restrict-default-domain",
    }),
    Place.CLIENT: frozenset({
        *(f"{client} {what}" for client in ("anyconnect", "svc") for what in (
            "ask", "dpd-interval", "firewall-rule", "keep-installer", "keepalive", "modules", "profiles",
            "rekey", "routing-filtering-ignore", "mobile", "mus", "ssl rekey", "ssl keepalive", "ssl dpd-interval",
            "dtls rekey", "enable", "required", "none", "image",
        )),
        "activex-relay", "always-on-vpn", "anyconnect-custom", "apcf", "auto-signon", "auto-sign-on", "customization",
        "deny-message", "download-max-size", "file-browsing", "file-entry", "filter", "functions", "hidden-shares",
        "homepage", "html-content-filter", "http-comp", "http-proxy", "keep-alive-ignore", "mapi", "mus",
        "port-forward", "port-forward-name", "post-max-size", "smart-tunnel", "sso-server", "storage-key",
        "storage-objects", "unix-auth-gid", "unix-auth-uid", "upload-max-size", "url-entry", "url-list",
        "user-storage",
    }),
    Place.TUNNEL_GENERAL: frozenset({
        "accounting-server-group", "annotation", "authenticated-session-username", "authentication-attr-from-server",
        "authorization-dn-attributes", "authorization-required", "dhcp-server", "nat-assigned-to-public-ip",
        "override-account-disable", "password-management", "scep-enrollment",
        "secondary-username-from-certificate", "secondary-username-from-certificate-choice", "strip-group",
        "strip-realm", "username-from-certificate", "username-from-certificate-choice", "qos-group",
        "radius-sdi-xauth", "client-access-rule", "use-entire-dn",
    }),
    Place.TUNNEL_WEBVPN: frozenset({
        "anyconnect-custom-attr", "customization", "dns-group", "external-browser", "hic-fail-group-policy",
        "nbns-server", "override-svc-download", "pre-fill-username", "proxy-auth", "radius-reject-message", "secondary",
        "secondary-pre-fill-username", "without-csd", "trustpoint", "webvpn", "multiple-certificate-authentication",
    }),
    Place.LDAP_MAP: frozenset(),
}  # fmt: skip

_CONTAINERS = frozenset({"cache", "http-headers", "hsts", "hsts-server", "hsts-client", "content-security-policy"})
"""Sub-modes of the global webvpn; a bare ``enable`` inside one is not ``enable IF``."""


def reading_of(place: Place, text: str) -> Reading:
    """Whether a line is read, known not to matter, or unknown there."""
    if len(text) > LONGEST_LINE:
        return Reading.UNKNOWN
    if text in _READ[place]:
        return Reading.READ
    words = text.split(None, 4)
    if words[0] == "no" and len(words) > 1:
        del words[0]
    prefixes = (words[0], " ".join(words[:2]), " ".join(words[:3]))
    irrelevant = _IRRELEVANT[place]
    if prefixes[2] in irrelevant:
        return Reading.IRRELEVANT
    if prefixes[0] in _READ[place] or prefixes[1] in _READ[place]:
        return Reading.READ
    if prefixes[0] in irrelevant or prefixes[1] in irrelevant:
        return Reading.IRRELEVANT
    return Reading.UNKNOWN


def lines_of(block: Block) -> Iterator[Line]:
    """The lines of a block that stand at a place we read, in order; nothing of it is taken for another's.

    A one-line block yields its own header. A line nested where nothing nests comes back with the word
    it stands below in front, so that no command is recognised in it.
    """
    word, _, rest = block.header.partition(" ")
    if word in ("group-policy", "username"):
        yield from _nested(block, Place.POLICY, "webvpn", Place.CLIENT)
    elif word == "tunnel-group":
        name, _, kind = rest.rstrip().rpartition(" ")
        if name.endswith(" type"):
            return
        if "general-attributes".startswith(kind):
            yield from _nested(block, Place.TUNNEL_GENERAL)
        elif "webvpn-attributes".startswith(kind):
            yield from _nested(block, Place.TUNNEL_WEBVPN)
    elif word == "webvpn":
        yield from _nested(block, Place.WEBVPN)
    elif word == "ldap":
        yield from _nested(block, Place.LDAP_MAP)
    elif word not in ("interface", "dynamic-access-policy-record", "vpn"):
        yield Line(Place.GLOBAL, block.line, block.header)


def _nested(block: Block, place: Place, container: str | None = None, inner: Place | None = None) -> Iterator[Line]:
    """Depth comes from the indentation alone: a line belongs to the last line indented less."""
    above: list[tuple[int, str]] = []  # indentation and text of the lines this one could be under
    for number_and_text in block.body:
        line = number_and_text.value
        text = line.lstrip()
        if not text or text[0] == "!":
            continue
        depth = len(line) - len(text)
        while above and above[-1][0] >= depth:
            above.pop()
        if not above:
            yield Line(place, number_and_text.line, text)
        elif len(above) == 1 and inner is not None and above[0][1] == container:
            yield Line(inner, number_and_text.line, text)
        elif (outer := above[0][1].partition(" ")[0]) not in _CONTAINERS:
            yield Line(place, number_and_text.line, f"(below {outer}) {text}")
        above.append((depth, text))

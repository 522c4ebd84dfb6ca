"""What we know of an ASA's configuration language: one table, one row per command.

A row says in which mode the command stands, how it begins, which field it sets and how its value reads.
Everything else is derived from the rows: what the cutter keeps of a text, the templates of the parser, which
lines may be sent (promises 29 and 30), which may be copied into an object that a run creates, and which
belong into a block. A new setting is one row here and one field of that name in ``running_config``.

Notation, as in the command reference: ``{a | b}`` one of them, ``[a]`` perhaps. In the forms of a value
``<word>`` is one word, ``<number>`` digits, ``<rest>`` the rest of the line.
Sources: ASA command reference (modes and syntax of the commands), running configurations of 7.x to 9.2x.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping  # noqa: TC003 - in the fields of a NamedTuple
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from nornir_anyconnect.asa.running_config import CipherChoice


class Mode(StrEnum):
    """What stands in the brackets of the prompt, e.g. ``asa(config-group-webvpn)#``."""

    CONFIG = "config"
    WEBVPN = "config-webvpn"
    GROUP_POLICY = "config-group-policy"
    GROUP_WEBVPN = "config-group-webvpn"
    USERNAME = "config-username"
    USERNAME_WEBVPN = "config-username-webvpn"
    TUNNEL_GENERAL = "config-tunnel-general"
    TUNNEL_WEBVPN = "config-tunnel-webvpn"
    TUNNEL_IPSEC = "config-tunnel-ipsec"
    TUNNEL_PPP = "config-tunnel-ppp"
    LDAP_MAP = "config-ldap-attribute-map"
    INTERFACE = "config-if"
    SUBINTERFACE = "config-subif"
    DAP = "config-dynamic-access-policy-record"
    LOAD_BALANCING = "config-load-balancing"
    DEEPER = "config-webvpn-deeper"
    """Any sub-mode of the global webvpn: nothing in it is read."""

    @property
    def table(self) -> Mode:
        """Whose rows hold here: a username takes what a group policy takes, a subinterface what an interface does."""
        return _SHARED.get(self, self)


_SHARED = {
    Mode.USERNAME: Mode.GROUP_POLICY,
    Mode.USERNAME_WEBVPN: Mode.GROUP_WEBVPN,
    Mode.SUBINTERFACE: Mode.INTERFACE,
}


class Take(Enum):
    """What several lines of one field come to."""

    LAST = "the last one counts"
    EACH = "every line adds its values"
    JOINED = "the values of all lines are one list"
    BY_WORD = "the last one counts, per word behind the keyword"


class Value(NamedTuple):
    """How what stands behind a keyword is written, and what it says; ``None`` where it is not understood."""

    forms: tuple[str, ...]
    read: Callable[[Mapping[str, str]], Any]
    sent: str = ""
    """What a remedy may send there, as a pattern."""
    names: bool = False
    """The names of objects: no secret, even where one reads "Shared key users"."""


class Row(NamedTuple):
    """One command in one mode.

    Without ``value`` it has no bearing on MTUs: ``noted`` says that it still is kept, and reported.
    """

    mode: Mode
    keyword: str
    field: str = ""
    """Where its value goes: a field of what the mode describes; a dot leads into a part of RunningConfig."""
    value: Value | None = None
    take: Take = Take.LAST
    off: Any = None
    """What ``no ...`` says; None: it takes the line back."""
    decisive: bool = False
    """A value that is not understood leaves the verdict unknown."""
    leaf: bool = False
    """A remedy may change it."""
    copied: bool = False
    """It may be copied into an object that a run creates."""
    noted: bool = False
    """A line that begins so, and has no row of its own, is reported as not understood."""
    opens: Mode | None = None
    """The mode of the lines below it."""
    whole: bool = False
    """Only lines of that form are looked at: the keyword alone is far too common."""
    once: bool = False
    """An ASA prints it at most once in a block, above any sub-block: else it is of one whose header is lost."""
    common: bool = False
    """Other systems have it, too: it proves no ASA."""


_WORDS = re.compile(r'"([^"]*)"|(\S+)')


def words(text: str) -> tuple[str, ...]:
    """The words of a line; a name in quotes is one word, without its quotes."""
    if '"' not in text:
        return tuple(text.split())
    return tuple(match[1] if match[2] is None else match[2] for match in _WORDS.finditer(text))


def name_of(text: str) -> str:
    """A name that fills the rest of a line, without its quotes."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def number_in(text: str) -> int | None:
    """The number, if the text is one of a size that a configuration can hold."""
    return int(text) if len(text) < 10 and text.isascii() and text.isdigit() else None  # noqa: PLR2004 - no overflow


CLIENT_MTU_RANGE = range(256, 1463)
"""Bytes that some release accepts for ``anyconnect mtu`` (256-1406 up to 9.1, later 576-1462)."""


def _client_mtu(said: Mapping[str, str]) -> int | None:
    mtu = number_in(said["word"])
    return mtu if mtu is not None and mtu in CLIENT_MTU_RANGE else None


def _switch(**meanings: bool) -> Value:
    return Value(("<word>",), lambda said: meanings.get(said["word"]), "|".join(sorted(meanings)))


def _behind_interface(said: Mapping[str, str]) -> tuple[str, ...] | None:
    """Pools and servers; an interface in parentheses may stand before them."""
    found = words(said["rest"])
    return (found[1:] if found[0].startswith("(") else found) or None


def _named(said: Mapping[str, str]) -> Any:
    return name_of(said["rest"]) if "rest" in said else TAKEN_BACK


def _protocols(said: Mapping[str, str]) -> tuple[str, ...] | None:
    """The protocols; a word that is none may be what is left of one, or a later release's name of it."""
    found = words(said["rest"])
    return found if not _SSL_CLIENT.isdisjoint(found) or _PROTOCOLS.issuperset(found) else None


def _one_server(said: Mapping[str, str]) -> str | None:
    found = [word for word in words(said["rest"]) if not word.startswith("(") and word != "use-primary-username"]
    return found[0] if len(found) == 1 else None


def _cipher(said: Mapping[str, str]) -> CipherChoice | None:
    if said["version"] not in _SSL_VERSIONS:
        return None
    if "rest" not in said:
        return CipherChoice(level=said["level"])
    custom = tuple(said["rest"].replace('"', " ").replace(":", " ").split())
    if not custom or said["rest"].count('"') % 2:  # a terminal broke the line: the rest of the list is lost
        return None
    return CipherChoice(custom=custom)


def _rate(said: Mapping[str, str]) -> tuple[int, int] | None:
    rate, burst = number_in(said["rate"]), number_in(said["burst"])
    return None if rate is None or burst is None else (rate, burst)


TAKEN_BACK: Any = object()
"""What a value says that is the same as its absence."""
_SSL_CLIENT = frozenset({"ssl-client", "svc"})
_PROTOCOLS = _SSL_CLIENT | {"ikev1", "ikev2", "IPSec", "ipsec", "l2tp-ipsec", "ssl-clientless", "webvpn"}
_SSL_VERSIONS = frozenset({"tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3", "dtlsv1", "dtlsv1.2"})

_NUMBER = Value(("<number>",), lambda said: number_in(said["number"]), "[0-9]{1,5}")
_TEXT = Value(("<rest>",), lambda said: said["rest"])
_QUOTED = Value(("<rest>",), lambda said: name_of(said["rest"]))
_NAME = _QUOTED._replace(names=True)
_LIST = Value(("<rest>",), lambda said: words(said["rest"]))
_TEXTS = Value(("<rest>",), lambda said: (said["rest"],))
_LINE = Value(("<rest>",), lambda said: (said["line"],))
_SAID = Value(("",), lambda _: True)
_USES = Value(("<rest>",), _protocols)
_VALUE_LIST = Value(("value <rest>", "none"), lambda said: words(said.get("rest", "")), names=True)
_VALUE_NAME = Value(("value <rest>", "none"), _named, names=True)
_BEHIND_INTERFACE = Value(("<rest>",), _behind_interface, names=True)
_URL = Value(("<rest> {enable | disable}",), lambda said: (name_of(said["rest"]),))
_ALIAS = _URL._replace(names=True)
_FIRST_WORD = Value(("<rest>",), lambda said: words(said["rest"])[:1])
_WORD = Value(("<word>",), lambda said: said["word"])
_PAIR = Value(("<word> <cisco:word>",), lambda said: ((said["word"], said["cisco"]),))
_WORD_AND_LIST = Value(("<word> <rest>",), lambda said: ((said["word"], words(said["rest"])),), names=True)
_CIPHERS = Value(("<version> <level>", "<version> custom <rest>"), _cipher)
_SERVING = Value(("<word>", "<word> <only:tls-only>"), lambda said: "only" in said)
_OF_WORD = Value(("<word> <number>",), lambda said: number_in(said["number"]))
_RATE = Value(("rate-limit <rate:number> burst-size <burst:number>",), _rate)
_RELEVELLED = Value(("<number> level <word>",), lambda said: ((said["number"], said["word"]),))
_FIXED_PEER = Value(("<word> <number> set peer <rest>",), lambda said: (f"{said['word']} {said['number']}",))
_CLIENT_MTU = Value(("<word>",), _client_mtu, "[0-9]{1,5}")
_ON_OFF = _switch(enable=True, none=False)
_DF = _switch(enable=True, disable=False, none=False)
_SERVER = Value(("<rest>",), lambda said: name_of(re.sub(r"^\(\S+\)\s+", "", said["rest"])), names=True)
_ONE_SERVER = Value(("<rest>",), _one_server, names=True)


# ---- the rows ---------------------------------------------------------------------------------------


def _rows(mode: Mode, keywords: str, behind: str = "", **more: Any) -> tuple[Row, ...]:
    """Rows of commands that have no bearing on MTUs; all of them stand ``behind`` the same words."""
    return tuple(Row(mode, f"{behind}{each.strip()}", **more) for each in keywords.split(","))


_CLIENT = "{anyconnect | svc}"  # the word changed with 8.4(1)

# fmt: off
_TOP = (
    Row(Mode.CONFIG, "group-policy", noted=True),
    Row(Mode.CONFIG, "group-policy <name> internal", copied=True),
    Row(Mode.CONFIG, "group-policy <name> external"),
    Row(Mode.CONFIG, "group-policy <name> attributes", opens=Mode.GROUP_POLICY),
    Row(Mode.CONFIG, "username <name> attributes", opens=Mode.USERNAME),
    Row(Mode.CONFIG, "tunnel-group", noted=True),
    Row(Mode.CONFIG, "tunnel-group <name> type", copied=True),
    Row(Mode.CONFIG, "tunnel-group <name> general-attributes", opens=Mode.TUNNEL_GENERAL),
    Row(Mode.CONFIG, "tunnel-group <name> webvpn-attributes", opens=Mode.TUNNEL_WEBVPN),
    Row(Mode.CONFIG, "tunnel-group <name> ipsec-attributes", opens=Mode.TUNNEL_IPSEC),
    Row(Mode.CONFIG, "tunnel-group <name> ppp-attributes", opens=Mode.TUNNEL_PPP),
    Row(Mode.CONFIG, "webvpn", opens=Mode.WEBVPN),
    Row(Mode.CONFIG, "ldap attribute-map <name>", opens=Mode.LDAP_MAP),
    Row(Mode.CONFIG, "interface <name>", opens=Mode.INTERFACE),
    Row(Mode.CONFIG, "dynamic-access-policy-record <name>", opens=Mode.DAP),
    Row(Mode.CONFIG, "vpn load-balancing", opens=Mode.LOAD_BALANCING),
    Row(Mode.CONFIG, "hostname", "hostnames", _TEXTS, Take.EACH, common=True),
    Row(Mode.CONFIG, "ssl", noted=True),
    Row(Mode.CONFIG, "ssl cipher", "ssl.ciphers", _CIPHERS, Take.BY_WORD, decisive=True),
    Row(Mode.CONFIG, "ssl encryption", "ssl.encryption", _LIST, decisive=True),
    Row(Mode.CONFIG, "ssl server-version", "ssl.server_version", _LIST, decisive=True),
    Row(Mode.CONFIG, "sysopt connection", noted=True),
    Row(Mode.CONFIG, "sysopt connection tcpmss", "tcpmss", _NUMBER, decisive=True, leaf=True),
    Row(Mode.CONFIG, "mtu", "interface_mtus", _OF_WORD, Take.BY_WORD, decisive=True),
    Row(Mode.CONFIG, "icmp unreachable", "icmp_unreachable_limit", _RATE, common=True),
    Row(Mode.CONFIG, "logging {enable | on}", "logging.enabled", _SAID, off=False, common=True),
    Row(Mode.CONFIG, "logging buffered", "logging.buffered", _TEXT, common=True),
    Row(Mode.CONFIG, "logging trap", "logging.trap", _TEXT, common=True),
    Row(Mode.CONFIG, "no logging message", "logging.suppressed", _FIRST_WORD, Take.EACH, common=True),
    Row(Mode.CONFIG, "logging message", "logging.relevelled", _RELEVELLED, Take.EACH, common=True),
    Row(Mode.CONFIG, "logging {list | class}", "logging.lists", _LINE, Take.EACH, common=True),
    Row(Mode.CONFIG, "ip local pool", "ip_pools", _FIRST_WORD, Take.EACH, common=True),
    Row(Mode.CONFIG, "ipv6 local pool", "ipv6_pools", _FIRST_WORD, Take.EACH, common=True),
    Row(Mode.CONFIG, "crypto map", "crypto_maps", _FIXED_PEER, Take.EACH, whole=True, common=True),
    Row(Mode.CONFIG, "failover", "failover", _SAID, off=False, whole=True, common=True),
    *_rows(
        Mode.CONFIG,
        "ssl cipher default, ssl trust-point, ssl client-version, ssl dh-group, ssl ecdh-group,"
        "ssl certificate-authentication, sysopt connection tcpmss minimum, sysopt connection permit-vpn,"
        "sysopt connection preserve-vpn-flows, sysopt connection reclassify-vpn, sysopt connection timewait,"
        "sysopt connection scheduler, sysopt connection permit-ipsec, enable, logging",
    ),
)
_WEBVPN = (
    Row(Mode.WEBVPN, "enable", "serving", _SERVING, Take.BY_WORD, decisive=True),
    Row(Mode.WEBVPN, "port", "port", _NUMBER),
    Row(Mode.WEBVPN, "dtls port", "dtls_port", _NUMBER),
    Row(Mode.WEBVPN, f"{_CLIENT} enable", "anyconnect_enabled", _SAID, off=False, decisive=True),
    *_rows(
        Mode.WEBVPN,
        "anyconnect, svc, anyconnect-essentials, anyconnect-custom-attr, anyconnect-custom-data, apcf, auto-signon,"
        "certificate-group-map, character-encoding, csd, hostscan, customization, default-idle-timeout,"
        "default-language, default-group-policy, deny-message, error-recovery, file-encoding, http-proxy,"
        "https-proxy, internal-password, java-trustpoint, keepout, kcd-server, logo, memory-size, mobile-device, mus,"
        "nbns-server, onscreen-keyboard, port-forward, portal-access-rule, proxy-bypass, rewrite,"
        "secondary-color, secondary-text-color, smart-tunnel, sso-server, text-color, title, title-color,"
        "tunnel-group-list, tunnel-group-preference, url-list, username-prompt, password-prompt, login-message,"
        "logout-message, sso, application-type, import, accounting-server-group, authentication-server-group,"
        "authentication, auto-sign-on, transcode, write, csd-hostscan, compression, zero-trust",
    ),
    *_rows(Mode.WEBVPN, "cache, http-headers, hsts, hsts-server, hsts-client, content-security-policy, saml",
           opens=Mode.DEEPER),
)
_POLICY = (  # of a group policy, and of a username
    Row(Mode.GROUP_POLICY, "webvpn", opens=Mode.GROUP_WEBVPN, once=True),
    Row(Mode.GROUP_POLICY, "vpn-tunnel-protocol", "tunnel_protocols", _USES, decisive=True, copied=True, once=True),
    Row(Mode.GROUP_POLICY, "group-lock", "group_lock", _VALUE_NAME, copied=True, once=True),
    Row(Mode.GROUP_POLICY, "address-pools", "address_pools", _VALUE_LIST, copied=True, once=True),
    Row(Mode.GROUP_POLICY, "ipv6-address-pools", "ipv6_address_pools", _VALUE_LIST, copied=True, once=True),
    Row(Mode.GROUP_POLICY, "vpn-group-policy", "group_policy", _NAME, decisive=True, once=True),
    Row(Mode.GROUP_POLICY, "vpn-framed-ipv6-address", "framed_ipv6", _TEXT),
    *_rows(
        Mode.GROUP_POLICY,
        "default-domain, dns-server, pfs, split-tunnel-network-list, split-tunnel-policy, vpn-filter,"
        "vpn-idle-timeout, vpn-session-timeout, vpn-simultaneous-logins, wins-server",
        copied=True, once=True,
    ),
    *_rows(
        Mode.GROUP_POLICY,
        "anyconnect-custom, banner, client-access-rule, client-bypass-protocol, dhcp-network-scope, gateway-fqdn,"
        "ip-comp, ipv6-split-tunnel-policy, ipv6-vpn-filter, msie-proxy, nac-settings, password-storage,"
        "periodic-authentication, re-xauth, scep-forwarding-url, security-group-tag, smartcard-removal-disconnect,"
        "split-dns, split-tunnel-all-dns, user-authentication-idle-timeout, vlan, vpn-access-hours",
        copied=True,
    ),
    *_rows(
        Mode.GROUP_POLICY,
        "access-hours, accounting-start-stop, allow-network-extension-mode, auth-prompt, backup-servers,"
        "client-firewall, ip-phone-bypass, intercept-dhcp, ipsec-udp, ipsec-udp-port, leap-bypass, memberof, nac,"
        "nac-default-acl, nac-reval-period, nac-sq-period, nem, password, secure-unit-authentication, service-type,"
        "ssh, user-authentication, vpn-framed-ip-address, vpn-sim, address-pool-limit, max-failed-attempts,"
        "privilege, restrict-default-domain",
    ),
)
_POLICY_WEBVPN = (
    Row(Mode.GROUP_WEBVPN, f"{_CLIENT} mtu", "mtu", _CLIENT_MTU, decisive=True, leaf=True, copied=True),
    Row(Mode.GROUP_WEBVPN, f"{_CLIENT} [ssl] dtls", "dtls", _ON_OFF, decisive=True, copied=True),
    Row(Mode.GROUP_WEBVPN, f"{_CLIENT} [ssl] df-bit-ignore", "df_bit_ignore", _DF,
        decisive=True, leaf=True, copied=True),
    Row(Mode.GROUP_WEBVPN, f"{_CLIENT} [ssl] compression", "ssl_compression", _WORD, copied=True),
    Row(Mode.GROUP_WEBVPN, f"{_CLIENT} dtls compression", "dtls_compression", _WORD, copied=True),
    *_rows(
        Mode.GROUP_WEBVPN,
        "ask, dpd-interval, firewall-rule, keep-installer, keepalive, modules, profiles, rekey,"
        "routing-filtering-ignore, mobile, mus, ssl rekey, ssl keepalive, ssl dpd-interval, dtls rekey, enable,"
        "required, none, image",
        behind=f"{_CLIENT} ", copied=True,
    ),
    *_rows(
        Mode.GROUP_WEBVPN,
        "activex-relay, always-on-vpn, customization, deny-message, file-browsing, file-entry, filter,"
        "hidden-shares, homepage, html-content-filter, http-comp, keep-alive-ignore, port-forward, smart-tunnel,"
        "url-entry, url-list, user-storage",
        copied=True,
    ),
    *_rows(
        Mode.GROUP_WEBVPN,
        "anyconnect-custom, apcf, auto-signon, auto-sign-on, download-max-size, functions, http-proxy, mapi, mus,"
        "port-forward-name, post-max-size, sso-server, storage-key, storage-objects, unix-auth-gid, unix-auth-uid,"
        "upload-max-size",
    ),
)
_TUNNEL_GROUP = (
    Row(Mode.TUNNEL_GENERAL, "default-group-policy", "default_group_policy", _NAME,
        decisive=True, copied=True, once=True),
    Row(Mode.TUNNEL_GENERAL, "address-pool", "address_pools", _BEHIND_INTERFACE, Take.JOINED, copied=True),
    Row(Mode.TUNNEL_GENERAL, "ipv6-address-pool", "ipv6_address_pools", _BEHIND_INTERFACE, Take.JOINED, copied=True),
    Row(Mode.TUNNEL_GENERAL, "authentication-server-group", "authentication_servers", _BEHIND_INTERFACE,
        Take.EACH, copied=True),
    Row(Mode.TUNNEL_GENERAL, "authorization-server-group", "authorization_server", _SERVER, copied=True),
    Row(Mode.TUNNEL_GENERAL, "secondary-authentication-server-group", "secondary_server", _ONE_SERVER, copied=True),
    *_rows(
        Mode.TUNNEL_GENERAL,
        "accounting-server-group, authenticated-session-username, authentication-attr-from-server,"
        "authorization-dn-attributes, authorization-required, dhcp-server, nat-assigned-to-public-ip,"
        "override-account-disable, password-management, scep-enrollment, secondary-username-from-certificate,"
        "strip-group, strip-realm, username-from-certificate",
        copied=True,
    ),
    *_rows(Mode.TUNNEL_GENERAL, "annotation, secondary-username-from-certificate-choice, qos-group,"
           "username-from-certificate-choice, radius-sdi-xauth, client-access-rule, use-entire-dn"),
    Row(Mode.TUNNEL_WEBVPN, "authentication", "authentication_methods", _LIST, copied=True),
    Row(Mode.TUNNEL_WEBVPN, "saml identity-provider", "saml", _QUOTED, copied=True),
    Row(Mode.TUNNEL_WEBVPN, "group-alias", "group_aliases", _ALIAS, Take.EACH, copied=True),
    Row(Mode.TUNNEL_WEBVPN, "group-url", "group_urls", _URL, Take.EACH, copied=True),
    *_rows(
        Mode.TUNNEL_WEBVPN,
        "customization, dns-group, hic-fail-group-policy, nbns-server, override-svc-download, pre-fill-username,"
        "proxy-auth, radius-reject-message, saml, secondary-pre-fill-username, without-csd",
        copied=True,
    ),
    *_rows(Mode.TUNNEL_WEBVPN, "anyconnect-custom-attr, anyconnect-custom-data, external-browser, secondary,"
           "trustpoint, webvpn, multiple-certificate-authentication"),
)
_OTHERS = (
    Row(Mode.LDAP_MAP, "map-name", "attributes", _PAIR, Take.EACH, decisive=True),
    Row(Mode.LDAP_MAP, "map-value", "values", _WORD_AND_LIST, Take.EACH, decisive=True),
    Row(Mode.INTERFACE, "nameif", "nameif", _FIRST_WORD, Take.EACH),
    Row(Mode.LOAD_BALANCING, "participate", "participates", _SAID),
)
# fmt: on

ROWS: tuple[Row, ...] = (*_TOP, *_WEBVPN, *_POLICY, *_POLICY_WEBVPN, *_TUNNEL_GROUP, *_OTHERS)
"""Every command that we know. What may be copied leaves out keys, passwords and what nobody understands."""

L2L_TYPE = "ipsec-l2l"
REMOTE_ACCESS_TYPES = ("remote-access", "webvpn", "ipsec-ra")
"""Behind ``tunnel-group NAME type``; the two others became remote-access with 8.x."""

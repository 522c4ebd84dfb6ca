"""What we know of an ASA's configuration language: one table, one row per command.

A row says in which mode the command stands, how it begins, which field it sets and how its value reads.
Everything else is derived from the rows: what the cutter keeps of a text, the templates of the parser, which
lines may be sent (promises 29 and 30), which may be copied into an object that a run creates, and which
belong into a block. A new setting is one row here and one field of that name in ``running_config``.

No keyword is written anywhere else: who needs one names its section, or its row by mode and field (:func:`row_of`).
The notation is that of ``value_forms``; of several spellings the first is today's, the last that before 8.4(1).
Sources: ASA command reference (modes and syntax of the commands), running configurations of 7.x to 9.2x.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from functools import cache
from typing import Any, NamedTuple

from nornir_anyconnect.asa import value_forms as form
from nornir_anyconnect.asa.value_forms import NAMED, Value, spellings


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


class Section(StrEnum):
    """Parts of a running configuration that an audit asks for: what ``show running-config`` takes, rows begin with."""

    GROUP_POLICY = "group-policy"
    TUNNEL_GROUP = "tunnel-group"
    WEBVPN = "webvpn"
    SSL = "ssl"
    SYSOPT = "sysopt"
    MTU = "mtu"
    USERNAME = "username"
    LDAP = "ldap attribute-map"
    INTERFACE = "interface"
    ICMP = "icmp"
    LOGGING = "logging"
    IP_POOL = "ip local pool"
    IPV6_POOL = "ipv6 local pool"
    CRYPTO_MAP = "crypto map"
    DAP = "dynamic-access-policy-record"
    LOAD_BALANCING = "vpn load-balancing"
    FAILOVER = "failover"


class Spelling(StrEnum):
    """The first word of the client's settings: it changed with 8.4(1)."""

    ANYCONNECT = "anyconnect"
    SVC = "svc"


class Take(Enum):
    """What several lines of one field come to."""

    LAST = "the last one counts"
    EACH = "every line adds its values"
    JOINED = "the values of all lines are one list"
    BY_WORD = "the last one counts, per word behind the keyword"


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

    @property
    def subject(self) -> str:
        """The last word of the keyword, however the others are spelled."""
        return self.keyword.rpartition(" ")[2]

    def words(self, spelling: Spelling = Spelling.ANYCONNECT) -> str:
        """The keyword as it is written."""
        return spellings(self.keyword)[0 if spelling is Spelling.ANYCONNECT else -1]


# ---- the rows ---------------------------------------------------------------------------------------


def _rows(mode: Mode, keywords: str, behind: str = "", **more: Any) -> tuple[Row, ...]:
    """Rows of commands that have no bearing on MTUs; all of them stand ``behind`` the same words."""
    return tuple(Row(mode, f"{behind}{each.strip()}", **more) for each in keywords.split(","))


_CLIENT = f"{{{' | '.join(Spelling)}}}"

# fmt: off
_TOP = (
    Row(Mode.CONFIG, Section.GROUP_POLICY, noted=True),
    Row(Mode.CONFIG, f"{Section.GROUP_POLICY} {NAMED} internal", copied=True),
    Row(Mode.CONFIG, f"{Section.GROUP_POLICY} {NAMED} external"),
    Row(Mode.CONFIG, f"{Section.GROUP_POLICY} {NAMED} attributes", opens=Mode.GROUP_POLICY),
    Row(Mode.CONFIG, f"{Section.USERNAME} {NAMED} attributes", opens=Mode.USERNAME),
    Row(Mode.CONFIG, Section.TUNNEL_GROUP, noted=True),
    Row(Mode.CONFIG, f"{Section.TUNNEL_GROUP} {NAMED} type", copied=True),
    Row(Mode.CONFIG, f"{Section.TUNNEL_GROUP} {NAMED} general-attributes", opens=Mode.TUNNEL_GENERAL),
    Row(Mode.CONFIG, f"{Section.TUNNEL_GROUP} {NAMED} webvpn-attributes", opens=Mode.TUNNEL_WEBVPN),
    Row(Mode.CONFIG, f"{Section.TUNNEL_GROUP} {NAMED} ipsec-attributes", opens=Mode.TUNNEL_IPSEC),
    Row(Mode.CONFIG, f"{Section.TUNNEL_GROUP} {NAMED} ppp-attributes", opens=Mode.TUNNEL_PPP),
    Row(Mode.CONFIG, Section.WEBVPN, opens=Mode.WEBVPN),
    Row(Mode.CONFIG, f"{Section.LDAP} {NAMED}", opens=Mode.LDAP_MAP),
    Row(Mode.CONFIG, f"{Section.INTERFACE} {NAMED}", opens=Mode.INTERFACE),
    Row(Mode.CONFIG, f"{Section.DAP} {NAMED}", opens=Mode.DAP),
    Row(Mode.CONFIG, Section.LOAD_BALANCING, opens=Mode.LOAD_BALANCING),
    Row(Mode.CONFIG, "hostname", "hostnames", form.TEXTS, Take.EACH, common=True),
    Row(Mode.CONFIG, Section.SSL, noted=True),
    Row(Mode.CONFIG, f"{Section.SSL} cipher", "ssl.ciphers", form.CIPHERS, Take.BY_WORD, decisive=True),
    Row(Mode.CONFIG, f"{Section.SSL} encryption", "ssl.encryption", form.LIST, decisive=True),
    Row(Mode.CONFIG, f"{Section.SSL} server-version", "ssl.server_version", form.LIST, decisive=True),
    Row(Mode.CONFIG, f"{Section.SYSOPT} connection", noted=True),
    Row(Mode.CONFIG, f"{Section.SYSOPT} connection tcpmss", "tcpmss", form.NUMBER, decisive=True, leaf=True),
    Row(Mode.CONFIG, Section.MTU, "interface_mtus", form.OF_WORD, Take.BY_WORD, decisive=True),
    Row(Mode.CONFIG, f"{Section.ICMP} unreachable", "icmp_unreachable_limit", form.RATE, common=True),
    Row(Mode.CONFIG, f"{Section.LOGGING} {{enable | on}}", "logging.enabled", form.SAID, off=False, common=True),
    Row(Mode.CONFIG, f"{Section.LOGGING} buffered", "logging.buffered", form.TEXT, common=True),
    Row(Mode.CONFIG, f"{Section.LOGGING} trap", "logging.trap", form.TEXT, common=True),
    Row(Mode.CONFIG, f"no {Section.LOGGING} message", "logging.suppressed", form.FIRST_WORD, Take.EACH, common=True),
    Row(Mode.CONFIG, f"{Section.LOGGING} message", "logging.relevelled", form.RELEVELLED, Take.EACH, common=True),
    Row(Mode.CONFIG, f"{Section.LOGGING} {{list | class}}", "logging.lists", form.LINE, Take.EACH, common=True),
    Row(Mode.CONFIG, Section.IP_POOL, "ip_pools", form.FIRST_WORD, Take.EACH, common=True),
    Row(Mode.CONFIG, Section.IPV6_POOL, "ipv6_pools", form.FIRST_WORD, Take.EACH, common=True),
    Row(Mode.CONFIG, Section.CRYPTO_MAP, "crypto_maps", form.FIXED_PEER, Take.EACH, whole=True, common=True),
    Row(Mode.CONFIG, Section.FAILOVER, "failover", form.SAID, off=False, whole=True, common=True),
    *_rows(
        Mode.CONFIG,
        "ssl cipher default, ssl trust-point, ssl client-version, ssl dh-group, ssl ecdh-group,"
        "ssl certificate-authentication, sysopt connection tcpmss minimum, sysopt connection permit-vpn,"
        "sysopt connection preserve-vpn-flows, sysopt connection reclassify-vpn, sysopt connection timewait,"
        "sysopt connection scheduler, sysopt connection permit-ipsec, enable, logging",
    ),
)
_WEBVPN = (
    Row(Mode.WEBVPN, "enable", "serving", form.SERVING, Take.BY_WORD, decisive=True),
    Row(Mode.WEBVPN, "port", "port", form.NUMBER),
    Row(Mode.WEBVPN, "dtls port", "dtls_port", form.NUMBER),
    Row(Mode.WEBVPN, f"{_CLIENT} enable", "anyconnect_enabled", form.SAID, off=False, decisive=True),
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
    Row(Mode.GROUP_POLICY, Section.WEBVPN, opens=Mode.GROUP_WEBVPN, once=True),
    Row(Mode.GROUP_POLICY, "vpn-tunnel-protocol", "tunnel_protocols", form.USES, decisive=True, copied=True, once=True),
    Row(Mode.GROUP_POLICY, "group-lock", "group_lock", form.VALUE_NAME, copied=True, once=True),
    Row(Mode.GROUP_POLICY, "address-pools", "address_pools", form.VALUE_LIST, copied=True, once=True),
    Row(Mode.GROUP_POLICY, "ipv6-address-pools", "ipv6_address_pools", form.VALUE_LIST, copied=True, once=True),
    Row(Mode.GROUP_POLICY, "vpn-group-policy", "group_policy", form.NAME, decisive=True, once=True),
    Row(Mode.GROUP_POLICY, "vpn-framed-ipv6-address", "framed_ipv6", form.TEXT),
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
    Row(Mode.GROUP_WEBVPN, f"{_CLIENT} mtu", "mtu", form.CLIENT_MTU, decisive=True, leaf=True, copied=True),
    Row(Mode.GROUP_WEBVPN, f"{_CLIENT} [ssl] dtls", "dtls", form.ON_OFF, decisive=True, copied=True),
    Row(Mode.GROUP_WEBVPN, f"{_CLIENT} [ssl] df-bit-ignore", "df_bit_ignore", form.DF,
        decisive=True, leaf=True, copied=True),
    Row(Mode.GROUP_WEBVPN, f"{_CLIENT} [ssl] compression", "ssl_compression", form.WORD, copied=True),
    Row(Mode.GROUP_WEBVPN, f"{_CLIENT} dtls compression", "dtls_compression", form.WORD, copied=True),
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
    Row(Mode.TUNNEL_GENERAL, "default-group-policy", "default_group_policy", form.NAME,
        decisive=True, copied=True, once=True),
    Row(Mode.TUNNEL_GENERAL, "address-pool", "address_pools", form.BEHIND_INTERFACE, Take.JOINED, copied=True),
    Row(Mode.TUNNEL_GENERAL, "ipv6-address-pool", "ipv6_address_pools", form.BEHIND_INTERFACE,
        Take.JOINED, copied=True),
    Row(Mode.TUNNEL_GENERAL, "authentication-server-group", "authentication_servers", form.BEHIND_INTERFACE,
        Take.EACH, copied=True),
    Row(Mode.TUNNEL_GENERAL, "authorization-server-group", "authorization_server", form.SERVER, copied=True),
    Row(Mode.TUNNEL_GENERAL, "secondary-authentication-server-group", "secondary_server", form.ONE_SERVER, copied=True),
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
    Row(Mode.TUNNEL_WEBVPN, "authentication", "authentication_methods", form.LIST, copied=True),
    Row(Mode.TUNNEL_WEBVPN, "saml identity-provider", "saml", form.QUOTED, copied=True),
    Row(Mode.TUNNEL_WEBVPN, "group-alias", "group_aliases", form.ALIAS, Take.EACH, copied=True),
    Row(Mode.TUNNEL_WEBVPN, "group-url", "group_urls", form.URL, Take.EACH, copied=True),
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
    Row(Mode.LDAP_MAP, "map-name", "attributes", form.PAIR, Take.EACH, decisive=True),
    Row(Mode.LDAP_MAP, "map-value", "values", form.WORD_AND_LIST, Take.EACH, decisive=True),
    Row(Mode.INTERFACE, "nameif", "nameif", form.FIRST_WORD, Take.EACH),
    Row(Mode.LOAD_BALANCING, "participate", "participates", form.SAID),
)
# fmt: on

ROWS: tuple[Row, ...] = (*_TOP, *_WEBVPN, *_POLICY, *_POLICY_WEBVPN, *_TUNNEL_GROUP, *_OTHERS)
"""Every command that we know. What may be copied leaves out keys, passwords and what nobody understands."""

L2L_TYPE = "ipsec-l2l"
REMOTE_ACCESS_TYPES = ("remote-access", "webvpn", "ipsec-ra")
"""Behind ``tunnel-group NAME type``; the two others became remote-access with 8.x."""


@cache
def row_of(mode: Mode, setting: str) -> Row:
    """The row whose lines set that field in a mode."""
    return next(row for row in ROWS if row.mode is mode.table and row.field == setting)

"""What an ASA's running configuration says, as frozen data: every value with the line it stands on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nornir_anyconnect.asa.managed import ManagedBy

T_co = TypeVar("T_co", covariant=True)


class Platform(StrEnum):
    """The software that printed the configuration."""

    ASA = "asa"
    FTD = "ftd"


class From(StrEnum):
    """Where a value came from."""

    CONFIGURED = "configured"
    DEVICE = "device"
    INHERITED = "inherited"
    RADIUS = "radius"
    DEFAULT = "default"


class Owner(NamedTuple):
    """The object whose lines set a value: a group policy or a username."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a reader must be told: a code and its parameters; words are made where it is printed."""

    code: str
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    words: str | None = None
    """The sentence of the code, where it comes from elsewhere than the table: from a kind of remedy."""


def notice(code: str, **parameters: Any) -> Notice:
    """The notice of that code."""
    return Notice(code, parameters)


class Sourced(NamedTuple, Generic[T_co]):
    """A value with its one provenance, from the parser to the report.

    ``line`` counts from 1 in the text that was parsed; ``None`` where a device's own answer or a packaged
    default gave the value. ``owner`` is set where inheritance decided whose value is in force.
    """

    value: T_co
    line: int | None = None
    from_: From = From.CONFIGURED
    owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level command with its indented sub-lines, as printed (trailing blanks removed)."""

    header: str
    line: int | None
    body: tuple[Sourced[str], ...] = ()


_RELEASE = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\((\d{1,6})\)(\d{1,6})?)?", re.ASCII)


class Release(NamedTuple):
    """An ASA release as numbers: 9.12(4)67 is (9, 12, 4, 67). Compares in release order."""

    major: int
    minor: int
    maintenance: int = 0
    interim: int = 0

    @classmethod
    def of(cls, text: str) -> Release | None:
        """``9.12(4)67`` as numbers; None where it is not a release."""
        match = _RELEASE.match(text)
        return cls(*(int(number or 0) for number in match.groups())) if match else None

    @property
    def spells_svc(self) -> bool:
        """It writes ``svc`` where later ones write ``anyconnect``."""
        return self < ANYCONNECT_SPELLING


ANYCONNECT_SPELLING = Release(8, 4, 1)
"""The release that renamed ``svc`` to ``anyconnect``."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """What a ``webvpn`` sub-block of a group policy or username sets for the SSL client.

    ``mtu`` is in bytes. ``None`` means: not set here, inherit.
    """

    mtu: Sourced[int] | None = None
    dtls: Sourced[bool] | None = None
    df_bit_ignore: Sourced[bool] | None = None
    ssl_compression: Sourced[str] | None = None
    dtls_compression: Sourced[str] | None = None
    unsupported: tuple[Sourced[str], ...] = ()
    """Lines about mtu, dtls or df-bit-ignore whose value could not be understood."""


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """A group policy; all headers of the same name merged."""

    name: str
    kind: Sourced[str] | None = None
    """``internal`` or ``external``; ``None`` if only attributes are printed."""
    attributes_line: int | None = None
    tunnel_protocols: Sourced[tuple[str, ...]] | None = None
    client: ClientSettings = field(default_factory=ClientSettings)
    group_lock: Sourced[str] | None = None
    address_pools: Sourced[tuple[str, ...]] | None = None
    ipv6_address_pools: Sourced[tuple[str, ...]] | None = None
    unsupported: tuple[Sourced[str], ...] = ()
    """Decisive lines that are not understood: what the policy allows is not known."""
    body: tuple[Sourced[str], ...] = ()
    """Every sub-line of every ``attributes`` header, stripped of trailing blanks, indentation kept."""


@dataclass(frozen=True, slots=True)
class TunnelGroup:
    """A tunnel group (connection profile)."""

    name: str
    line: int | None = None
    type: Sourced[str] | None = None
    default_group_policy: Sourced[str] | None = None
    address_pools: Sourced[tuple[str, ...]] | None = None
    ipv6_address_pools: Sourced[tuple[str, ...]] | None = None
    authentication_servers: tuple[Sourced[str], ...] = ()
    """AAA server groups of ``authentication-server-group`` (fallback LOCAL included as its own entry)."""
    authorization_server: Sourced[str] | None = None
    secondary_server: Sourced[str] | None = None
    """``secondary-authentication-server-group``, the second of two passwords."""
    authentication_methods: Sourced[tuple[str, ...]] | None = None
    """``authentication`` of webvpn-attributes: aaa, certificate, saml."""
    saml: Sourced[str] | None = None
    group_aliases: tuple[Sourced[str], ...] = ()
    group_urls: tuple[Sourced[str], ...] = ()
    general: tuple[Sourced[str], ...] = ()
    webvpn: tuple[Sourced[str], ...] = ()
    ipsec: tuple[Sourced[str], ...] = ()
    unsupported: tuple[Sourced[str], ...] = ()
    """Decisive lines that are not understood: which policy it assigns is not known."""
    other: tuple[Sourced[str], ...] = ()
    """Raw sub-lines per attribute block; ``other`` holds ppp-attributes and the like."""


@dataclass(frozen=True, slots=True)
class ServingInterface:
    """An interface on which webvpn is enabled; ``tls_only`` means no DTLS there."""

    nameif: str
    tls_only: bool
    line: int | None


@dataclass(frozen=True, slots=True)
class Webvpn:
    """The global ``webvpn`` block."""

    interfaces: tuple[ServingInterface, ...] = ()
    anyconnect_enabled: Sourced[bool] | None = None
    port: Sourced[int] | None = None
    dtls_port: Sourced[int] | None = None
    svc_spelling: bool = False
    """The box spells it ``svc ...`` (before 8.4)."""
    unsupported: tuple[Sourced[str], ...] = ()
    """Lines about where webvpn and AnyConnect are enabled that could not be understood."""


@dataclass(frozen=True, slots=True)
class CipherChoice:
    """``ssl cipher VERSION level`` or ``... custom "A:B"``: exactly one of the two is set."""

    level: str | None = None
    custom: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SslSettings:
    """``ssl cipher``, ``ssl encryption`` and ``ssl server-version``.

    Keys of ``ciphers`` are tlsv1, tlsv1.1, tlsv1.2, tlsv1.3, dtlsv1, dtlsv1.2.
    """

    ciphers: tuple[tuple[str, Sourced[CipherChoice]], ...] = ()
    encryption: Sourced[tuple[str, ...]] | None = None
    server_version: Sourced[tuple[str, ...]] | None = None
    """The words after ``ssl server-version``: TLS and, optionally, DTLS."""
    unsupported: tuple[Sourced[str], ...] = ()
    """Lines about these three that could not be understood."""


@dataclass(frozen=True, slots=True)
class Username:
    """The overrides of one local user (only users that have an ``attributes`` block)."""

    name: str
    line: int | None
    tunnel_protocols: Sourced[tuple[str, ...]] | None = None
    group_policy: Sourced[str] | None = None
    """``vpn-group-policy``."""
    group_lock: Sourced[str] | None = None
    framed_ipv6: Sourced[str] | None = None
    """``vpn-framed-ipv6-address``."""
    client: ClientSettings = field(default_factory=ClientSettings)
    unsupported: tuple[Sourced[str], ...] = ()
    """Decisive lines that are not understood."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A named interface; ``mtu`` in bytes, ``None`` where no ``mtu NAMEIF`` line is printed."""

    nameif: str
    line: int | None
    mtu: Sourced[int] | None = None


@dataclass(frozen=True, slots=True)
class LdapMapEntry:
    """An LDAP attribute map that hands out a group policy."""

    map_name: str
    group_policy: str
    line: int | None


@dataclass(frozen=True, slots=True)
class LoggingSettings:
    """What decides whether the evidence could have been seen."""

    enabled: Sourced[bool] | None = None
    buffered: Sourced[str] | None = None
    trap: Sourced[str] | None = None
    suppressed: tuple[Sourced[str], ...] = ()
    """Message ids of ``no logging message N``."""
    relevelled: tuple[Sourced[tuple[str, str]], ...] = ()
    """``logging message N level L``."""
    lists: tuple[Sourced[str], ...] = ()
    """``logging list`` / ``logging class`` lines, whole."""


DOUBTS = ("not-indented", "several-configurations", "two-dumps", "lines-misplaced", "line-refused")
"""Why a text can't be taken for one whole configuration, but for its ends, in the order in which it is told."""


@dataclass(frozen=True)
class RunningConfig:
    """Everything the audit reads from one ASA or one context of it.

    Of a text the cutter gives its blocks, and whether it is whole; the parser reads the blocks.
    """

    hostname: str | None = None
    context: str | None = None
    release: Sourced[Release] | None = None
    release_text: str | None = None
    """The release as printed, e.g. ``9.12(4)67``."""
    platform: Platform = Platform.ASA
    ftd_version: str | None = None
    complete: bool = False
    """An end mark (``Cryptochecksum:`` or ``: end``) was seen, or the pull proved every section."""
    begun: bool = True
    """A version or the hostname stands before the first block that decides: nothing is missing at the top."""
    indented: bool = True
    """False where a block that must have sub-lines has none indented: not readable as a configuration."""
    recognised: bool = False
    """At least one line that only an ASA or FTD configuration has."""
    webvpn: Webvpn = field(default_factory=Webvpn)
    group_policies: tuple[GroupPolicy, ...] = ()
    tunnel_groups: tuple[TunnelGroup, ...] = ()
    usernames: tuple[Username, ...] = ()
    ssl: SslSettings = field(default_factory=SslSettings)
    tcpmss: Sourced[int] | None = None
    interfaces: tuple[Interface, ...] = ()
    unsupported_path: tuple[Sourced[str], ...] = ()
    """Lines about ``tcpmss`` or the MTU of an interface that could not be understood."""
    ldap_entries: tuple[LdapMapEntry, ...] = ()
    dap_records: tuple[Sourced[str], ...] = ()
    """DAP records other than an empty DfltAccessPolicy."""
    icmp_unreachable_limit: Sourced[tuple[int, int]] | None = None
    """``icmp unreachable rate-limit R burst-size B``: (R per second, B)."""
    logging: LoggingSettings = field(default_factory=LoggingSettings)
    ip_pools: tuple[Sourced[str], ...] = ()
    ipv6_pools: tuple[Sourced[str], ...] = ()
    crypto_maps: tuple[Sourced[str], ...] = ()
    load_balancing: Sourced[str] | None = None
    """First line of a ``vpn load-balancing`` block that takes part, if any."""
    failover: Sourced[bool] | None = None
    unknown_lines: tuple[Sourced[str], ...] = ()
    """Lines inside relevant blocks, or of lost ones, that nobody here understands: counted and reported."""
    misplaced: tuple[Sourced[str], ...] = ()
    """Lines below a command that takes none, or whose header is lost: what they say is nobody's."""
    blocks: tuple[Block, ...] = ()
    """The relevant blocks as read, for hashing and diffing. Secrets are masked."""
    warnings: tuple[Notice, ...] = ()
    serials: tuple[str, ...] = ()
    """Serial numbers printed beside the configuration (``show version``, comment headers of archives)."""
    defaults: RunningConfig | None = None
    """The device's own answers to ``show running-config all ...``: what it does where nothing is set."""
    device_ciphers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """``show ssl ciphers``, per protocol version: the device's own lists."""
    manager: ManagedBy | None = None
    """Whose the configuration is, where a manager was asked for it."""

    @property
    def mixed(self) -> bool:
        """Several configurations, none said to be the running one; lines that are misplaced, or that were refused."""
        return any(each.code in DOUBTS[1:] for each in self.warnings)

    @property
    def spells_svc(self) -> bool:
        """The box writes ``svc`` where later ones write ``anyconnect``: by its lines, or by its release."""
        return self.webvpn.svc_spelling or (self.release is not None and self.release.value.spells_svc)

    def group_policy(self, name: str) -> GroupPolicy | None:
        """The policy of that name, if it is defined."""
        return self._policies.get(name)

    @cached_property
    def _policies(self) -> dict[str, GroupPolicy]:
        return {policy.name: policy for policy in self.group_policies}

    @property
    def urls(self) -> tuple[str, ...]:
        """The group-urls."""
        return tuple(url.value.split()[0] for group in self.tunnel_groups for url in group.group_urls)

    @property
    def url_hosts(self) -> tuple[str, ...]:
        """Their names: where clients reach the box."""
        return tuple(dict.fromkeys(urlsplit(url).hostname or "" for url in self.urls))

    def tunnel_group(self, name: str) -> TunnelGroup | None:
        """The tunnel group of that name, if it is defined."""
        return next((g for g in self.tunnel_groups if g.name == name), None)

    def username(self, name: str) -> Username | None:
        """The local user of that name, if it has attributes."""
        return next((user for user in self.usernames if user.name == name), None)

"""Blocks and the meaning of their lines become one RunningConfig. No text is read here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from nornir_anyconnect.asa.places import Line, Place
from nornir_anyconnect.asa.running_config import (
    Block,
    CipherChoice,
    ClientSettings,
    GroupPolicy,
    Interface,
    LdapMapEntry,
    LoggingSettings,
    Release,
    ServingInterface,
    Setting,
    SslSettings,
    TunnelGroup,
    Username,
    Webvpn,
)

Meaning = Mapping[str, str]
Read = Iterable[tuple[Line, Meaning]]

MTU_RANGE = range(256, 1463)
"""Bytes that ``anyconnect mtu`` (576-1462) or ``svc mtu`` (256-1406) takes [ASA command reference]."""
ANYCONNECT_SPELLING = Release(8, 4, 1)
"""The release that renamed ``svc`` to ``anyconnect``."""

_WORDS = re.compile(r'"([^"]*)"|(\S+)')
_RELEASE = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\((\d{1,6})\)(\d{1,6})?)?", re.ASCII)
_CLASS_ATTRIBUTES = frozenset({"group-policy", "ietf-radius-class", "cvpn3000-ietf-radius-class"})
_YES_NO: dict[str, dict[str, bool]] = {
    "dtls": {"enable": True, "none": False},
    "df_bit_ignore": {"enable": True, "disable": False, "none": False},
}


def words(text: str) -> tuple[str, ...]:
    """The words of a line; a name in quotes is one word, without its quotes."""
    if '"' not in text:
        return tuple(text.split())
    return tuple(match[1] if match[2] is None else match[2] for match in _WORDS.finditer(text))


def name_of(text: str) -> str:
    """A name that fills the rest of a line, without its quotes."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def release_of(text: str) -> Release | None:
    """``9.12(4)67`` as numbers; None where it is not a release."""
    match = _RELEASE.match(text)
    return Release(*(int(number or 0) for number in match.groups())) if match else None


class ClientReader:
    """Collects the ``webvpn`` sub-block of one policy or user; later lines win."""

    def __init__(self) -> None:
        self.values: dict[str, Setting[Any]] = {}
        self.unsupported: dict[str, Setting[str]] = {}
        self.spelled_svc = False

    def take(self, line: Line, meaning: Meaning) -> bool:
        """Take one line; False where nobody here understands it."""
        if "unread" in meaning:
            leaf = attribute_of(line.text)
            if leaf in ("mtu", "dtls", "df_bit_ignore"):
                self.unsupported[leaf] = Setting(line.text, line.number)
                return True
            return False
        self.spelled_svc = self.spelled_svc or meaning["client"] == "svc"
        leaf = attribute_of(meaning["unset"]) if "unset" in meaning else ""
        if leaf:
            self.values.pop(leaf, None)
            self.unsupported.pop(leaf, None)
            return True
        for leaf, text in meaning.items():
            if leaf != "client":
                value = _client_value(leaf, text)
                if value is None:
                    self.unsupported[leaf] = Setting(line.text, line.number)
                else:
                    self.unsupported.pop(leaf, None)
                    self.values[leaf] = Setting(value, line.number)
        return True

    def settings(self) -> ClientSettings:
        """What was collected. A value that a later line overwrote with nonsense does not stand."""
        values = {leaf: value for leaf, value in self.values.items() if leaf not in self.unsupported}
        return ClientSettings(**values, unsupported=tuple(self.unsupported.values()))


def attribute_of(line: str) -> str | None:
    """The field of ClientSettings that a line of the client's sub-block is about, if any."""
    found = frozenset(line.split()[:4])
    if "mtu" in found:
        return "mtu"
    if "df-bit-ignore" in found:
        return "df_bit_ignore"
    if "compression" in found:
        return "dtls_compression" if "dtls" in found else "ssl_compression"
    return "dtls" if "dtls" in found else None


def _client_value(leaf: str, text: str) -> int | bool | str | None:
    if leaf == "mtu":
        mtu = _number(text)
        return mtu if mtu is not None and mtu in MTU_RANGE else None
    if leaf in _YES_NO:
        return _YES_NO[leaf].get(text)
    return text


def _number(text: str) -> int | None:
    return int(text) if len(text) < 10 and text.isascii() and text.isdigit() else None  # noqa: PLR2004 - no overflow


class OwnerReader:
    """Collects one group policy or username over all its headers."""

    def __init__(self, name: str, line: int | None) -> None:
        self.name = name
        self.line = line
        self.kind: Setting[str] | None = None
        self.attributes_line: int | None = None
        self.has_attributes = False
        self.client = ClientReader()
        self.values: dict[str, Setting[Any]] = {}
        self.body: list[Setting[str]] = []

    def take(self, line: Line, meaning: Meaning) -> bool:
        """Take one line; False where nobody here understands it."""
        if line.place is Place.CLIENT:
            return self.client.take(line, meaning)
        if "unset" in meaning:
            self.values.pop(meaning["unset"].split()[0].replace("-", "_"), None)
            return True
        for key, text in meaning.items():
            if key in ("tunnel_protocols", "address_pools", "ipv6_address_pools"):
                self.values[_COMMAND.get(key, key)] = Setting(words(text), line.number)
            elif key in ("group_lock", "group_policy"):
                self.values[_COMMAND.get(key, key)] = Setting(name_of(text), line.number)
            elif key == "group_lock_none" and text == "none":
                self.values.pop("group_lock", None)
            elif key.endswith("pools_none") and text == "none":
                self.values[key.removesuffix("_none")] = Setting((), line.number)
            else:
                return False
        return True

    def _value(self, field: str) -> Any:
        return self.values.get(_COMMAND.get(field, field))

    def policy(self) -> GroupPolicy:
        """As a group policy."""
        return GroupPolicy(
            name=self.name,
            kind=self.kind,
            attributes_line=self.attributes_line,
            tunnel_protocols=self._value("tunnel_protocols"),
            client=self.client.settings(),
            group_lock=self._value("group_lock"),
            address_pools=self._value("address_pools"),
            ipv6_address_pools=self._value("ipv6_address_pools"),
            body=tuple(self.body),
        )

    def username(self) -> Username:
        """As a local user."""
        return Username(
            name=self.name,
            line=self.line,
            tunnel_protocols=self._value("tunnel_protocols"),
            group_policy=self._value("group_policy"),
            group_lock=self._value("group_lock"),
            client=self.client.settings(),
        )


_COMMAND = {"tunnel_protocols": "vpn_tunnel_protocol", "group_policy": "vpn_group_policy"}
"""Values are kept under the command's own name, so that its ``no`` form finds them."""


class GroupReader:
    """Collects one tunnel group over its ``type`` line and attribute blocks."""

    def __init__(self, name: str, line: int | None) -> None:
        self.name = name
        self.line = line
        self.type: Setting[str] | None = None
        self.values: dict[str, Setting[Any]] = {}
        self.servers: tuple[Setting[str], ...] = ()
        self.aliases: list[Setting[str]] = []
        self.urls: list[Setting[str]] = []
        self.raw: dict[str, list[Setting[str]]] = {"general": [], "webvpn": [], "ipsec": [], "other": []}

    def take(self, line: Line, meaning: Meaning) -> bool:
        """Take one line; False where nobody here understands it."""
        if "unread" in meaning:
            return False
        if "unset" in meaning:
            self._unset(meaning["unset"])
            return True
        for key, text in meaning.items():
            if key in ("default_group_policy", "saml", "authorization_server_group"):
                self.values[key] = Setting(name_of(text), line.number)
            elif key == "authentication":
                self.values[key] = Setting(words(text), line.number)
            elif key in ("address_pools", "ipv6_address_pools"):
                before = self.values.get(key)
                self.values[key] = (
                    Setting(before.value + words(text), before.line) if before else Setting(words(text), line.number)
                )
            elif key == "authentication_servers":
                self.servers = (*self.servers, *(Setting(server, line.number) for server in words(text)))
            elif key == "group_alias":
                self.aliases.append(Setting(name_of(text), line.number))
            elif key == "group_url":
                self.urls.append(Setting(name_of(text), line.number))
        return True

    def _unset(self, command: str) -> None:
        word = command.split(maxsplit=1)[0]
        if word == "authentication-server-group":
            self.servers = ()
        field = {"address-pool": "address_pools", "ipv6-address-pool": "ipv6_address_pools"}.get(word)
        self.values.pop(field or word.replace("-", "_"), None)

    def group(self) -> TunnelGroup:
        """As a tunnel group."""
        return TunnelGroup(
            name=self.name,
            line=self.line,
            type=self.type,
            authentication_servers=self.servers,
            group_aliases=tuple(self.aliases),
            group_urls=tuple(self.urls),
            default_group_policy=self.values.get("default_group_policy"),
            address_pools=self.values.get("address_pools"),
            ipv6_address_pools=self.values.get("ipv6_address_pools"),
            authorization_server=self.values.get("authorization_server_group"),
            authentication_methods=self.values.get("authentication"),
            saml=self.values.get("saml"),
            general=tuple(self.raw["general"]),
            webvpn=tuple(self.raw["webvpn"]),
            ipsec=tuple(self.raw["ipsec"]),
            other=tuple(self.raw["other"]),
        )


def webvpn_of(lines: Read) -> Webvpn:
    """The global ``webvpn`` block, all its headers merged."""
    serving: dict[str, ServingInterface] = {}
    found: dict[str, Setting[Any]] = {}
    svc = False
    for line, meaning in lines:
        if "interface" in meaning:
            nameif = meaning["interface"]
            serving[nameif] = ServingInterface(nameif, "tls_only" in meaning, line.number)
        elif "no_interface" in meaning:
            serving.pop(meaning["no_interface"], None)
        for key in ("port", "dtls_port"):
            if key in meaning and (number := _number(meaning[key])) is not None:
                found[key] = Setting(number, line.number)
        if client := meaning.get("client") or meaning.get("no_client"):
            found["anyconnect_enabled"] = Setting("client" in meaning, line.number)
            svc = svc or client == "svc"
    return Webvpn(interfaces=tuple(serving.values()), svc_spelling=svc, **found)


def ssl_of(lines: Read) -> SslSettings:
    """``ssl cipher``, ``ssl encryption`` and ``ssl server-version``; later lines win."""
    ciphers: dict[str, Setting[CipherChoice]] = {}
    found: dict[str, Setting[tuple[str, ...]]] = {}
    for line, meaning in lines:
        if "ssl_version" in meaning:
            custom = meaning.get("custom")
            choice = (
                CipherChoice(custom=tuple(custom.replace('"', " ").replace(":", " ").split()))
                if custom is not None
                else CipherChoice(level=meaning["level"])
            )
            ciphers[meaning["ssl_version"]] = Setting(choice, line.number)
        for key in ("encryption", "server_version"):
            if key in meaning:
                found[key] = Setting(tuple(meaning[key].split()), line.number)
    return SslSettings(ciphers=tuple(ciphers.items()), **found)


def logging_of(lines: Read) -> LoggingSettings:
    """What decides whether the evidence could have been seen."""
    found: dict[str, Setting[Any]] = {}
    suppressed: list[Setting[str]] = []
    relevelled: list[Setting[tuple[str, str]]] = []
    lists: list[Setting[str]] = []
    for line, meaning in lines:
        if "logging_on" in meaning or "logging_off" in meaning:
            found["enabled"] = Setting("logging_on" in meaning, line.number)
        for key in ("buffered", "trap"):
            if key in meaning:
                found[key] = Setting(meaning[key], line.number)
        if "suppressed" in meaning:
            suppressed.append(Setting(meaning["suppressed"], line.number))
        if "relevelled" in meaning:
            relevelled.append(Setting((meaning["relevelled"], meaning["level"]), line.number))
        if "list" in meaning:
            lists.append(Setting(line.text, line.number))
    return LoggingSettings(suppressed=tuple(suppressed), relevelled=tuple(relevelled), lists=tuple(lists), **found)


def interfaces_of(blocks: Iterable[Block], lines: Read) -> tuple[Interface, ...]:
    """Named interfaces with the MTU of their ``mtu NAMEIF`` line."""
    named: dict[str, int | None] = {}
    for block in blocks:
        if block.header.startswith("interface"):
            for setting in block.body:
                found = setting.value.split()
                if len(found) > 1 and found[0] == "nameif":
                    named.setdefault(found[1], setting.line)
    mtus: dict[str, Setting[int]] = {}
    for line, meaning in lines:
        if "nameif" in meaning and (mtu := _number(meaning["mtu"])) is not None:
            mtus[meaning["nameif"]] = Setting(mtu, line.number)
    return tuple(Interface(nameif, named.get(nameif), mtus.get(nameif)) for nameif in {**named, **mtus})


def ldap_entries_of(map_name: str, lines: Read) -> tuple[LdapMapEntry, ...]:
    """The policies that one LDAP attribute map hands out."""
    lines = list(lines)
    handing_out = {
        meaning["attribute"] for _, meaning in lines if meaning.get("cisco_attribute", "").lower() in _CLASS_ATTRIBUTES
    }
    return tuple(
        LdapMapEntry(map_name, policy, line.number)
        for line, meaning in lines
        if "value" in meaning and meaning["attribute"] in handing_out and (policy := _class_policy(meaning["value"]))
    )


def _class_policy(value: str) -> str:
    """The policy in ``map-value ATTRIBUTE VALUE POLICY``; a RADIUS class may read ``OU=POLICY;``."""
    found = words(value)
    policy = found[-1] if found else ""
    return policy[3:].removesuffix(";") if policy[:3].lower() == "ou=" else policy


def number_of(lines: Read, key: str) -> Setting[int] | None:
    """The last number that a one-line command gave under that key."""
    result = None
    for line, meaning in lines:
        if key in meaning and (number := _number(meaning[key])) is not None:
            result = Setting(number, line.number)
        elif f"no_{key}" in meaning:
            result = None
    return result


def spells_svc(release: Release | None) -> bool:
    """Whether that release writes ``svc`` where later ones write ``anyconnect``."""
    return release is not None and release < ANYCONNECT_SPELLING


def icmp_limit_of(lines: Read) -> Setting[tuple[int, int]] | None:
    """``icmp unreachable rate-limit R burst-size B``: R per second, B."""
    result = None
    for line, meaning in lines:
        if "rate" in meaning:
            rate, burst = _number(meaning["rate"]), _number(meaning["burst"])
            if rate is not None and burst is not None:
                result = Setting((rate, burst), line.number)
    return result


def pools_of(lines: Read, key: str) -> tuple[Setting[str], ...]:
    """The names of the local address pools."""
    return tuple(Setting(words(meaning[key])[0], line.number) for line, meaning in lines if key in meaning)


def crypto_maps_of(lines: Read) -> tuple[Setting[str], ...]:
    """Crypto map entries with a fixed peer, as ``NAME SEQUENCE``: the L2L tunnels of the box."""
    return tuple(
        Setting(f"{meaning['crypto_map']} {meaning['sequence']}", line.number)
        for line, meaning in lines
        if "crypto_map" in meaning
    )


def failover_of(lines: Read) -> Setting[bool] | None:
    """``failover`` or ``no failover``."""
    result = None
    for line, meaning in lines:
        if "failover_on" in meaning or "failover_off" in meaning:
            result = Setting("failover_on" in meaning, line.number)
    return result

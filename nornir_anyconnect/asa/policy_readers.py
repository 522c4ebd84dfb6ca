"""Readers that collect a group policy, a username or a tunnel group over all its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nornir_anyconnect.asa.modes import Line, Place
from nornir_anyconnect.asa.running_config import ClientSettings, GroupPolicy, Sourced, TunnelGroup, Username

Meaning = Mapping[str, str]
"""What a template found in one line, by the names of its variables."""

MTU_RANGE = range(256, 1463)
"""Bytes that ``anyconnect mtu`` (576-1462) or ``svc mtu`` (256-1406) takes [ASA command reference]."""

_WORDS = re.compile(r'"([^"]*)"|(\S+)')
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


def number_in(text: str) -> int | None:
    """The number, if the text is one of a size that a configuration can hold."""
    return int(text) if len(text) < 10 and text.isascii() and text.isdigit() else None  # noqa: PLR2004 - no overflow


class ClientReader:
    """Collects the ``webvpn`` sub-block of one policy or user; later lines win."""

    def __init__(self) -> None:
        self.values: dict[str, Sourced[Any]] = {}
        self.unsupported: dict[str, Sourced[str]] = {}
        self.spelled_svc = False

    def take(self, line: Line, meaning: Meaning) -> bool:
        """Take one line; False where nobody here understands it."""
        if "unread" in meaning:
            leaf = attribute_of(line.text)
            if leaf in ("mtu", "dtls", "df_bit_ignore"):
                self.unsupported[leaf] = Sourced(line.text, line.number)
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
                    self.unsupported[leaf] = Sourced(line.text, line.number)
                else:
                    self.unsupported.pop(leaf, None)
                    self.values[leaf] = Sourced(value, line.number)
        return True

    def clear(self) -> None:
        """``no webvpn``: the whole sub-block is taken back."""
        self.values.clear()
        self.unsupported.clear()

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
        mtu = number_in(text)
        return mtu if mtu is not None and mtu in MTU_RANGE else None
    if leaf in _YES_NO:
        return _YES_NO[leaf].get(text)
    return text


class OwnerReader:
    """Collects one group policy or username over all its headers."""

    def __init__(self, name: str, line: int | None) -> None:
        self.name = name
        self.line = line
        self.kind: Sourced[str] | None = None
        self.attributes_line: int | None = None
        self.has_attributes = False
        self.client = ClientReader()
        self.values: dict[str, Sourced[Any]] = {}
        self.body: list[Sourced[str]] = []

    def take(self, line: Line, meaning: Meaning) -> bool:
        """Take one line; False where nobody here understands it."""
        if line.place is Place.CLIENT:
            return self.client.take(line, meaning)
        if "no_client" in meaning:
            self.client.clear()
            return True
        if "unset" in meaning:
            self.values.pop(meaning["unset"].split()[0].replace("-", "_"), None)
            return True
        for key, text in meaning.items():
            if key in ("tunnel_protocols", "address_pools", "ipv6_address_pools"):
                self.values[_COMMAND.get(key, key)] = Sourced(words(text), line.number)
            elif key in ("group_lock", "group_policy"):
                self.values[_COMMAND.get(key, key)] = Sourced(name_of(text), line.number)
            elif key == "group_lock_none" and text == "none":
                self.values.pop("group_lock", None)
            elif key.endswith("pools_none") and text == "none":
                self.values[key.removesuffix("_none")] = Sourced((), line.number)
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


_NAMES = frozenset({
    "default_group_policy", "saml", "authorization_server_group", "secondary_authentication_server_group",
})  # fmt: skip


class GroupReader:
    """Collects one tunnel group over its ``type`` line and attribute blocks."""

    def __init__(self, name: str, line: int | None) -> None:
        self.name = name
        self.line = line
        self.type: Sourced[str] | None = None
        self.values: dict[str, Sourced[Any]] = {}
        self.servers: tuple[Sourced[str], ...] = ()
        self.aliases: list[Sourced[str]] = []
        self.urls: list[Sourced[str]] = []
        self.raw: dict[str, list[Sourced[str]]] = {"general": [], "webvpn": [], "ipsec": [], "other": []}

    def take(self, line: Line, meaning: Meaning) -> bool:
        """Take one line; False where nobody here understands it."""
        if "unread" in meaning:
            return False
        if "unset" in meaning:
            self._unset(meaning["unset"])
            return True
        for key, text in meaning.items():
            if key in _NAMES:
                self.values[key] = Sourced(name_of(text), line.number)
            elif key == "authentication":
                self.values[key] = Sourced(words(text), line.number)
            elif key in ("address_pools", "ipv6_address_pools"):
                before = self.values.get(key)
                self.values[key] = (
                    Sourced(before.value + words(text), before.line) if before else Sourced(words(text), line.number)
                )
            elif key == "authentication_servers":
                self.servers = (*self.servers, *(Sourced(server, line.number) for server in words(text)))
            elif key == "group_alias":
                self.aliases.append(Sourced(name_of(text), line.number))
            elif key == "group_url":
                self.urls.append(Sourced(name_of(text), line.number))
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
            secondary_server=self.values.get("secondary_authentication_server_group"),
            authentication_methods=self.values.get("authentication"),
            saml=self.values.get("saml"),
            general=tuple(self.raw["general"]),
            webvpn=tuple(self.raw["webvpn"]),
            ipsec=tuple(self.raw["ipsec"]),
            other=tuple(self.raw["other"]),
        )

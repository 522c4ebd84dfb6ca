"""The group policy and tunnel group that a ``tls-only-group`` remedy would create, as the audit reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.asa.running_config import ClientSettings, GroupPolicy, Sourced, TunnelGroup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.asa.config_commands import NewGroupPolicy, NewTunnelGroup

Words = Sourced[tuple[str, ...]] | None


def words_of(line: str) -> tuple[str, ...]:
    """The words of a line; a quoted name is one word, without its quotes."""
    words, rest = [], line.strip()
    while rest:
        if rest[0] == '"':
            word, _, rest = rest[1:].partition('"')
        else:
            word, _, rest = rest.partition(" ")
        words.append(word)
        rest = rest.lstrip(" ")
    return tuple(words)


def _after(lines: Iterable[str], *keywords: str) -> tuple[str, ...] | None:
    """The words after the first line that begins with ``keywords``."""
    for line in lines:
        words = words_of(line)
        if words[: len(keywords)] == keywords:
            return words[len(keywords) :]
    return None


def _setting(words: tuple[str, ...] | None) -> Words:
    return None if words is None else Sourced(words, None)


def _single(words: tuple[str, ...] | None) -> Sourced[str] | None:
    return Sourced(words[0], None) if words else None


def group_policy_of(command: NewGroupPolicy) -> GroupPolicy:
    """The group policy as it will read."""
    lines = command.attributes
    dtls = next(
        (words_of(line)[-1] for line in command.client if " dtls " in f"{line} " and "compression" not in line), None
    )
    body = [f" {line}" for line in lines]
    if command.client:
        body += [" webvpn", *(f"  {line}" for line in command.client)]
    return GroupPolicy(
        command.name,
        kind=Sourced("internal", None),
        tunnel_protocols=_setting(_after(lines, "vpn-tunnel-protocol")),
        client=ClientSettings(dtls=None if dtls is None else Sourced(dtls != "none", None)),
        group_lock=_single(_after(lines, "group-lock", "value")),
        address_pools=_setting(_after(lines, "address-pools", "value")),
        ipv6_address_pools=_setting(_after(lines, "ipv6-address-pools", "value")),
        body=tuple(Sourced(line, None) for line in body),
    )


def tunnel_group_of(command: NewTunnelGroup) -> TunnelGroup:
    """The tunnel group as it will read."""
    general, webvpn = command.general, command.webvpn
    servers = [words_of(line)[1:] for line in general if line.startswith("authentication-server-group ")]
    return TunnelGroup(
        command.name,
        type=Sourced(command.type, None),
        default_group_policy=_single(_after(general, "default-group-policy")),
        address_pools=_setting(_after(general, "address-pool")),
        ipv6_address_pools=_setting(_after(general, "ipv6-address-pool")),
        authentication_servers=tuple(Sourced(word, None) for words in servers for word in words),
        authorization_server=_single(_after(general, "authorization-server-group")),
        authentication_methods=_setting(_after(webvpn, "authentication")),
        group_aliases=tuple(Sourced(words_of(line)[1], None) for line in webvpn if line.startswith("group-alias ")),
        group_urls=tuple(Sourced(words_of(line)[1], None) for line in webvpn if line.startswith("group-url ")),
        general=tuple(Sourced(f" {line}", None) for line in general),
        webvpn=tuple(Sourced(f" {line}", None) for line in webvpn),
    )

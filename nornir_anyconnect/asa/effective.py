"""What a user really gets: inheritance between user, policy and defaults, each value with its origin.

Order [ASA command reference]: username > the assigned policy > DfltGrpPolicy > system default. What a
DAP record, RADIUS or LDAP adds at login is not in a configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from nornir_anyconnect.asa.grammar import L2L_TYPE, REMOTE_ACCESS_TYPES, Mode, Section, row_of
from nornir_anyconnect.asa.modes import field_of
from nornir_anyconnect.asa.running_config import (
    ClientSettings,
    From,
    GroupPolicy,
    Owner,
    RunningConfig,
    Sourced,
    TunnelGroup,
    Username,
)
from nornir_anyconnect.asa.value_forms import SSL_CLIENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

DEFAULT_POLICY = "DfltGrpPolicy"
DEFAULT_WEBVPN_GROUP = "DefaultWEBVPNGroup"
DEFAULT_RA_GROUP = "DefaultRAGroup"
UNTYPED_GROUPS = frozenset({DEFAULT_WEBVPN_GROUP, DEFAULT_RA_GROUP})
"""Groups that never print their type."""
_L2L_GROUP = "DefaultL2LGroup"
DEFAULT_DTLS_PORT = 443
BUILT_IN_MTU = 1406
"""Bytes that ``show running-config all`` prints for ``anyconnect mtu`` where none is configured."""

_PROTOCOLS = ("ikev1", "ikev2", "l2tp-ipsec", "ssl-clientless")
"""``vpn-tunnel-protocol`` of DfltGrpPolicy as shipped; SSL clients are not among them."""
_OLD_PROTOCOLS = ("IPSec", "l2tp-ipsec", "webvpn")
_COMPRESSION = "none"
_OLD_COMPRESSION = {"ssl_compression": "deflate", "dtls_compression": "lzs"}
"""Before 8.4 compression was on unless switched off [ASA 8.0 command reference, svc compression]."""

_NO_SERVER = {"LOCAL", "NONE"}
"""What stands where a server group is named and asks none."""


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """What a policy, or a user on top of it, comes to. ``mtu`` is in bytes, None where nothing is configured."""

    name: str
    exists: bool
    external: bool
    mtu: Sourced[int | None]
    dtls: Sourced[bool]
    df_bit_ignore: Sourced[bool]
    tunnel_protocols: Sourced[tuple[str, ...]]
    ssl_compression: Sourced[str]
    dtls_compression: Sourced[str]
    unsupported: tuple[Sourced[str], ...]
    """Lines in force about mtu, dtls or df-bit-ignore that nobody here understands.

    The value of such an attribute is the packaged default, standing for one that is not known.
    """
    undecided: tuple[Sourced[str], ...]
    """Lines in force that are not understood and decide who may come in, or what the policy is made of."""
    ipv6: bool
    """The policy hands out addresses of an IPv6 pool."""

    @property
    def not_understood(self) -> dict[str | None, Sourced[str]]:
        """The lines of ``unsupported`` by the field that they would set."""
        return {_about(line): line for line in self.unsupported}

    @property
    def allows_ssl_client(self) -> bool:
        """``vpn-tunnel-protocol`` holds the word ``ssl-client`` (before 8.4: ``svc``)."""
        return not SSL_CLIENT.isdisjoint(self.tunnel_protocols.value)


_CLIENT = ("mtu", "dtls", "df_bit_ignore", "ssl_compression", "dtls_compression")
SETTINGS = {"tunnel_protocols": row_of(Mode.GROUP_POLICY, "tunnel_protocols").words()} | {
    leaf: f"{Section.WEBVPN} / {row_of(Mode.GROUP_WEBVPN, leaf).words()}" for leaf in _CLIENT
}
"""The fields that a policy decides, and how each setting reads in a report."""
_READ_CLOSELY = ("mtu", "dtls", "df_bit_ignore")  # a value of these that is not understood is kept as such
_NOTHING = ClientSettings()


def effective_policy(config: RunningConfig, name: str) -> EffectivePolicy:
    """What a user gets to whom the policy of that name is assigned.

    A policy that is not defined comes back with ``exists`` False and what it would inherit;
    DfltGrpPolicy always exists.
    """
    own = config.group_policy(name)
    chain: list[tuple[str, GroupPolicy, From]] = []
    if own is not None:
        chain.append((name, own, From.CONFIGURED))
    if name != DEFAULT_POLICY and (default := config.group_policy(DEFAULT_POLICY)):
        chain.append((DEFAULT_POLICY, default, From.INHERITED))
    device = config.defaults.group_policy(DEFAULT_POLICY) if config.defaults else None

    def find(
        pick: Callable[[GroupPolicy], Sourced[Any] | None], packaged: Any, leaf: str | None = None
    ) -> Sourced[Any]:
        for owner, policy, origin in chain:
            if policy.client.unsupported and (unread := _unread(policy.client, leaf)):
                return Sourced(packaged, unread.line, origin, _policy(owner))
            if found := pick(policy):
                return Sourced(found.value, found.line, origin, _policy(owner))
        if device is not None and (found := pick(device)):
            return Sourced(found.value, None, From.DEVICE, _policy(DEFAULT_POLICY))
        return Sourced(packaged, None, From.DEFAULT, _policy(DEFAULT_POLICY))

    old = config.spells_svc
    client = {
        leaf: find(
            lambda policy, leaf=leaf: getattr(policy.client, leaf),  # type: ignore[misc]
            _packaged(leaf, old=old),
            leaf,
        )
        for leaf in _CLIENT
    }
    mtu = client["mtu"]
    if mtu.from_ is From.DEVICE and mtu.value == BUILT_IN_MTU:
        client["mtu"] = mtu._replace(value=None, from_=From.DEFAULT)
    pools = find(lambda policy: policy.ipv6_address_pools, ())
    return EffectivePolicy(
        name=name,
        exists=own is not None or name == DEFAULT_POLICY,
        external=own is not None and own.kind is not None and own.kind.value == "external",
        tunnel_protocols=find(
            lambda policy: policy.tunnel_protocols,
            _OLD_PROTOCOLS if old else _PROTOCOLS,
        ),
        unsupported=_unsupported([policy.client for _, policy, _ in chain]),
        undecided=_undecided([policy for _, policy, _ in chain]),
        ipv6=bool(pools.value),
        **client,
    )


def _undecided(chain: list[GroupPolicy]) -> tuple[Sourced[str], ...]:
    """The decisive lines of the policy that nobody understands; its own protocols hide those of the default."""
    found: list[Sourced[str]] = []
    for policy in chain:
        found += policy.unsupported
        if policy.tunnel_protocols:
            break
    return tuple(found)


def effective_user(config: RunningConfig, username: str, base: str) -> EffectivePolicy:
    """What a local user gets: the user's own lines, then the policy ``base``."""
    policy = effective_policy(config, base)
    user = config.username(username)
    if user is None:
        return replace(policy, name=username)
    mine = Owner(Section.USERNAME, username)
    own: dict[str, Any] = {
        leaf: found._replace(owner=mine) for leaf in _CLIENT if (found := getattr(user.client, leaf)) is not None
    }
    for leaf in _READ_CLOSELY:
        if line := _unread(user.client, leaf):
            own[leaf] = Sourced(_packaged(leaf, old=False), line.line, owner=mine)
    if user.tunnel_protocols:
        own["tunnel_protocols"] = user.tunnel_protocols._replace(owner=mine)
    inherited = tuple(line for line in policy.unsupported if _about(line) not in own)
    return replace(
        policy,
        name=username,
        unsupported=(*user.client.unsupported, *inherited),
        undecided=(*user.unsupported, *policy.undecided),
        **own,
    )


def _unread(client: ClientSettings, leaf: str | None) -> Sourced[str] | None:
    """The owner's line about ``leaf`` that nobody understands: it hides what the next owner says."""
    return next((line for line in client.unsupported if leaf and _about(line) == leaf), None)


def _about(line: Sourced[str]) -> str | None:
    """The field of ClientSettings that a line is about."""
    return field_of(Mode.GROUP_WEBVPN, line.value)


def _policy(name: str) -> Owner:
    return Owner(Section.GROUP_POLICY, name)


def _packaged(leaf: str, *, old: bool) -> int | bool | str | None:
    if leaf == "mtu":
        return None
    if leaf in ("dtls", "df_bit_ignore"):
        return leaf == "dtls"
    return _OLD_COMPRESSION[leaf] if old else _COMPRESSION


def _unsupported(chain: list[ClientSettings]) -> tuple[Sourced[str], ...]:
    """Lines not understood, except where a nearer owner says something that is."""
    found: list[Sourced[str]] = []
    decided: set[str | None] = set()
    for client in chain:
        here = [line for line in client.unsupported if _about(line) not in decided]
        found += here
        decided |= {leaf for leaf in _CLIENT if getattr(client, leaf)}
        decided |= {_about(line) for line in here}
    return tuple(found)


def remote_access_groups(config: RunningConfig) -> tuple[TunnelGroup, ...]:
    """The tunnel groups that a finding is due for, in the order of the text.

    DefaultWEBVPNGroup is always among them (implicit, without a line, where it is not printed): a user
    who chooses nothing lands there. Groups without a type, or of one we don't know, are included; the
    verdict says so. LAN-to-LAN groups are not.
    """
    groups = tuple(group for group in config.tunnel_groups if not is_l2l(group))
    if any(group.name == DEFAULT_WEBVPN_GROUP for group in groups):
        return groups
    return (*groups, TunnelGroup(DEFAULT_WEBVPN_GROUP))


def is_l2l(group: TunnelGroup) -> bool:
    """A LAN-to-LAN tunnel; the default one never prints its type."""
    return group.type.value == L2L_TYPE if group.type else group.name == _L2L_GROUP


def is_remote_access(group: TunnelGroup) -> bool:
    """Whether users certainly land on the group's policy: by its type, or by a name that never prints one."""
    return group.type.value in REMOTE_ACCESS_TYPES if group.type else group.name in UNTYPED_GROUPS


def policy_name_of(group: TunnelGroup) -> str:
    """The policy that a tunnel group assigns."""
    return group.default_group_policy.value if group.default_group_policy else DEFAULT_POLICY


def unreferenced_policies(config: RunningConfig) -> tuple[GroupPolicy, ...]:
    """Defined policies that no remote-access tunnel group names; a login can still hand them out.

    A group of an unknown type, or of none, names nothing: its own finding says nothing of the policy.
    """
    named = {policy_name_of(group) for group in remote_access_groups(config) if is_remote_access(group)}
    return tuple(policy for policy in config.group_policies if policy.name not in named)


def overriding_usernames(config: RunningConfig) -> tuple[Username, ...]:
    """Local users whose own lines set mtu, dtls, df-bit-ignore, protocols or the group policy."""
    return tuple(
        user
        for user in config.usernames
        if user.tunnel_protocols
        or user.group_policy
        or user.client.mtu
        or user.client.dtls
        or user.client.df_bit_ignore
        or user.unsupported
        or user.client.unsupported != _NOTHING.unsupported
    )


def reachable_by(config: RunningConfig, policy: str) -> tuple[Owner, ...]:
    """What in this configuration hands a policy out at login, beside tunnel groups."""
    maps = [Owner(Section.LDAP, each.map_name) for each in config.ldap_entries if each.group_policy == policy]
    users = [
        Owner(Section.USERNAME, user.name)
        for user in config.usernames
        if user.group_policy and user.group_policy.value == policy
    ]
    return tuple(dict.fromkeys([*maps, *users]))


def attributes_elsewhere(config: RunningConfig, groups: Iterable[TunnelGroup]) -> bool:
    """Whether a DAP, or a server that one of ``groups`` asks, may hand out attributes nobody sees here."""
    return bool(config.dap_records) or any(_asks_a_server(each) for each in groups)


def _asks_a_server(group: TunnelGroup) -> bool:
    asked = (*group.authentication_servers, group.authorization_server, group.secondary_server)
    servers = {each.value.upper() for each in asked if each is not None}
    return group.saml is not None or not servers <= _NO_SERVER


def l2l_tunnels(config: RunningConfig) -> tuple[str, ...]:
    """Site-to-site tunnel groups and crypto maps, which ``sysopt connection tcpmss`` would touch."""
    groups = [f"{Section.TUNNEL_GROUP} {each.name}" for each in config.tunnel_groups if is_l2l(each)]
    return (*groups, *dict.fromkeys(each.value for each in config.crypto_maps))


class Undeployed(NamedTuple):
    """A group policy whose object and device differ, by a change that was not deployed; MTUs in bytes, None: none."""

    policy: str
    object_mtu: int | None
    device_mtu: int | None
    object_df: bool
    device_df: bool


def undeployed(config: RunningConfig) -> Iterator[Undeployed]:
    """Every policy of the device's manager that differs from what the device runs; a setting nobody made is none."""
    for each in config.manager.policies if config.manager else ():
        policy = config.group_policy(each.name)
        client = policy.client if policy else None
        mtu = client.mtu.value if client and client.mtu else None
        ignored = bool(client and client.df_bit_ignore and client.df_bit_ignore.value)
        found = Undeployed(
            each.name,
            mtu if each.mtu is None and policy else each.mtu,
            mtu,
            ignored if each.df_bit_ignore is None else each.df_bit_ignore,
            ignored,
        )
        if policy is None or (found.object_mtu, found.object_df) != (mtu, ignored):
            yield found

"""A second tunnel group without DTLS, for the users whose path blocks it.

The new group policy and tunnel group are copies of the originals, but for DTLS, the client MTU, the
group lock and the alias. A line that could not be copied as it stands blocks the remedy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.asa.commands import quoted
from nornir_anyconnect.asa.config_commands import (
    ConfigCommand,
    NewGroupPolicy,
    NewTunnelGroup,
    Spelling,
    lines_to_type,
)
from nornir_anyconnect.asa.config_lines import MASKED
from nornir_anyconnect.asa.effective import DEFAULT_POLICY
from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.asa.modes import field_of, lines_below
from nornir_anyconnect.asa.running_config import Block as ConfigBlock
from nornir_anyconnect.audit.caveats import attributes_elsewhere
from nornir_anyconnect.audit.finding import Finding, Scope
from nornir_anyconnect.errors import NameRefusedError
from nornir_anyconnect.remedies.remedy import Block, Kind, Remedy, first_of_each, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.asa.running_config import GroupPolicy, Sourced, TunnelGroup
    from nornir_anyconnect.remedies.remedy_context import Facts

SUFFIX = "-TLS"
LONGEST_NAME = 64
"""Characters that an ASA accepts in the name of a group policy or tunnel group."""
_COST = "closes it for the users who choose the new tunnel group; everybody else is as before"
_OWN = frozenset({"dtls", "mtu", "df_bit_ignore"})
"""What the new policy sets, or needs no more: not copied."""


def tls_only_group(facts: Facts, finding: Finding) -> Remedy | None:
    """The remedy for the users of one tunnel group; None for other findings."""
    group = facts.groups.get(finding.name)
    if finding.scope is not Scope.TUNNEL_GROUP or group is None:
        return None
    options = facts.options
    name = group.name + SUFFIX  # the policy's too: two groups of one policy each get a lock of their own
    blocks = list(facts.blocked_for(finding))
    if not options.accept_external:
        if _asks_saml(group):
            blocks.append(Block.SAML)
        if attributes_elsewhere(facts.config, (group,)) and not _asks_saml(group):
            blocks.append(Block.EXTERNAL)
    if options.alias is None and options.url is None:
        blocks.append(Block.ALIAS)
    if name in facts.groups or name in facts.policies or _taken(facts, group):
        blocks.append(Block.ALREADY_THERE)
    commands: tuple[ConfigCommand, ...] = ()
    lines: tuple[str, ...] = ()
    if Block.NAME not in blocks:
        commands, lines, refused = _commands(facts, group, finding, name)
        blocks += refused
    # of what was not read wholly nothing can be said to be closed, whichever remedy it is
    standing = () if Block.INCOMPLETE in blocks else tuple(finding.standing)
    return Remedy(
        kind=Kind.TLS_ONLY_GROUP,
        finding=key_of(finding),
        commands=commands,
        closes=bool(commands and standing),
        closes_under=finding.with_gap(standing) if commands else (),
        blocked_by=first_of_each(blocks),
        cost=_COST,
        lines=lines,
    )


def _taken(facts: Facts, group: TunnelGroup) -> bool:
    """Whether a tunnel group has the alias or the URL already: an ASA refuses either twice."""
    alias, url = facts.options.alias, facts.options.url
    taken = alias is not None and _alias(alias, group) in facts.aliases
    return taken or (url is not None and _alias(url, group) in facts.urls)


def _alias(template: str, group: TunnelGroup) -> str:
    return template.replace("{group}", group.name)


def _asks_saml(group: TunnelGroup) -> bool:
    methods = group.authentication_methods
    return group.saml is not None or (methods is not None and "saml" in methods.value)


def _commands(
    facts: Facts, group: TunnelGroup, finding: Finding, name: str
) -> tuple[tuple[ConfigCommand, ...], tuple[str, ...], list[Block]]:
    if len(name) > LONGEST_NAME:
        return (), (), [Block.NAME]
    original = facts.policies.get(finding.group_policy or "")
    attributes, client = _policy_lines(facts, original, name)
    general = [line for line in _plain(group.general) if not line.startswith("default-group-policy ")]
    webvpn = [line for line in _plain(group.webvpn) if not line.startswith(("group-alias ", "group-url "))]
    options, owner = facts.options, facts.options.created_by
    kind = group.type.value if group.type else "remote-access"
    try:
        webvpn += _chosen_by(options.alias or ("{group}-TLS" if options.url is None else None), options.url, group)
        commands = (
            NewGroupPolicy(name, tuple(attributes), tuple(client), owner),
            NewTunnelGroup(name, kind, (*general, f"default-group-policy {quoted(name)}"), tuple(webvpn), owner),
        )
        return commands, lines_to_type(commands), []
    except NameRefusedError:
        copied = (*attributes, *client, *general, *webvpn)
        masked = any(MASKED.search(line) for line in copied)
        return (), (), [Block.MASKED if masked else Block.NOT_COPYABLE]


def _chosen_by(alias: str | None, url: str | None, group: TunnelGroup) -> list[str]:
    """How users find the group: an alias in the client's list, a URL, or both."""
    lines = []
    if alias is not None:
        lines.append(f"group-alias {quoted(_alias(alias, group))} enable")
    if url is not None:
        lines.append(f"group-url {_one_word(_alias(url, group))} enable")
    return lines


def _one_word(url: str) -> str:
    if len(url.split()) != 1:
        raise NameRefusedError(f"{url!a} is no URL", "give --url without {group}, whose name holds a blank")
    return url


def _policy_lines(facts: Facts, original: GroupPolicy | None, new_group: str) -> tuple[list[str], list[str]]:
    """The attribute lines and the webvpn lines of the new policy.

    What DfltGrpPolicy sets is inherited and not copied; but a lock that it sets would lock the new
    group's users out.
    """
    default = facts.policies.get(DEFAULT_POLICY)
    attributes: list[str] = []
    client: list[str] = []
    if original is not None and original.name != DEFAULT_POLICY:
        for mode, _, line in lines_below(Mode.GROUP_POLICY, ConfigBlock("", None, original.body)):
            if mode is Mode.GROUP_WEBVPN:
                client += () if field_of(mode, line) in _OWN else (line,)
            elif line != "webvpn" and not line.startswith("group-lock value "):
                attributes.append(line)
    locked = any(each is not None and each.group_lock is not None for each in (original, default))
    if locked and "group-lock none" not in attributes:
        attributes.append(f"group-lock value {quoted(new_group)}")
    old = facts.spelling is Spelling.SVC
    return attributes, [*client, "svc dtls none" if old else "anyconnect ssl dtls none"]


def _plain(lines: Iterable[Sourced[str]]) -> list[str]:
    return [line for each in lines if (line := each.value.strip())]

"""``tls-only-group``: a second tunnel group without DTLS, for the users whose path blocks it.

The new group policy and tunnel group are copies of the originals, but for DTLS, the client MTU, the
group lock and the alias. A line that could not be copied as it stands blocks the remedy.
Source: Cisco tech note 116881, section "Resolution"; ASA command reference, ``group-policy`` and ``tunnel-group``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.assemble import lines_below
from nornir_anyconnect.asa.commands import quoted
from nornir_anyconnect.asa.config_commands import (
    MASKED,
    CreatedObject,
    PlannedCommand,
    Step,
    config_line,
    lines_to_type,
)
from nornir_anyconnect.asa.effective import DEFAULT_POLICY, attributes_elsewhere
from nornir_anyconnect.asa.grammar import Mode, Section, row_of
from nornir_anyconnect.asa.modes import field_of
from nornir_anyconnect.asa.running_config import Block as ConfigBlock
from nornir_anyconnect.asa.running_config import GroupPolicy, RunningConfig, Sourced, TunnelGroup
from nornir_anyconnect.audit.finding import Scope
from nornir_anyconnect.errors import NameRefusedError
from nornir_anyconnect.remedies.client_settings import WEBVPN_OF_POLICY
from nornir_anyconnect.remedies.new_objects import NewObject, printed, read_back, without
from nornir_anyconnect.remedies.options import Block
from nornir_anyconnect.remedies.remedy import PREVIEW, Auto, Offer, RemedyKind, first_offered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.audit.finding import Finding
    from nornir_anyconnect.remedies.remedy_context import RemedyContext

SUFFIX = "-TLS"
LONGEST_NAME = 64
"""Characters that an ASA accepts in the name of a group policy or tunnel group."""

_OWN = frozenset({"dtls", "mtu", "df_bit_ignore"})
"""What the new policy sets, or needs no more: not copied."""
_ALIAS = row_of(Mode.TUNNEL_WEBVPN, "group_aliases").words()
_URL = row_of(Mode.TUNNEL_WEBVPN, "group_urls").words()
_DEFAULT_POLICY = row_of(Mode.TUNNEL_GENERAL, "default_group_policy").words()
_LOCK = row_of(Mode.GROUP_POLICY, "group_lock").words()
_DTLS = row_of(Mode.GROUP_WEBVPN, "dtls")
_UNIQUE = (f"{_ALIAS} ", f"{_URL} ")
"""Lines that an ASA refuses twice, whichever tunnel group has them."""


@dataclass(frozen=True, slots=True)
class NewGroupPolicy(NewObject):
    """A group policy that is not there yet; ``created_by`` is the token of the run that creates it.

    ``attributes`` and ``client`` are the lines of its ``attributes`` block and of its ``webvpn`` sub-block.
    """

    name: str
    attributes: tuple[str, ...]
    client: tuple[str, ...]
    created_by: str

    @property
    def creates(self) -> CreatedObject:
        """The policy."""
        return CreatedObject(Section.GROUP_POLICY, self.name)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of both blocks."""
        return (*self.attributes, *self.client)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The policy, then every line of it."""
        name = quoted(self.name)
        attributes = (config_line(Mode.CONFIG, f"{Section.GROUP_POLICY} {name} attributes"),)
        client = (*attributes, WEBVPN_OF_POLICY)
        return (
            Step((), config_line(Mode.CONFIG, f"{Section.GROUP_POLICY} {name} internal", self.created_by)),
            *(Step(attributes, config_line(Mode.GROUP_POLICY, line, self.created_by)) for line in self.attributes),
            *(Step(client, config_line(Mode.GROUP_WEBVPN, line, self.created_by)) for line in self.client),
        )

    @property
    def blocks(self) -> tuple[ConfigBlock, ...]:
        """As the device will print it."""
        of = f"{Section.GROUP_POLICY} {quoted(self.name)}"
        client = [f" {Section.WEBVPN}", *(f"  {line}" for line in self.client)] if self.client else []
        return printed(f"{of} internal", {f"{of} attributes": [*(f" {line}" for line in self.attributes), *client]})

    def body_in(self, config: RunningConfig) -> tuple[Sourced[str], ...] | None:
        """The lines of the policy of that name."""
        policy = config.group_policy(self.name)
        return None if policy is None else policy.body

    def applied_to(self, config: RunningConfig) -> RunningConfig:
        """The configuration with the policy."""
        (policy,) = read_back(self.blocks)[0]
        blocks = self.blocks if config.blocks else ()
        return replace(config, group_policies=(*config.group_policies, policy), blocks=(*config.blocks, *blocks))

    def removed_from(self, config: RunningConfig) -> RunningConfig:
        """The configuration without the policy."""
        policies = tuple(each for each in config.group_policies if each.name != self.name)
        return replace(config, group_policies=policies, blocks=without(config, self.blocks))


@dataclass(frozen=True, slots=True)
class NewTunnelGroup(NewObject):
    """A tunnel group that is not there yet; ``created_by`` is the token of the run that creates it.

    ``general`` and ``webvpn`` are the lines of its general- and webvpn-attributes.
    """

    name: str
    type: str
    general: tuple[str, ...]
    webvpn: tuple[str, ...]
    created_by: str

    @property
    def creates(self) -> CreatedObject:
        """The tunnel group."""
        return CreatedObject(Section.TUNNEL_GROUP, self.name)

    @property
    def claims(self) -> frozenset[str]:
        """Its alias and URL."""
        return frozenset(line for line in self.webvpn if line.startswith(_UNIQUE))

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of both blocks."""
        return (*self.general, *self.webvpn)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The tunnel group, then every line of it."""
        name = quoted(self.name)
        general = (config_line(Mode.CONFIG, f"{Section.TUNNEL_GROUP} {name} general-attributes"),)
        webvpn = (config_line(Mode.CONFIG, f"{Section.TUNNEL_GROUP} {name} webvpn-attributes"),)
        return (
            Step((), config_line(Mode.CONFIG, f"{Section.TUNNEL_GROUP} {name} type {self.type}", self.created_by)),
            *(Step(general, config_line(Mode.TUNNEL_GENERAL, line, self.created_by)) for line in self.general),
            *(Step(webvpn, config_line(Mode.TUNNEL_WEBVPN, line, self.created_by)) for line in self.webvpn),
        )

    @property
    def blocks(self) -> tuple[ConfigBlock, ...]:
        """As the device will print it."""
        of = f"{Section.TUNNEL_GROUP} {quoted(self.name)}"
        parts = {"general-attributes": self.general, "webvpn-attributes": self.webvpn}
        return printed(
            f"{of} type {self.type}",
            {f"{of} {header}": [f" {line}" for line in lines] for header, lines in parts.items()},
        )

    def body_in(self, config: RunningConfig) -> tuple[Sourced[str], ...] | None:
        """The lines of the tunnel group of that name."""
        group = config.tunnel_group(self.name)
        return None if group is None else (*group.general, *group.webvpn, *group.ipsec, *group.other)

    def applied_to(self, config: RunningConfig) -> RunningConfig:
        """The configuration with the tunnel group."""
        (group,) = read_back(self.blocks)[1]
        blocks = self.blocks if config.blocks else ()
        return replace(config, tunnel_groups=(*config.tunnel_groups, group), blocks=(*config.blocks, *blocks))

    def removed_from(self, config: RunningConfig) -> RunningConfig:
        """The configuration without the tunnel group."""
        groups = tuple(each for each in config.tunnel_groups if each.name != self.name)
        return replace(config, tunnel_groups=groups, blocks=without(config, self.blocks))


def propose(context: RemedyContext, finding: Finding) -> Offer | None:
    """A second group beside the one of the finding; None for other findings."""
    group = context.groups.get(finding.name)
    if finding.scope is not Scope.TUNNEL_GROUP or group is None:
        return None
    options = context.options
    name = group.name + SUFFIX  # the policy's too: two groups of one policy each get a lock of their own
    blocks = list(context.blocked_for(finding))
    if not options.accept_external:
        if _asks_saml(group):
            blocks.append(Block.SAML)
        if attributes_elsewhere(context.config, (group,)) and not _asks_saml(group):
            blocks.append(Block.EXTERNAL)
    if options.alias is None and options.url is None:
        blocks.append(Block.ALIAS)
    if name in context.groups or name in context.policies or _taken(context, group):
        blocks.append(Block.ALREADY_THERE)
    commands: tuple[PlannedCommand, ...] = ()
    if Block.NAME not in blocks:
        commands, refused = _commands(context, group, finding, name)
        blocks += refused
    # of what was not read wholly nothing can be said to be closed, whichever remedy it is
    closing = bool(commands) and Block.INCOMPLETE not in blocks
    return Offer(commands, blocks, closes_all=closing)


def _taken(context: RemedyContext, group: TunnelGroup) -> bool:
    """Whether a tunnel group has the alias or the URL already: an ASA refuses either twice."""
    alias, url = context.options.alias, context.options.url
    taken = alias is not None and _alias(alias, group) in context.aliases
    return taken or (url is not None and _alias(url, group) in context.urls)


def _alias(template: str, group: TunnelGroup) -> str:
    return template.replace("{group}", group.name)


def _asks_saml(group: TunnelGroup) -> bool:
    methods = group.authentication_methods
    return group.saml is not None or (methods is not None and "saml" in methods.value)


def _commands(
    context: RemedyContext, group: TunnelGroup, finding: Finding, name: str
) -> tuple[tuple[PlannedCommand, ...], list[Block]]:
    if len(name) > LONGEST_NAME:
        return (), [Block.NAME]
    original = context.policies.get(finding.group_policy or "")
    attributes, client = _policy_lines(context, original, name)
    general = [line for line in _plain(group.general) if not line.startswith(f"{_DEFAULT_POLICY} ")]
    webvpn = [line for line in _plain(group.webvpn) if not line.startswith(_UNIQUE)]
    options = context.options
    kind = group.type.value if group.type else "remote-access"
    try:
        webvpn += _chosen_by(options.alias or ("{group}-TLS" if options.url is None else None), options.url, group)
        commands: tuple[PlannedCommand, ...] = (
            NewGroupPolicy(name, tuple(attributes), tuple(client), PREVIEW),
            NewTunnelGroup(name, kind, (*general, f"{_DEFAULT_POLICY} {quoted(name)}"), tuple(webvpn), PREVIEW),
        )
        lines_to_type(commands)  # a line that may not be copied is refused here
    except NameRefusedError:
        copied = (*attributes, *client, *general, *webvpn)
        masked = any(MASKED.search(line) for line in copied)
        return (), [Block.MASKED if masked else Block.NOT_COPYABLE]
    return commands, []


def _chosen_by(alias: str | None, url: str | None, group: TunnelGroup) -> list[str]:
    """How users find the group: an alias in the client's list, a URL, or both."""
    lines = []
    if alias is not None:
        lines.append(f"{_ALIAS} {quoted(_alias(alias, group))} enable")
    if url is not None:
        lines.append(f"{_URL} {_one_word(_alias(url, group))} enable")
    return lines


def _one_word(url: str) -> str:
    if len(url.split()) != 1:
        raise NameRefusedError(f"{url!a} is no URL", "give --url without {group}, whose name holds a blank")
    return url


def _policy_lines(context: RemedyContext, original: GroupPolicy | None, new_group: str) -> tuple[list[str], list[str]]:
    """The attribute lines and the webvpn lines of the new policy.

    What DfltGrpPolicy sets is inherited and not copied; but a lock that it sets would lock the new
    group's users out.
    """
    default = context.policies.get(DEFAULT_POLICY)
    attributes: list[str] = []
    client: list[str] = []
    if original is not None and original.name != DEFAULT_POLICY:
        for mode, _, line in lines_below(Mode.GROUP_POLICY, ConfigBlock("", None, original.body)):
            if mode is Mode.GROUP_WEBVPN:
                client += () if field_of(mode, line) in _OWN else (line,)
            elif line != Section.WEBVPN and not line.startswith(f"{_LOCK} value "):
                attributes.append(line)
    locked = any(each is not None and each.group_lock is not None for each in (original, default))
    if locked and f"{_LOCK} none" not in attributes:
        attributes.append(f"{_LOCK} value {quoted(new_group)}")
    return attributes, [*client, f"{_DTLS.words(context.spelling)} none"]


def _plain(lines: Iterable[Sourced[str]]) -> list[str]:
    return [line for each in lines if (line := each.value.strip())]


KIND = RemedyKind(
    name="tls-only-group",
    rank=4,
    auto=Auto.NEVER,
    commands=(NewGroupPolicy, NewTunnelGroup),
    propose=propose,
    agreed=first_offered,
    cost="closes it for the users who choose the new tunnel group; everybody else is as before",
    why="users who choose the new tunnel group never get DTLS",
    not_offered="only a tunnel group can have a second one beside it",
)

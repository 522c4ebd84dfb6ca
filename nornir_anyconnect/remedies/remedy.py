"""What a remedy is, what blocks one, and the words that lift a block."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.config_commands import ConfigCommand, inverse_of, lines_to_type
from nornir_anyconnect.audit.finding import Finding, Numbers, RemedyPreview, Scope
from nornir_anyconnect.audit.judge import Options

if TYPE_CHECKING:
    from collections.abc import Iterable

PREVIEW = "preview"
"""Owner of objects that nobody created: a preview is not a run."""
NAMED_AT_MOST = 20
"""How many other findings a preview names; the plan names all."""


class Kind(StrEnum):
    """The remedies, in the order of the contract."""

    MTU = "mtu"
    DF_BIT_IGNORE = "df-bit-ignore"
    TCPMSS = "tcpmss"
    TLS_ONLY_GROUP = "tls-only-group"
    DTLS_PORT = "dtls-port"


class Block(StrEnum):
    """Why a remedy must not be carried out."""

    DEFAULT_POLICY = "default-group-policy"
    ACCEPT_GLOBAL = "accept-global"
    BELOW_576 = "mtu-below-576"
    BELOW_1280 = "mtu-below-1280-ipv6"
    MODEL_MISMATCH = "model-mismatch"
    FTD = "ftd-managed-by-fmc"
    INCOMPLETE = "incomplete-config"
    PRIOR_VALUE = "prior-value-not-understood"
    NAME = "name-cannot-be-typed"
    SAML = "saml"
    EXTERNAL = "external-attributes"
    MASKED = "masked-secret"
    NOT_COPYABLE = "line-cannot-be-copied"
    ALIAS = "alias-or-url-needed"
    ALREADY_THERE = "already-there"
    ADVICE = "advice-only"


EXPLAINED: dict[str, str] = {
    Block.DEFAULT_POLICY: "DfltGrpPolicy reaches every policy that inherits from it: say --include-default-policy",
    Block.ACCEPT_GLOBAL: "it changes the whole box, L2L tunnels included: say --accept-global",
    Block.BELOW_576: "an MTU below 576 bytes is refused: every IPv4 host must accept 576",
    Block.BELOW_1280: "users get IPv6 addresses, and IPv6 needs an MTU of at least 1280 bytes",
    Block.MODEL_MISMATCH: "the device's numbers contradict the model: look at them, then say --accept-model-mismatch",
    Block.FTD: "an FTD is configured through its management center (FMC), never on the box",
    Block.INCOMPLETE: (
        "not all of the configuration was read, so no prior value is certain: save the whole output of "
        "'show running-config', or say --assume-complete for an excerpt"
    ),
    Block.PRIOR_VALUE: "the line that is there now could not be understood, so it could not be put back",
    Block.NAME: "a name holds characters that must not be typed at a device",
    Block.SAML: "the identity provider knows the original tunnel group: say --accept-external",
    Block.EXTERNAL: "a server or DAP may hand out another group policy: say --accept-external",
    Block.MASKED: "a line to copy holds a secret that is masked",
    Block.NOT_COPYABLE: "a line of the original cannot be copied safely",
    Block.ALIAS: "users need a name or URL to choose the new tunnel group: give --alias or --url",
    Block.ALREADY_THERE: "a tunnel group or group policy of that name exists",
    Block.ADVICE: "nothing to send: what clients must reach is decided elsewhere",
}
"""One sentence per block, for people."""


@dataclass(frozen=True, slots=True)
class RemedyOptions:
    """The explicit words, and how the predictions are judged.

    Args:
        include_default_policy: DfltGrpPolicy may be changed.
        accept_global: ``sysopt connection tcpmss`` may be changed.
        accept_model_mismatch: a person has looked at numbers that nothing here explains.
        accept_external: a tls-only group is made although SAML, a server or a DAP takes part.
        alias: group alias of a tls-only group; ``{group}`` stands for the original's name.
        url: group URL of a tls-only group; ``{group}`` likewise.
        created_by: token of the run that owns created objects.
        judging: how the audit judged.

    """

    include_default_policy: bool = False
    accept_global: bool = False
    accept_model_mismatch: bool = False
    accept_external: bool = False
    alias: str | None = None
    url: str | None = None
    created_by: str = PREVIEW
    judging: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Remedy:
    """One remedy for one finding: typed commands, and what they would do.

    ``predicted`` are the MTUs afterwards in bytes, per assumption set; empty where no DTLS is left or
    nothing could be predicted.
    """

    kind: Kind
    finding: tuple[Scope, str]
    commands: tuple[ConfigCommand, ...] = ()
    closes_under: tuple[str, ...] = ()
    closes: bool = False
    """It closes the gap under all standing sets."""
    blocked_by: tuple[str, ...] = ()
    cost: str = ""
    predicted: dict[str, Numbers] = field(default_factory=dict)
    reaches: tuple[tuple[Scope, str], ...] = ()
    """Every finding that it touches, this one too where it does."""

    lines: tuple[str, ...] = ()
    """What to type, where it had to be worked out already."""

    @property
    def affects(self) -> tuple[tuple[Scope, str], ...]:
        """Every other finding that it touches."""
        return tuple(each for each in self.reaches if each != self.finding)

    @property
    def inverse(self) -> tuple[ConfigCommand, ...]:
        """The commands that take it back, last one first."""
        return inverse_of(self.commands)

    def preview(self) -> RemedyPreview:
        """The remedy as text."""
        # many findings can hang on one line: what is shown of each must not grow with all of them
        others = list(islice((each for each in self.reaches if each != self.finding), NAMED_AT_MOST))
        shown = [f"{scope} {name}" for scope, name in others]
        left = len(self.reaches) - len(others) - (self.finding in self.reaches)
        if left:
            shown.append(f"{left} more")
        return RemedyPreview(
            kind=str(self.kind),
            commands=self.lines or lines_to_type(self.commands),
            rollback=lines_to_type(self.inverse),
            closes=self.closes,
            closes_under=self.closes_under,
            blocked_by=self.blocked_by,
            cost=self.cost,
            predicted=self.predicted,
            affects=tuple(shown),
        )


def key_of(finding: Finding) -> tuple[Scope, str]:
    """What names a finding within its device."""
    return (finding.scope, finding.name)


def first_of_each(blocks: Iterable[str]) -> tuple[str, ...]:
    """The blocks in order, each once."""
    return tuple(dict.fromkeys(str(each) for each in blocks))

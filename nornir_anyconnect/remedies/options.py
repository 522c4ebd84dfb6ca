"""What a person may say of a remedy: which fix, the words that lift a block, and how it is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from nornir_anyconnect.mtu.assumptions import assumption_set
from nornir_anyconnect.mtu.derive import DEFAULT_LINK

if TYPE_CHECKING:
    from nornir_anyconnect.audit.context import Options

AUTO = "auto"


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
    RADIUS = "radius"
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
    Block.RADIUS: "the RADIUS server decides this user's setting: change SVC-MTU or SVC-DTLS there",
    Block.MASKED: "a line to copy holds a secret that is masked",
    Block.NOT_COPYABLE: "a line of the original cannot be copied safely",
    Block.ALIAS: "users need a name or URL to choose the new tunnel group: give --alias or --url",
    Block.ALREADY_THERE: "a tunnel group or group policy of that name exists",
    Block.ADVICE: "nothing to send: what clients must reach is decided elsewhere",
}
"""One sentence per block, for people."""


@dataclass(frozen=True, slots=True)
class RemedyOptions:
    """Which fix, the explicit words that lift blocks, and how it is judged: from the command line to the plan file.

    Args:
        fix: the kind of remedy; ``auto`` chooses.
        include_default_policy: DfltGrpPolicy may be changed.
        accept_global: ``sysopt connection tcpmss`` may be changed.
        accept_external: a tls-only group is made although SAML, a server or a DAP takes part.
        accept_model_mismatch: a person has looked at numbers that nothing here explains.
        include_waived: findings that somebody accepted are planned as well.
        alias: group alias of a tls-only group; ``{group}`` stands for the original's name.
        url: group URL of a tls-only group; ``{group}`` likewise.
        assume: name of the one assumption set to judge by.
        assume_complete: the text is an excerpt, but nothing that matters is missing.
        ip_version: the outer header between client and ASA, 4 or 6.
        client_mtu: the widest packet that clients' own networks carry, bytes.

    Raises:
        UsageError: no such assumption set.

    """

    fix: str = AUTO
    include_default_policy: bool = False
    accept_global: bool = False
    accept_external: bool = False
    accept_model_mismatch: bool = False
    include_waived: bool = False
    alias: str | None = None
    url: str | None = None
    assume: str | None = None
    assume_complete: bool = False
    ip_version: int = 4
    client_mtu: int = DEFAULT_LINK

    def __post_init__(self) -> None:
        """What is wrong with the words is said before any work."""
        if self.assume is not None:
            assumption_set(self.assume)

    @property
    def judging(self) -> Options:
        """How to judge, for the audit."""
        from nornir_anyconnect.audit.context import Options  # noqa: PLC0415 - a kind alone needs no audit

        assume = assumption_set(self.assume) if self.assume else None
        return Options(
            assume=assume,
            assume_complete=self.assume_complete,
            ip_version=self.ip_version,
            client_mtu=self.client_mtu,
        )

    def under(self, assume: str | None) -> RemedyOptions:
        """The same, judged by that assumption set."""
        return replace(self, assume=assume)

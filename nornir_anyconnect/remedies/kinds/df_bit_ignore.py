"""``df-bit-ignore``: let large packets through in fragments. It mitigates; the adapter is still reconfigured.

Source: Cisco tech note 116881, section "Resolution"; ASA command reference, ``anyconnect ssl df-bit-ignore``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from nornir_anyconnect.asa.grammar import Mode, Spelling, row_of
from nornir_anyconnect.asa.modes import said_of, sets
from nornir_anyconnect.audit.finding import Verdict
from nornir_anyconnect.remedies.client_settings import ClientSetting
from nornir_anyconnect.remedies.options import Block
from nornir_anyconnect.remedies.remedy import Auto, Offer, RemedyKind, first_offered

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import Finding
    from nornir_anyconnect.remedies.client_settings import ClientSettingsOf
    from nornir_anyconnect.remedies.remedy_context import RemedyContext


class DfSpelling(StrEnum):
    """The words before ``df-bit-ignore``."""

    ANYCONNECT_SSL = f"{Spelling.ANYCONNECT} ssl"
    ANYCONNECT = Spelling.ANYCONNECT.value
    SVC = Spelling.SVC.value


@dataclass(frozen=True, slots=True)
class DfBitIgnore(ClientSetting):
    """``anyconnect ssl df-bit-ignore``; the word is enable, disable or none, ``None`` = not set there."""

    before: str | None
    after: str | None
    spelling: DfSpelling = DfSpelling.ANYCONNECT_SSL

    field: ClassVar[str] = "df_bit_ignore"
    spellings: ClassVar[type[DfSpelling]] = DfSpelling

    @staticmethod
    def value(said: str | None) -> bool | None:
        """Whether it is on; ``none`` and ``disable`` both mean off."""
        return None if said is None else said == "enable"

    @property
    def in_the_manager(self) -> tuple[str, Any] | None:
        """``ignoreDFBit``."""
        return "ignoreDFBit", self.value(self.after) is True


def propose(context: RemedyContext, finding: Finding) -> Offer | None:
    """``df-bit-ignore enable``; None where it is on already, or nothing is at risk."""
    if finding.verdict is not Verdict.AT_RISK:
        return None
    target = context.target(finding, "df_bit_ignore")
    spelling, before = _line_now(context, target)
    if before == "enable":
        return None
    blocks = [*context.blocked_for(finding), *context.blocked_default(target)]
    if context.client(target).unsupported:
        blocks.append(Block.PRIOR_VALUE)
    commands = () if Block.NAME in blocks else (DfBitIgnore(target, before, "enable", spelling),)
    change = (KIND.name, finding.configured_mtu)
    return Offer(
        commands,
        blocks,
        reaches=context.keys_reached(target, "df_bit_ignore"),
        after=context.predictor.after(finding, commands, change) if commands else {},
    )


def _line_now(context: RemedyContext, target: ClientSettingsOf) -> tuple[DfSpelling, str | None]:
    """How the target spells it, and the word it sets; None where it sets none."""
    spelling = DfSpelling.SVC if context.spelling is Spelling.SVC else DfSpelling.ANYCONNECT_SSL
    prior = context.client(target).df_bit_ignore
    if prior is None:
        return spelling, None
    for line in reversed(context.lines_of(target)):  # the last one is in force
        said = said_of(Mode.GROUP_WEBVPN, line.strip())
        written = line.strip().partition(f" {row_of(Mode.GROUP_WEBVPN, DfBitIgnore.field).subject}")[0]
        if sets(Mode.GROUP_WEBVPN, line.strip(), "df_bit_ignore") and said.understood and written in list(DfSpelling):
            return DfSpelling(written), said.behind
    return spelling, "enable" if prior.value else "none"


KIND = RemedyKind(
    name="df-bit-ignore",
    rank=2,
    auto=Auto.LAST_RESORT,
    commands=(DfBitIgnore,),
    propose=propose,
    agreed=first_offered,
    cost="large packets pass in fragments; the adapter is still reconfigured after a minute",
    why="fragments let the packets pass, the adapter is still reconfigured",
    not_offered="df-bit-ignore is on already",
)

"""``dtls-port``: advice where DTLS listens on a port that firewalls on the way may not let through.

Source: Cisco tech note 116881, section "Resolution".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.asa.effective import DEFAULT_DTLS_PORT
from nornir_anyconnect.remedies.options import Block
from nornir_anyconnect.remedies.remedy import Auto, Offer, RemedyKind, first_offered

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import Finding
    from nornir_anyconnect.remedies.remedy_context import RemedyContext


def propose(context: RemedyContext, finding: Finding) -> Offer | None:
    """Put DTLS back on 443, or open its port; None where it is there."""
    port = context.config.webvpn.dtls_port
    if port is None or port.value == DEFAULT_DTLS_PORT:
        return None
    said = {"usual": DEFAULT_DTLS_PORT, "port": port.value}
    return Offer((), [*context.blocked_for(finding), Block.ADVICE], said=said)


KIND = RemedyKind(
    name="dtls-port",
    rank=5,
    auto=Auto.NEVER,
    commands=(),
    propose=propose,
    agreed=first_offered,
    cost=(
        "put DTLS back on UDP {usual}, or open UDP {port} on the way: it removes the cause; "
        "clients must be able to reach the new port: tell the people who run the firewalls between"
    ),
    why="it removes the cause",
    not_offered="DTLS listens on its usual port",
)

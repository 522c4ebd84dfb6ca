"""``dtls-port``: advice where DTLS listens on a port that firewalls on the way may not let through.

Source: Cisco tech note 116881, section "Resolution".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.audit.caveats import DEFAULT_DTLS_PORT
from nornir_anyconnect.remedies.options import Block
from nornir_anyconnect.remedies.remedy import Auto, RemedyKind, first_offered, remedy_of

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import Finding, Remedy
    from nornir_anyconnect.remedies.remedy_context import RemedyContext


def propose(context: RemedyContext, finding: Finding) -> Remedy | None:
    """Put DTLS back on 443, or open its port; None where it is there."""
    port = context.config.webvpn.dtls_port
    if port is None or port.value == DEFAULT_DTLS_PORT:
        return None
    cost = KIND.cost.format(usual=DEFAULT_DTLS_PORT, port=port.value)
    return remedy_of(KIND, finding, (), [*context.blocked_for(finding), Block.ADVICE], cost=cost)


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

"""What a reader must know beside the verdict; each caveat is a word here and a sentence in ``texts``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.asa.effective import is_l2l
from nornir_anyconnect.audit.finding import Numbers, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.asa.running_config import RunningConfig, TunnelGroup

DEFAULT_DTLS_PORT = 443
_OWN = {"LOCAL", "NONE"}
"""What stands where a server group is named and asks none."""


def attributes_elsewhere(config: RunningConfig, groups: Iterable[TunnelGroup]) -> bool:
    """Whether a DAP, or a server that one of ``groups`` asks, may hand out attributes nobody sees here."""
    return bool(config.dap_records) or any(_asks_a_server(each) for each in groups)


def _asks_a_server(group: TunnelGroup) -> bool:
    asked = (*group.authentication_servers, group.authorization_server, group.secondary_server)
    servers = {each.value.upper() for each in asked if each is not None}
    return group.saml is not None or not servers <= _OWN


def l2l_tunnels(config: RunningConfig) -> tuple[str, ...]:
    """Site-to-site tunnel groups and crypto maps, which ``sysopt connection tcpmss`` would touch."""
    groups = [f"tunnel-group {each.name}" for each in config.tunnel_groups if is_l2l(each)]
    return (*groups, *dict.fromkeys(each.value for each in config.crypto_maps))


def caveats(
    config: RunningConfig,
    *,
    verdict: Verdict,
    reason: str,
    numbers: tuple[Numbers, ...],
    mtu_from_default_policy: bool,
    release_known: bool,
    attributes_possible: bool,
    l2l: bool,
    mismatch: bool,
) -> tuple[str, ...]:
    """The caveats of one finding, in the order of the contract."""
    at_risk = verdict is Verdict.AT_RISK
    judged_by_mtu = any(each.gap is not None for each in numbers)
    dtls_port = config.webvpn.dtls_port
    answered = config.defaults.icmp_unreachable_limit if config.defaults else None
    holds = {
        "udp-above-client-mtu": reason == "tls-mtu-at-or-above-dtls-mtu"
        and any(each.gap is not None and each.gap < 0 for each in numbers),
        "icmp-unreachable-rate-limited": at_risk and (config.icmp_unreachable_limit or answered) is not None,
        "icmp-path-unknown": at_risk,
        "non-default-dtls-port": judged_by_mtu and dtls_port is not None and dtls_port.value != DEFAULT_DTLS_PORT,
        "external-attributes-possible": verdict is not Verdict.NOT_APPLICABLE and attributes_possible,
        "default-policy-affected": judged_by_mtu and mtu_from_default_policy,
        "l2l-tunnels-present": verdict in (Verdict.AT_RISK, Verdict.MITIGATED) and l2l,
        "release-unknown": not release_known,
        "model-mismatch": mismatch,
    }
    return tuple(name for name, true in holds.items() if true)

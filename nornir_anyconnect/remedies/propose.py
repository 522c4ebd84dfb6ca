"""The remedies of every finding of a device, typed or as text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nornir_anyconnect.remedies.kinds import Targets, df_bit_ignore, dtls_port, mtu, tcpmss
from nornir_anyconnect.remedies.remedy import Remedy, RemedyOptions, key_of
from nornir_anyconnect.remedies.remedy_context import Facts
from nornir_anyconnect.remedies.tls_only import tls_only_group

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.finding import DeviceAudit, Scope
    from nornir_anyconnect.evidence.observations import DeviceObservations


def remedies_of(
    config: RunningConfig,
    device: DeviceAudit,
    options: RemedyOptions | None = None,
    observations: DeviceObservations | None = None,
) -> dict[tuple[Scope, str], tuple[Remedy, ...]]:
    """The remedies of each finding that is at risk or mitigated, in the order of the contract.

    Args:
        config: what the device is configured to do.
        device: how it was judged.
        options: the explicit words that lift blocks.
        observations: what it was judged with, if anything was seen of it.

    """
    facts = Facts(config, device, options or RemedyOptions(), observations)
    targets = Targets(facts)
    found = {}
    for finding in facts.at_stake:
        candidates = (
            mtu(facts, targets, finding),
            df_bit_ignore(facts, finding),
            tcpmss(facts, targets, finding),
            tls_only_group(facts, finding),
            dtls_port(facts, finding),
        )
        found[key_of(finding)] = tuple(each for each in candidates if each is not None)
    return found


def propose(
    config: RunningConfig,
    device: DeviceAudit,
    options: RemedyOptions | None = None,
    observations: DeviceObservations | None = None,
) -> DeviceAudit:
    """The same audit, each finding with its remedies as text; arguments as for :func:`remedies_of`."""
    found = remedies_of(config, device, options, observations)
    return replace(
        device,
        findings=tuple(
            replace(each, remedies=tuple([remedy.preview() for remedy in found[key_of(each)]]))
            if key_of(each) in found
            else each
            for each in device.findings
        ),
    )

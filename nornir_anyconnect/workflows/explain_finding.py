"""One finding taken apart: of a saved configuration or of a host, with what logs and client logs show of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.parser import config_of
from nornir_anyconnect.audit.finding import Scope
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.remedies.propose import assess_config
from nornir_anyconnect.report import explanation
from nornir_anyconnect.workflows.evidence_files import heads_of, names_of

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.context import Options
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.report.explanation import Explanation
    from nornir_anyconnect.workflows.evidence_files import Evidence
    from nornir_anyconnect.workflows.known_changes import KnownChanges


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What is explained, and with what.

    Args:
        judging: how to judge.
        tunnel_group: its name; None means the worst finding.
        pseudonymise: no user name in it.
        evidence: what was seen.
        known: earlier changes; None means that none is known.

    """

    judging: Options
    tunnel_group: str | None = None
    pseudonymise: bool = False
    evidence: Evidence | None = None
    known: KnownChanges | None = None


def explain_saved(path: str, options: ExplainOptions) -> Explanation:
    """Of a saved configuration: a file, or ``-``.

    Raises:
        SourceError: the path holds no configuration, or several.
        UsageError: no such tunnel group.

    """
    from nornir_anyconnect.workflows.config_files import one_config

    source = one_config(path)
    names = names_of(source.name, source.text)
    config = config_of(source.text, source.path)
    seen = options.evidence.of(names, heads_of(config, source.text)) if options.evidence else None
    return _explained(config, names, seen, options)


def explain_host(host: str, inventory: str, options: ExplainOptions) -> Explanation:
    """Of a host of the inventory, which is asked now.

    Raises:
        UsageError: no such host or tunnel group, or a host with several contexts.
        AnyConnectError: the device could not be read.

    """
    from nornir_anyconnect.evidence.device_evidence import merge
    from nornir_anyconnect.workflows.fleet import seen_on_host

    config, seen = seen_on_host(host, inventory)
    names = [host, config.hostname or host]
    if options.evidence:
        seen = merge(seen, options.evidence.of(names, heads_of(config)))
    return _explained(config, names, seen, options)


def _explained(
    config: RunningConfig, names: list[str], seen: DeviceObservations | None, options: ExplainOptions
) -> Explanation:
    """Of a configuration, whose names are what it is called here, then by others."""
    if seen is not None and options.known is not None:
        seen = options.known.applied_to(seen, names, config.context, config)
    device = assess_config(config, names[0], seen, options.judging)
    finding = _finding(device, options.tunnel_group)
    if options.pseudonymise:
        from nornir_anyconnect.report.pseudonyms import Pseudonyms

        at = device.findings.index(finding)
        device = Pseudonyms().device(device)
        finding = device.findings[at]
    return explanation.explain(config, device, finding)


def _finding(device: DeviceAudit, tunnel_group: str | None) -> Finding:
    found = [each for each in device.findings if tunnel_group is None or each.name == tunnel_group]
    found.sort(key=lambda each: each.scope is not Scope.TUNNEL_GROUP)
    if not found:
        names = ", ".join(each.name for each in device.findings) or "none"
        raise UsageError(f"{device.name} has no tunnel group '{tunnel_group}'", f"it has {names}")
    return found[0] if tunnel_group is not None else device.findings[0]

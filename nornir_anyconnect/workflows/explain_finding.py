"""One finding taken apart: of a saved configuration or of a host, with what logs and client logs show of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.assess import assess_config, config_of
from nornir_anyconnect.errors import UsageError
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


def explain_saved(
    path: str,
    tunnel_group: str | None,
    judging: Options,
    evidence: Evidence | None = None,
    *,
    pseudonymise: bool,
    known: KnownChanges | None = None,
) -> Explanation:
    """Of a saved configuration.

    Args:
        path: a file, or ``-``.
        tunnel_group: its name; None means the worst finding.
        judging: how to judge.
        evidence: what was seen.
        pseudonymise: no user name in it.
        known: earlier changes; None means that none is known.

    Raises:
        SourceError: the path holds no configuration, or several.
        UsageError: no such tunnel group.

    """
    from nornir_anyconnect.workflows.config_files import one_config

    source = one_config(path)
    config = config_of(source.text, source.path)
    seen = evidence.of(names_of(source.name, source.text), heads_of(config, source.text)) if evidence else None
    if seen is not None and known is not None:
        seen = known.applied_to(seen, names_of(source.name, source.text), config.context, config)
    return _explained(config, source.name, seen, tunnel_group, judging, pseudonymise=pseudonymise)


def explain_host(
    host: str,
    inventory: str,
    tunnel_group: str | None,
    judging: Options,
    evidence: Evidence | None = None,
    *,
    pseudonymise: bool,
    known: KnownChanges | None = None,
) -> Explanation:
    """Of a host of the inventory, which is asked now. Further arguments as of ``explain_saved``.

    Raises:
        UsageError: no such host or tunnel group, or a host with several contexts.
        AnyConnectError: the device could not be read.

    """
    from nornir_anyconnect.evidence.device_output.observe import merge
    from nornir_anyconnect.workflows.fleet import seen_on_host

    config, seen = seen_on_host(host, inventory)
    if evidence:
        seen = merge(seen, evidence.of([host, config.hostname or host], heads_of(config)))
    if known is not None:
        seen = known.applied_to(seen, [host, config.hostname or host], config.context, config)
    return _explained(config, host, seen, tunnel_group, judging, pseudonymise=pseudonymise)


def _explained(
    config: RunningConfig,
    name: str,
    seen: DeviceObservations | None,
    tunnel_group: str | None,
    judging: Options,
    *,
    pseudonymise: bool,
) -> Explanation:
    device = assess_config(config, name, seen, judging)
    finding = _finding(device, tunnel_group)
    if pseudonymise:
        from nornir_anyconnect.report.pseudonyms import Pseudonyms

        at = device.findings.index(finding)
        device = Pseudonyms().device(device)
        finding = device.findings[at]
    return explanation.explain(config, device, finding)


def _finding(device: DeviceAudit, tunnel_group: str | None) -> Finding:
    found = [each for each in device.findings if tunnel_group is None or each.name == tunnel_group]
    found.sort(key=lambda each: each.scope != "tunnel-group")
    if not found:
        names = ", ".join(each.name for each in device.findings) or "none"
        raise UsageError(f"{device.name} has no tunnel group '{tunnel_group}'", f"it has {names}")
    return found[0] if tunnel_group is not None else device.findings[0]

"""Waivers: a finding somebody accepted, with owner, reason and expiry date.

Waived is shown, never hidden; it only no longer counts for ``--fail-on``. An expired waiver counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.finding import Scope, Status
from nornir_anyconnect.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nornir_anyconnect.audit.finding import DeviceAudit, Finding

_REQUIRED = ("device", "name", "owner", "reason", "expires")
_KEYS = (*_REQUIRED, "context", "scope")


@dataclass(frozen=True, slots=True)
class Waiver:
    """Accepts findings by device and name (``*`` matches any text), until the end of ``expires``."""

    device: str
    name: str
    owner: str
    reason: str
    expires: date
    context: str = "*"
    scope: str = "*"

    def is_about(self, device: DeviceAudit) -> bool:
        """Whether it names the device: as the report does, by the file's name without its suffix, or by hostname."""
        return any(fnmatchcase(name, self.device) for name in device.names)

    def covers(self, device: DeviceAudit, finding: Finding) -> bool:
        """Whether it is about this finding."""
        return (
            self.is_about(device)
            and fnmatchcase(device.context or "", self.context)
            and fnmatchcase(str(finding.scope), self.scope)
            and fnmatchcase(finding.name, self.name)
        )


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read a YAML list of waivers.

    Raises:
        SettingsError: it cannot be read, or an entry lacks owner, reason or expiry date.

    """
    from nornir_anyconnect.yaml_text import YamlTextError, read_yaml  # noqa: PLC0415 - few have waivers, and YAML is slow

    try:
        entries = read_yaml(path) or []
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}", "name an existing file under 'waivers'") from error
    except YamlTextError as error:
        raise SettingsError(f"{path}: {error}", "see docs/settings.md for an example") from error
    if not isinstance(entries, list):
        raise SettingsError(f"{path}: waivers are a list", "see docs/settings.md for an example")
    return tuple(_waiver(entry, f"{path} entry {number}") for number, entry in enumerate(entries, 1))


def _waiver(entry: Any, where: str) -> Waiver:
    if not isinstance(entry, dict):
        raise SettingsError(f"{where}: it is not 'key: value' lines", "see docs/settings.md for an example")
    missing = [key for key in _REQUIRED if not entry.get(key)]
    if missing:
        raise SettingsError(f"{where}: '{missing[0]}' is missing", f"a waiver needs {', '.join(_REQUIRED)}")
    unknown = [key for key in entry if key not in _KEYS]
    if unknown:
        raise SettingsError(f"{where}: there is no '{unknown[0]}'", f"known: {', '.join(_KEYS)}")
    if not isinstance(entry["expires"], date) or isinstance(entry["expires"], datetime):
        raise SettingsError(f"{where}: 'expires' is {entry['expires']!r}", "write a date such as 2026-12-31")
    words = {key: str(value) for key, value in entry.items() if key != "expires" and value is not None}
    scope = words.get("scope", "*")
    if not any(fnmatchcase(known, scope) for known in Scope):
        raise SettingsError(f"{where}: there is no scope '{scope}'", f"known: {', '.join(Scope)}")
    return Waiver(expires=entry["expires"], **words)


def idle_waivers(waivers: Sequence[Waiver], devices: Sequence[DeviceAudit], *, whole: bool) -> list[Waiver]:
    """Those that match no finding, although what they are about was judged.

    Args:
        waivers: all there are.
        devices: what was looked at.
        whole: that is all there is; else a waiver for a device that was left out is none of these.

    """
    idle = []
    for waiver in waivers:
        about = [device for device in devices if waiver.is_about(device)]
        judged = all(device.status is Status.OK for device in about) if about else whole
        if judged and not any(waiver.covers(device, finding) for device in about for finding in device.findings):
            idle.append(waiver)
    return idle


def apply_waivers(device: DeviceAudit, waivers: Sequence[Waiver], today: date) -> DeviceAudit:
    """The device with its waived findings marked, and a warning for every expired waiver that still matches."""
    findings, warnings = [], list(device.warnings)
    for finding in device.findings:
        found = [waiver for waiver in waivers if waiver.covers(device, finding)]
        valid = next((waiver for waiver in found if waiver.expires >= today), None)
        if valid is not None:
            accepted = {"owner": valid.owner, "reason": valid.reason, "expires": valid.expires.isoformat()}
            findings.append(replace(finding, waiver=accepted))
            continue
        findings.append(finding)
        warnings += [
            notice(
                "waiver-expired",
                scope=str(finding.scope),
                name=finding.name,
                owner=waiver.owner,
                expires=waiver.expires.isoformat(),
            )
            for waiver in found
        ]
    return replace(device, findings=tuple(findings), warnings=tuple(warnings))

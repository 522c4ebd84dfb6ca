"""What ``check`` and ``audit`` do with judged devices: waive, pseudonymise, report, keep, and pick the exit code."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nornir_anyconnect import __version__, report
from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.finding import DeviceAudit, Status
from nornir_anyconnect.errors import SettingsError
from nornir_anyconnect.report.fail_on import FailOn
from nornir_anyconnect.report.sentences import troubles
from nornir_anyconnect.workflows import outputs
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest, of_devices
from nornir_anyconnect.workflows.history_writer import Nights
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nornir_anyconnect.settings import Settings
    from nornir_anyconnect.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the call asked for; settings fill what it left open.

    Args:
        targets: formats and files.
        fail_on: the level for exit code 1.
        pseudonymise: no user name in any format.
        keep: into the history.
        settings: the settings file.
        waivers: what somebody accepted.
        push: the metrics, where the settings name a Pushgateway.
        whole: every device that there is was looked at: a waiver for none of them is told of.

    """

    targets: tuple[outputs.Output, ...]
    fail_on: FailOn
    pseudonymise: bool
    keep: bool
    settings: Settings
    waivers: tuple[Waiver, ...] = ()
    push: bool = False
    whole: bool = False

    def of(self, devices: Sequence[DeviceAudit], sites: dict[str, str] | None = None) -> ExitCode:
        """Report the devices; the exit code of it all."""
        made_at = report.generated_at()
        self._name_idle_waivers(devices)
        devices = _waived(devices, self.waivers, made_at)
        audit = AuditReport(tuple(devices), made_at, __version__)
        if self.pseudonymise:
            from nornir_anyconnect.report.pseudonyms import SALT_VARIABLE, Pseudonyms

            audit = Pseudonyms().report(audit)
            if self.keep and SALT_VARIABLE not in os.environ:
                TERMINAL.warning(
                    f"pseudonyms differ from night to night: set {SALT_VARIABLE} to compare users' findings"
                )
        _name_the_unjudged(audit.devices)
        pushed = self.push and self.settings.push is not None
        nights = Nights(self.settings, kept=self.keep) if self.keep or pushed else None
        trend = nights.trend(audit) if nights else ()
        codes = [of_devices(audit.devices, self.fail_on)]
        codes.append(outputs.emit(self.targets, lambda target: self._rendered(target, audit, trend)))
        if nights:
            nights.end(audit, sites)
            codes.append(nights.code)
        return highest(codes)

    def _name_idle_waivers(self, devices: Sequence[DeviceAudit]) -> None:
        """A name that was mistyped accepts nothing, and nobody would notice."""
        if not self.waivers:
            return
        from nornir_anyconnect.waivers import idle_waivers

        for waiver in idle_waivers(self.waivers, devices, whole=self.whole):
            # it may be the name of a user
            name = waiver.device if self.pseudonymise else f"{waiver.device} {waiver.name}"
            TERMINAL.note(f"the waiver for {name} ({waiver.owner}) matches no finding")

    def _rendered(self, target: outputs.Output, audit: AuditReport, trend: Sequence[tuple[str, dict[str, int]]]) -> str:
        style = replace(outputs.style(target, self.fail_on), trend=tuple(trend))
        return report.render(target.format, audit, style)


def _waived(devices: Sequence[DeviceAudit], waivers: tuple[Waiver, ...], made_at: str) -> list[DeviceAudit]:
    if not waivers:
        return list(devices)
    from nornir_anyconnect.waivers import apply_waivers

    today = datetime.fromisoformat(made_at).date()
    return [apply_waivers(device, waivers, today) for device in devices]


def judged(devices: Sequence[DeviceAudit], settings: Settings, *, keep: bool) -> tuple[list[DeviceAudit], ExitCode]:
    """The devices as a plan sees them: accepted findings marked; kept in the history if asked."""
    from nornir_anyconnect.waivers import load_waivers

    made_at = report.generated_at()
    found = _waived(devices, load_waivers(Path(settings.waivers)) if settings.waivers else (), made_at)
    if not keep:
        return found, ExitCode.CLEAN
    nights = Nights(settings)
    nights.end(AuditReport(tuple(found), made_at, __version__), None)
    return found, nights.code


def _name_the_unjudged(devices: Sequence[DeviceAudit]) -> None:
    """Names on standard error, where a scheduler's mail shows them, whatever the format."""
    for device in devices:
        if device.status is not Status.OK:
            why = next(iter(troubles(device)), "")
            name = f"{device.name}/{device.context}" if device.context else device.name
            TERMINAL.warning(f"{device.status}: {name}{': ' if why else ''}{why}")


def settings_of(file: str | None) -> Settings:
    """The settings file that was named, else the usual one where it is there.

    Raises:
        SettingsError: it cannot be read.

    """
    from nornir_anyconnect.settings import load_settings

    return load_settings(Path(file) if file else None)


def conclusion(
    formats: Sequence[str] | None,
    fail_on: FailOn | None,
    *,
    pseudonymise: bool,
    keep: bool,
    command: str,
    settings: Settings,
    push: bool | None = None,
    whole: bool = True,
    inputs: Sequence[str] = (),
) -> Conclusion:
    """Read what the call asked for; all that can be wrong with it is wrong now, before any work.

    Args:
        formats: as of ``--format``.
        fail_on: None means that of the settings.
        pseudonymise: no user name in any format.
        keep: into the history.
        command: named in errors.
        settings: the settings file.
        push: the metrics, where the settings name a Pushgateway; None means those of a kept audit.
        whole: all devices that there are, and not a part of them.
        inputs: files that are read, and that no report may overwrite.

    Raises:
        UsageError: see ``outputs.outputs``.
        SettingsError: the waivers cannot be read, or the template of a notification is not there.

    """
    from nornir_anyconnect.waivers import load_waivers

    webhook = settings.notify.webhook
    if keep and webhook is not None and webhook.template is not None and not Path(webhook.template).is_file():
        raise SettingsError(f"the template {webhook.template} does not exist", "mend notify.webhook.template")
    return Conclusion(
        targets=outputs.outputs(formats, report.AUDIT_FORMATS, command, inputs),
        fail_on=fail_on or FailOn(settings.fail_on),
        pseudonymise=pseudonymise or settings.pseudonymise_users,
        keep=keep,
        settings=settings,
        waivers=load_waivers(Path(settings.waivers)) if settings.waivers else (),
        push=keep if push is None else push,
        whole=whole,
    )

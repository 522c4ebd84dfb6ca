"""What ``check`` and ``audit`` do with judged devices: waive, pseudonymise, report, keep, tell; and the exit code."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nornir_anyconnect import report
from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.device_store import changed
from nornir_anyconnect.audit.finding import DeviceAudit, Status, Verdict, worst_first
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.errors import SettingsError
from nornir_anyconnect.report import FailOn
from nornir_anyconnect.report.answer import answer
from nornir_anyconnect.report.sanitise import pasteable
from nornir_anyconnect.report.sentences import device_name, troubles
from nornir_anyconnect.version import __version__
from nornir_anyconnect.waivers import apply_waivers, idle_waivers, load_waivers
from nornir_anyconnect.workflows import outputs
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest, of_devices
from nornir_anyconnect.workflows.side_effects import SideEffects
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nornir_anyconnect.evidence.logs_report import Input
    from nornir_anyconnect.settings import Settings
    from nornir_anyconnect.waivers import Waiver


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What is to be done with judged devices; settings fill what is left open.

    Args:
        formats: as of ``--format``; none means text on standard output.
        fail_on: the level for exit code 1; None means that of the settings.
        pseudonymise: no user name in any format.
        hide_users: not even pseudonyms of those who were hit.
        keep: into the history, and tell of changes.
        push: the metrics, where the settings name a Pushgateway; None means those of a kept audit.
        whole: every device that there is was looked at: a waiver for none of them is told of.
        inputs: files that are read, and that no report may overwrite.
        details: the text shows what supports each finding.
        only: the verdicts (or ``confirmed``) that the text shows; none means what needs somebody.
        subject: the arguments that name what was judged: the next command takes them again.
        command: named in errors.

    """

    formats: Sequence[str] = ()
    fail_on: FailOn | None = None
    pseudonymise: bool = False
    hide_users: bool = False
    keep: bool = False
    push: bool | None = None
    whole: bool = True
    inputs: Sequence[str] = ()
    details: bool = False
    only: frozenset[str] = frozenset()
    subject: Sequence[str] = ()
    command: str = "audit"


class FinishAudit:
    """Made before any work, so that all that can be wrong with the call is wrong now; ``finish`` does the rest.

    Args:
        settings: the settings file.
        options: what the call asked for.

    Raises:
        UsageError: see ``outputs.outputs``.
        SettingsError: the waivers cannot be read, or the template of a notification is not there.

    """

    def __init__(self, settings: Settings, options: ReportOptions) -> None:
        webhook = settings.notify.webhook
        template = webhook.template if webhook else None
        if options.keep and template is not None and not Path(template).is_file():
            raise SettingsError(f"the template {template} does not exist", "mend notify.webhook.template")
        self._lost: list[outputs.Output] = []
        self.options = options
        self.settings = settings
        self.fail_on = options.fail_on or FailOn(settings.fail_on)
        self.pseudonymise = options.pseudonymise or options.hide_users or settings.pseudonymise_users
        self.targets = outputs.outputs(options.formats, report.AUDIT_FORMATS, options.command, options.inputs)
        self.waivers = load_waivers(Path(settings.waivers)) if settings.waivers else ()

    def finish(
        self,
        devices: Sequence[DeviceAudit],
        sites: dict[str, str] | None = None,
        *,
        inputs: tuple[Input, ...] | None = None,
        interrupted: bool = False,
    ) -> ExitCode:
        """Report the devices; the exit code of it all.

        Args:
            devices: judged.
            sites: site by host name.
            inputs: what was read as what, where files were judged.
            interrupted: some of them were not: what is written says so, and nothing is kept, pushed or told.

        """
        made_at = report.generated_at()
        self._name_idle_waivers(devices)
        audit = AuditReport(_waived(devices, self.waivers, made_at), made_at, __version__, inputs, sites or {})
        keep = self.options.keep and not interrupted
        if self.pseudonymise:
            from nornir_anyconnect.report.pseudonyms import SALT_VARIABLE, Pseudonyms, without_users

            audit = Pseudonyms().report(audit)
            if self.options.hide_users:
                audit = without_users(audit)
            if keep and SALT_VARIABLE not in os.environ:
                TERMINAL.warning(
                    f"pseudonyms differ from night to night: set {SALT_VARIABLE} to compare users' findings"
                )
        _name_the_unjudged(audit.devices)
        _name_expired_waivers(audit.devices)
        push = keep if self.options.push is None else self.options.push and not interrupted
        beside = SideEffects(self.settings, keep=keep, push=push)
        trend = beside.trend(audit)
        codes = [of_devices(audit.devices, self.fail_on)]
        codes.append(outputs.emit(self.targets, lambda target: self._rendered(target, audit, trend), self._lost))
        if all(target.path is not None for target in self.targets):
            TERMINAL.note(answer(audit))
            TERMINAL.note(f"written: {', '.join(self._files()) or 'nothing'}")
        beside.carry_out(audit)
        return ExitCode.INTERRUPTED if interrupted else highest([*codes, beside.code])

    def _name_idle_waivers(self, devices: Sequence[DeviceAudit]) -> None:
        """A name that was mistyped accepts nothing, and nobody would notice."""
        for waiver in idle_waivers(self.waivers, devices, whole=self.options.whole):
            # it may be the name of a user
            name = waiver.device if self.pseudonymise else f"{waiver.device} {waiver.name}"
            TERMINAL.note(f"the waiver for {name} ({waiver.owner}) matches no finding")

    def _rendered(
        self, target: outputs.Output, audit: AuditReport, trend: Sequence[tuple[str, dict[str, int]]]
    ) -> Iterator[str]:
        style = replace(
            outputs.style(target, self.fail_on, detail=self.options.details),
            only=self.options.only,
            next_commands=next_commands(audit, self.options),
            files=self._files(),
            trend=tuple(trend),
        )
        return report.AUDIT_FORMATS.pieces(target.format, audit, style)

    def _files(self) -> tuple[str, ...]:
        found = (target for target in self.targets if target not in self._lost)
        return tuple(str(target.path) for target in found if target.path is not None)


def next_commands(audit: AuditReport, options: ReportOptions) -> tuple[str, ...]:
    """What to type next, ready to paste; empty where nothing is to be done."""
    risky = (
        (device, finding)
        for device in audit.devices
        for finding in device.findings
        if finding.waiver is None and finding.verdict in (Verdict.AT_RISK, Verdict.MITIGATED)
    )
    first = min(risky, key=lambda each: worst_first(each[1]), default=None)
    live = options.command == "audit"
    commands = []
    if first is not None:
        device, worst = first
        group = ["--tunnel-group", worst.name]
        if live:
            inventory = options.subject[:2] if options.subject[:1] == ["--inventory"] else []
            commands.append(["explain", "--host", device.name, *group, *inventory])
        elif device.path is not None and Path(device.path).is_file() and "-" not in options.subject:
            commands.append(["explain", _path(device.path), *group])
        if "-" not in options.subject:
            commands.append(["plan", *(options.subject if live else map(_path, options.subject))])
            commands[-1] += ["--out", "plan.yaml"] if live else []
    elif live and any(device.status is Status.FAILED for device in audit.devices):
        commands.append(["doctor", *options.subject])
    return tuple(f"nornir-anyconnect {pasteable(command)}" for command in commands)


def _path(path: str) -> str:
    """A file's name that is none of an option."""
    return f"./{path}" if path.startswith("-") else path


def _name_expired_waivers(devices: Sequence[DeviceAudit]) -> None:
    """On standard error, whatever the format: the finding counts again, and somebody has to know why."""
    for device in devices:
        for told in device.warnings:
            if told.code == "waiver-expired":
                TERMINAL.warning(f"{device_name(device)}: {sentence(told)}")


def _waived(devices: Sequence[DeviceAudit], waivers: tuple[Waiver, ...], made_at: str) -> Sequence[DeviceAudit]:
    today = datetime.fromisoformat(made_at).date()
    return changed(devices, lambda device: apply_waivers(device, waivers, today)) if waivers else devices


def waived_and_kept(
    devices: Sequence[DeviceAudit], settings: Settings, *, keep: bool
) -> tuple[Sequence[DeviceAudit], ExitCode]:
    """The devices as a plan sees them: accepted findings marked; kept in the history if asked."""
    made_at = report.generated_at()
    found = _waived(devices, load_waivers(Path(settings.waivers)) if settings.waivers else (), made_at)
    _name_the_unjudged(found)
    if not keep:
        return found, ExitCode.CLEAN
    beside = SideEffects(settings, keep=True, push=True)
    beside.carry_out(AuditReport(found, made_at, __version__))
    return found, beside.code


def _name_the_unjudged(devices: Sequence[DeviceAudit]) -> None:
    """Names on standard error, where a scheduler's mail shows them, whatever the format."""
    TERMINAL.name_all(
        (
            device.status,
            device_name(device),
            next(iter(troubles(device)), ""),
        )
        for device in devices
        if device.status is not Status.OK
    )

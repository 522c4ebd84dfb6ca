"""``check``: judges saved running-configs, no device needed."""

import gc
import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import SourceError, UsageError
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir_anyconnect.audit.finding import DeviceAudit
    from nornir_anyconnect.audit.judge import Options
    from nornir_anyconnect.cli.evidence import Evidence
    from nornir_anyconnect.sources.configs import ConfigText, Unread


def check(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Running-configs: files, folders, archives, or - .")
    ],
    *,
    syslog: options.Syslog = None,
    client_log: options.ClientLog = None,
    debug_log: options.DebugLog = None,
    assume_complete: options.AssumeComplete = False,
    assume: options.Assume = None,
    ip_version: options.IpVersion = 4,
    formats: options.Formats = None,
    fail_on: options.FailOnLevel = None,
    pseudonymise_users: options.Pseudonymise = False,
    keep: options.Keep = False,
    settings_file: options.SettingsFile = None,
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Judge saved running-configs; no device needed."""
    from nornir_anyconnect.cli import outputs
    from nornir_anyconnect.cli.evidence import read_evidence
    from nornir_anyconnect.workflows.finish_audit import conclusion, settings_of

    settings = settings_of(settings_file)
    logs = [*(syslog or ()), *(client_log or ()), *(debug_log or ())]
    concluded = conclusion(
        formats,
        fail_on,
        pseudonymise=pseudonymise_users,
        keep=keep,
        command="check",
        settings=settings,
        whole=any(_holds_many(path) for path in paths),
        inputs=[*paths, *logs],
    )
    judging = options.judging(assume or settings.assume, ip_version, complete=assume_complete)
    if [*paths, *logs].count("-") > 1:
        raise UsageError("standard input is named twice", "give one of them a file")
    evidence = read_evidence(
        syslog or (), client_log or (), debug_log or (), single=len(paths) == 1 and not _holds_many(paths[0])
    )
    with _few_collections():
        devices, code = _judged(paths, judging, evidence)
        if evidence is not None:
            evidence.note_the_rest()
        # one of the files in a folder, which nobody named
        outputs.spare(concluded.targets, [device.path for device in devices if device.path])
        if devices:
            return highest([code, concluded.of(devices)])
    if code is ExitCode.CLEAN:
        raise SourceError(
            f"no ASA configuration in {', '.join(paths)}", "save 'show running-config' there, or name another path"
        )
    return code


@contextmanager
def _few_collections() -> "Iterator[None]":
    """What a configuration is read into holds no cycles: looking for some, at exit too, takes a quarter of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*usual)


def _holds_many(path: str) -> bool:
    from pathlib import Path

    from nornir_anyconnect.sources.archives import is_archive

    return os.path.isdir(path) or is_archive(Path(path))  # noqa: PTH112 - Path("") would be the current folder


def _judged(
    paths: "list[str]", judging: "Options", evidence: "Evidence | None"
) -> "tuple[list[DeviceAudit], ExitCode]":
    """Every configuration behind the paths, judged as it is read."""
    from nornir_anyconnect.assess import assess_config, config_of
    from nornir_anyconnect.audit.finding import DeviceAudit, Status
    from nornir_anyconnect.cli.evidence import names_of
    from nornir_anyconnect.workflows.config_files import each_saved, told_apart

    devices: list[DeviceAudit] = []

    def take(source: "ConfigText") -> None:
        config = config_of(source.text, source.path)
        names = names_of(source.name, source.text) if evidence else [source.name]
        seen = evidence.of(names) if evidence else None
        device = replace(assess_config(config, source.name, seen, judging), path=source.path)
        devices.append(evidence.with_client_logs(device, names) if evidence else device)

    def unread(source: "Unread") -> None:
        devices.append(DeviceAudit(source.name, status=Status.FAILED, errors=(source.cause,), path=source.path))

    code = each_saved(paths, take, unread)
    return told_apart(devices), code


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("check")(check)

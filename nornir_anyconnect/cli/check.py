"""``check``: judges saved running-configs, no device needed."""

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.workflows.exit_codes import highest

if TYPE_CHECKING:
    from collections.abc import Iterator


def check(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Running-configs: files, folders, archives, or - .")
    ],
    *,
    syslog: options.Syslog = None,
    client_log: options.ClientLog = None,
    debug_log: options.DebugLog = None,
    probe: options.ProbeFile = None,
    assume_complete: options.AssumeComplete = False,
    assume: options.Assume = None,
    ip_version: options.IpVersion = 4,
    client_mtu: options.ClientMtu = 1500,
    client: options.Client = "secure-client-5",
    formats: options.Formats = None,
    fail_on: options.FailOnLevel = None,
    details: options.Details = False,
    only: options.Only = None,
    pseudonymise_users: options.Pseudonymise = False,
    hide_users: options.HideUsers = False,
    keep: options.Keep = False,
    settings_file: options.SettingsFile = None,
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Judge saved running-configs; no device needed."""
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.sources.files import holds_many, total_size
    from nornir_anyconnect.workflows import outputs
    from nornir_anyconnect.workflows.config_files import judge_files
    from nornir_anyconnect.workflows.evidence_files import EvidenceFiles
    from nornir_anyconnect.workflows.finish_audit import FinishAudit, ReportOptions
    from nornir_anyconnect.workflows.known_changes import KnownChanges

    settings = load_settings(settings_file)
    files = EvidenceFiles(syslog or (), client_log or (), debug_log or (), probe or ())
    wanted = ReportOptions(
        formats=formats or (),
        fail_on=fail_on,
        pseudonymise=pseudonymise_users,
        hide_users=hide_users,
        keep=keep,
        whole=any(holds_many(path) for path in paths),
        inputs=[*paths, *files.paths],
        details=details,
        only=options.verdicts(only),
        subject=paths,
        command="check",
    )
    audit = FinishAudit(settings, wanted)
    judging = options.judging(
        assume or settings.assume, ip_version, complete=assume_complete, client_mtu=client_mtu, client=client
    )
    if [*paths, *files.paths].count("-") > 1:
        raise UsageError("standard input is named twice", "give one of them a file")
    with _few_collections():
        with progress.reading(total_size([*paths, *files.paths])) as bar:
            judged = judge_files(paths, judging, files, KnownChanges(settings.history), bar.advance)
        # one of the files in a folder, which nobody named
        outputs.spare(audit.targets, [each.path for each in judged.inputs if each.read_as])
        return (
            highest([judged.code, audit.finish(judged.devices, inputs=judged.inputs)])
            if judged.devices
            else judged.code
        )


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


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("check")(check)

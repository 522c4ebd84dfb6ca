"""``check``: judges saved running-configs, no device needed."""

from dataclasses import replace
from typing import Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.workflows.exit_codes import highest


def check(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Running-configs: files, folders, archives, or - .")
    ],
    *,
    evidence: options.GivenEvidence,
    judging: options.Judging,
    reporting: options.Reporting,
    _verbosity: options.Verbosity,
) -> int:
    """Judge saved running-configs; no device needed."""
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.sources.files import holds_many, total_size
    from nornir_anyconnect.workflows import outputs
    from nornir_anyconnect.workflows.config_files import judge_files
    from nornir_anyconnect.workflows.finish_audit import FinishAudit
    from nornir_anyconnect.workflows.known_changes import KnownChanges

    settings = load_settings(reporting.settings_file)
    files = evidence.files
    wanted = replace(
        reporting.as_of("check"),
        whole=any(holds_many(path) for path in paths),
        inputs=[*paths, *files.paths],
        subject=paths,
    )
    audit = FinishAudit(settings, wanted)
    how = judging.under(settings)
    if [*paths, *files.paths].count("-") > 1:
        raise UsageError("standard input is named twice", "give one of them a file")
    with progress.reading(total_size([*paths, *files.paths])) as bar:
        judged = judge_files(paths, how, files, KnownChanges(settings.history), bar.advance)
    # one of the files in a folder, which nobody named
    outputs.spare(audit.targets, [each.path for each in judged.inputs if each.read_as])
    if not judged.devices:
        return judged.code
    return highest([judged.code, audit.finish(judged.devices, inputs=judged.inputs)])

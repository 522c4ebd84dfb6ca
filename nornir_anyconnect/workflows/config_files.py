"""The saved configurations behind the paths: judged or planned for as they are read, each with a name of its own."""

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.finding import DeviceAudit, Status
from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.sources.files import config_texts, sources
from nornir_anyconnect.sources.source import Source, Unread
from nornir_anyconnect.workflows.evidence_files import (
    DEBUG_TRANSCRIPT,
    EvidenceFiles,
    could_be_seen,
    evidence_of,
    heads_of,
    names_of,
    read_files,
    version_of,
)
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nornir_anyconnect.audit.context import Options
    from nornir_anyconnect.change.plan.making import PlanInput
    from nornir_anyconnect.evidence.logs_report import Input
    from nornir_anyconnect.logs import LogReader
    from nornir_anyconnect.remedies.options import RemedyOptions
    from nornir_anyconnect.sources.source import ConfigText
    from nornir_anyconnect.workflows.evidence_files import Evidence
    from nornir_anyconnect.workflows.known_changes import KnownChanges

REMEDY = "save 'show running-config' there, or name another path"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of all that was handed in.

    Args:
        devices: the configurations, judged.
        code: whether everything could be used.
        inputs: what was read as what.

    """

    devices: "list[DeviceAudit]"
    code: ExitCode
    inputs: "tuple[Input, ...]"


def judge_files(
    paths: "Sequence[str]",
    judging: "Options",
    files: "EvidenceFiles | None" = None,
    known: "KnownChanges | None" = None,
    on_progress: "Callable[[int], None] | None" = None,
) -> Judged:
    """Every configuration behind the paths, judged with all the evidence behind them.

    What each text is, its content tells: configurations, logs, exports, saved outputs, client logs, in any order.

    Args:
        paths: files, folders, archives, or ``-``.
        judging: how.
        files: evidence of which somebody says what it is.
        known: earlier changes; None means that none is known.
        on_progress: told how many bytes on disk each step has consumed.

    Raises:
        SourceError: evidence that was named for what it is cannot be read, or nothing holds a configuration.
        UsageError: a debug transcript, which names no device, for several configurations.

    """
    from nornir_anyconnect.logs import LogReader

    files = files or EvidenceFiles()
    reader = LogReader()
    read_files(reader, files, on_progress)
    codes = _read_all(reader, paths, set(files.paths), on_progress)
    summary = reader.finish()
    given = bool(files.paths) or any(each.log.devices or each.log.messages for each in summary.inputs)
    evidence = evidence_of(summary, files, single=reader.likely_configurations <= 1) if given else None
    used = {each.path: each for each in summary.inputs}
    devices = list(_judged(reader, judging, evidence, used, known))
    for each in used.values():
        if each.lost and not each.named:
            # a backup of which nobody knows anything
            name = os.path.basename(each.path)  # noqa: PTH119 - it can be a member of an archive
            devices.append(DeviceAudit(name, status=Status.FAILED, errors=(each.problem or "",), path=each.path))
        elif each.problem:
            codes.append(say_problem(each))
    if evidence is not None:
        evidence.note_the_rest()
        if evidence.of_logs and not could_be_seen(devices):
            codes.append(ExitCode.NOT_WHOLLY)
    if not devices and highest(codes) is not ExitCode.USAGE:
        raise SourceError(f"no ASA configuration in {', '.join(paths)}{_said_of(used.values())}", REMEDY)
    return Judged(told_apart(devices), highest(codes), tuple(used.values()))


def _read_all(
    reader: "LogReader", paths: "Sequence[str]", told: set[str], on_progress: "Callable[[int], None] | None"
) -> list[ExitCode]:
    """Read everything behind the paths but what was ``told`` for what it is; codes of what cannot be read."""
    codes = []
    for source in sources(paths, on_progress):
        if isinstance(source, Source):
            if source.path not in told:
                reader.read(source)
        elif source.left_out:
            codes.append(_say(source.error, named=source.named))
        else:
            reader.unread(source)
    return codes


def _judged(
    reader: "LogReader",
    judging: "Options",
    evidence: "Evidence | None",
    used: "dict[str, Input]",
    known: "KnownChanges | None",
) -> "Iterator[DeviceAudit]":
    """Every configuration that was read; ``used`` learns which texts were one."""
    from nornir_anyconnect.asa.parser import config_of, with_version
    from nornir_anyconnect.asa.radius import with_radius
    from nornir_anyconnect.remedies.propose import assess_config

    for text in reader.configurations():
        try:
            config = config_of(text.text, text.path)
        except SourceError as error:
            used[text.path] = _not_used(used[text.path], error)
            continue
        config = with_radius(config, reader.radius) if reader.radius else config
        names = names_of(text.name, text.text) if evidence else [text.name]
        if config.release is None and (version := version_of(config, names_of(text.name, text.text), reader)):
            config = with_version(config, version.text)
        seen = evidence.of(names, heads_of(config, text.text)) if evidence else None
        if seen is not None and known is not None:
            seen = known.applied_to(seen, names, config.context, config)
        device = replace(assess_config(config, text.name, seen, judging), path=text.path)
        used[text.path] = _used(used[text.path], config.hostname or text.name)
        yield evidence.with_client_logs(device, names) if evidence else device


def say_problem(read: "Input") -> ExitCode:
    """Name a text that could not be used, or not wholly."""
    if read.read_as == DEBUG_TRANSCRIPT:
        return ExitCode.CLEAN  # it was said
    problem = str(read.problem)
    if read.read_as is None and (read.named or not read.unclear):
        return _say(SourceError(problem, read.remedy or REMEDY), named=read.named)
    TERMINAL.warning(f"{read.path}: {problem}" if read.about else problem)
    return ExitCode.NOT_WHOLLY


def _used(read: "Input", name: str) -> "Input":
    """A text that is a configuration, whatever else is in it."""
    log = replace(read.log, devices=tuple(sorted({*read.log.devices, name})))
    return replace(read, read_as=read.read_as or "running-config", problem=None, log=log)


def _not_used(read: "Input", error: SourceError) -> "Input":
    """A text that nobody can read as a configuration; it may have been of use as evidence."""
    outputs = [each for each in (read.read_as or "").split(", ") if each and each != "running-config"]
    if outputs:
        return replace(read, read_as=", ".join(outputs))
    return replace(read, read_as=None, problem=read.problem if read.unclear else error.cause)


def _say(problem: SourceError, *, named: bool) -> ExitCode:
    """Name what could not be used: an error where somebody named it, a note where it was met on the way."""
    if named:
        TERMINAL.failure(problem)
        return ExitCode.USAGE
    TERMINAL.note(f"skipped: {problem.cause}", "files that were skipped")
    return ExitCode.CLEAN


def _said_of(inputs: "Iterable[Input]") -> str:
    told = [f"{each.path} was read as {each.read_as}" for each in inputs if each.read_as]
    return f": {told[0]}" if len(told) == 1 else f": {told[0]}, and {len(told) - 1} more" if told else ""


def plan_inputs(paths: "list[str]", options: "RemedyOptions") -> "tuple[list[PlanInput], dict[str, str], ExitCode]":
    """What a preview over saved configurations is made from, and which files could not be read, and why.

    Raises:
        SourceError: a path does not exist or cannot be read, or none holds a configuration.

    """
    from nornir_anyconnect.asa.parser import config_of
    from nornir_anyconnect.audit.judge import judge
    from nornir_anyconnect.change.plan.making import PlanInput

    inputs: list[PlanInput] = []
    failed: dict[str, str] = {}

    def take(source: "ConfigText") -> None:
        config = config_of(source.text, source.path)
        judged = judge(config, source.name, None, options.judging)
        inputs.append(PlanInput(config, replace(judged, path=source.path)))

    def unread(source: "Unread") -> None:
        failed[source.path] = source.cause

    code = _each_saved(paths, take, unread)
    if not inputs and not failed and code is ExitCode.CLEAN:
        raise SourceError(f"no ASA configuration in {', '.join(paths)}", "save 'show running-config' there")
    devices = told_apart([each.device for each in inputs])
    return [replace(each, device=device) for each, device in zip(inputs, devices, strict=True)], failed, code


def one_config(path: str) -> "ConfigText":
    """The one text behind a path.

    Raises:
        SourceError: it holds none or several, or cannot be read.

    """
    found = [each for each in config_texts([path]) if not (isinstance(each, Unread) and each.left_out)]
    if len(found) != 1:
        raise SourceError(f"{path} holds {len(found)} files", "name the one configuration to explain")
    (source,) = found
    if isinstance(source, Unread):
        raise source.error
    return source


def _each_saved(
    paths: "list[str]", take: "Callable[[ConfigText], object]", unread: "Callable[[Unread], object]"
) -> ExitCode:
    """Hand every readable text to ``take``; a file that the user named and that is none makes the code ``USAGE``.

    Args:
        paths: files, folders, archives, or ``-``.
        take: raises SourceError where the text is no configuration.
        unread: gets each backup that could not be read: a device of which nobody knows anything.
            A text met on the way that is none is no device: it is named on standard error, and no more.

    """
    code = ExitCode.CLEAN
    for source in config_texts(paths):
        if isinstance(source, Unread):
            problem = source.error
        else:
            try:
                take(source)
                continue
            except SourceError as error:
                problem = error
        if source.named:
            TERMINAL.failure(problem)
            code = ExitCode.USAGE
        elif isinstance(source, Unread) and not source.left_out:
            unread(source)
        else:
            TERMINAL.note(f"skipped: {problem.cause}", "files that were skipped")
    return code


def told_apart(devices: "list[DeviceAudit]") -> "list[DeviceAudit]":
    """Devices whose files have the same name are called by as much of the path as tells them apart.

    Else one would take the other's place in the history, and a waiver for one would be one for both.
    """
    paths: dict[str, set[str]] = defaultdict(set)
    for device in devices:
        paths[device.name].add(device.path or device.name)
    alike = [group for group in paths.values() if len(group) > 1]
    taken = Counter(end for group in alike for path in group for end in _ends(path))
    name_of = {path: next((end for end in _ends(path) if taken[end] == 1), path) for group in alike for path in group}
    return [replace(device, name=name_of.get(device.path or "", device.name)) for device in devices]


def _ends(path: str) -> list[str]:
    """The file's name, then one folder more each time."""
    parts = path.split("/")
    return ["/".join(parts[at:]) for at in reversed(range(len(parts)))]

"""The saved configurations behind the paths: judged or planned for as they are read, each with a name of its own."""

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.finding import DeviceAudit, Status
from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.sources.configs import config_texts
from nornir_anyconnect.sources.files import Unread
from nornir_anyconnect.workflows.evidence_files import names_of
from nornir_anyconnect.workflows.exit_codes import ExitCode
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir_anyconnect.audit.context import Options
    from nornir_anyconnect.change.plan.making import PlanInput
    from nornir_anyconnect.remedies.options import RemedyOptions
    from nornir_anyconnect.sources.configs import ConfigText
    from nornir_anyconnect.workflows.evidence_files import Evidence


def judge_files(
    paths: "list[str]", judging: "Options", evidence: "Evidence | None" = None
) -> "tuple[list[DeviceAudit], ExitCode]":
    """Every configuration behind the paths, judged as it is read; the code is ``USAGE`` where one is none.

    Args:
        paths: files, folders, archives, or ``-``.
        judging: how.
        evidence: what was seen, joined to each configuration by the names both know.

    Raises:
        SourceError: a path does not exist or cannot be read, or none holds a configuration.

    """
    from nornir_anyconnect.assess import assess_config, config_of

    devices: list[DeviceAudit] = []

    def take(source: "ConfigText") -> None:
        config = config_of(source.text, source.path)
        names = names_of(source.name, source.text) if evidence else [source.name]
        seen = evidence.of(names) if evidence else None
        device = replace(assess_config(config, source.name, seen, judging), path=source.path)
        devices.append(evidence.with_client_logs(device, names) if evidence else device)

    def unread(source: "Unread") -> None:
        devices.append(DeviceAudit(source.name, status=Status.FAILED, errors=(source.cause,), path=source.path))

    code = _each_saved(paths, take, unread)
    if not devices and code is ExitCode.CLEAN:
        raise SourceError(
            f"no ASA configuration in {', '.join(paths)}", "save 'show running-config' there, or name another path"
        )
    return told_apart(devices), code


def plan_inputs(paths: "list[str]", options: "RemedyOptions") -> "tuple[list[PlanInput], dict[str, str], ExitCode]":
    """What a preview over saved configurations is made from, and which files could not be read, and why.

    Raises:
        SourceError: a path does not exist or cannot be read, or none holds a configuration.

    """
    from nornir_anyconnect.assess import config_of
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
        raise SourceError(source.cause, source.remedy)
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
            problem = SourceError(source.cause, source.remedy)
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
            TERMINAL.note(f"skipped: {problem.cause}")
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

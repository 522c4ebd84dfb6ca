"""Evidence given by file: read once, joined to each configuration by the names both know."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.audit_report import LogsTell
from nornir_anyconnect.errors import SourceError, UsageError
from nornir_anyconnect.evidence.device_evidence import merge
from nornir_anyconnect.evidence.device_output.saved_output import HOSTNAME
from nornir_anyconnect.evidence.observations import DeviceObservations
from nornir_anyconnect.evidence.syslog.header import UNNAMED, is_address, without_domain
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.finding import DeviceAudit
    from nornir_anyconnect.evidence.clients.client_log import ClientReconnect
    from nornir_anyconnect.evidence.device_output.saved_output import SavedOutput
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.observations import DebugNumbers
    from nornir_anyconnect.evidence.probe import Probe
    from nornir_anyconnect.logs import LogReader

DEBUG_TRANSCRIPT = "debug webvpn transcript"
_OWN_ADDRESS = re.compile(r"^ +ip(?:v6)? address ([\da-fA-F.:]+)", re.MULTILINE)
_SUFFIXES = (".cfg", ".conf", ".config", ".txt", ".log", ".out", ".gz")


def short_name(name: str) -> str:
    """The name without case, folder, file suffix and domain; an address stays whole."""
    name = name.casefold().rsplit("/", 1)[-1]
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return without_domain(name)


@dataclass(slots=True)
class Evidence:
    """What the files given show, waiting for its configurations.

    Args:
        devices: what each device of the logs showed.
        client: what client logs tell.
        debug: the box's own computation, out of debug transcripts and CONNECT answers, which do not name the box.
        probes: what head-ends answered.
        unnamed: what saved outputs show that do not name their device, by the names of their files.
        single: one configuration is judged: where the files show one device only, it is that one.
        of_logs: logs were given, so that somebody wants to know what they show.

    """

    devices: dict[str, DeviceObservations] = field(default_factory=dict)
    client: tuple[ClientReconnect, ...] = ()
    debug: tuple[DebugNumbers, ...] = ()
    unnamed: tuple[DeviceObservations, ...] = ()
    probes: tuple[Probe, ...] = ()
    single: bool = False
    of_logs: bool = False
    _joined: Counter[str] = field(default_factory=Counter)

    def of(self, names: Iterable[str], heads: Iterable[str] = ()) -> DeviceObservations:
        """What was seen of a device; empty where nothing was.

        Args:
            names: what logs may call it.
            heads: names and addresses that clients reach it at.

        """
        names = list(names)
        known = {short_name(name) for name in names}
        matching = [device for device in self.devices if short_name(device) in known]
        telling = [name for name, seen in self.devices.items() if seen.lines] or list(self.devices)
        # where the configuration does not say its name, or a relay knows no more than an address, it may be this one
        nobody_else = len(names) == 1 or all(map(is_address, telling))
        if self.single and not matching and len(telling) == 1 and nobody_else:
            matching = telling
        if self.single:
            matching += [name for name in (UNNAMED,) if name in self.devices and name not in matching]
        self._joined.update(matching)
        outputs = [each for each in self.unnamed if self.single or short_name(each.device) in known]
        # both units of a failover pair may have logged under names of their own
        seen = reduce(merge, (*(self.devices[name] for name in matching), *outputs), DeviceObservations(names[0]))
        others = () if matching else tuple(sorted(set(telling) - {UNNAMED}))
        debug = (*seen.debug, *(self.debug if self.single else ()))
        return replace(seen, device=names[0], debug=debug, others=others, probes=self._of_head_end({*names, *heads}))

    def _of_head_end(self, known: set[str]) -> tuple[Probe, ...]:
        """The probes of a device that clients reach at one of these names or addresses."""
        known = {each.casefold() for each in known}
        found = tuple(each for each in self.probes if known & {each.host.casefold(), each.address})
        if found or not self.single:
            return found
        # whose head-end it is, somebody believes and no name tells: its MSS must not lower a risk
        return tuple(replace(each, mss=None) for each in self.probes)

    def with_client_logs(self, device: DeviceAudit, names: Iterable[str]) -> DeviceAudit:
        """The device with what its clients' logs say: counted for each finding with a gap, and in words."""
        known = {short_name(name) for name in names}
        said = [
            notice(
                f"client-reconnected{'' if each.time else '-once'}{'-for-mtu' if each.because_of_mtu else ''}",
                log=each.log,
                time=each.time.isoformat() if each.time else None,
            )
            for each in self._of_clients(known)
        ]
        if not said:
            return device
        count = sum(each.because_of_mtu for each in self._of_clients(known))
        findings = tuple(
            replace(each, evidence=replace(each.evidence, client_reconnects=count))
            if each.evidence and each.gap
            else each
            for each in device.findings
        )
        return replace(device, warnings=(*device.warnings, *said), findings=findings)

    def _of_clients(self, known: set[str]) -> list[ClientReconnect]:
        """What clients' logs tell of a device with one of these names."""
        return [each for each in self.client if self.single or (each.headend and short_name(each.headend) in known)]

    def note_the_rest(self) -> None:
        """Say which devices of the logs no configuration stands for, and which more than one does."""
        if self.debug and not self.single:
            TERMINAL.note(
                "note: MTUs that a box computed itself do not say which box: give them with one configuration"
            )
        for device in sorted(name for name in self.devices if self.devices[name].lines):
            count = self._joined[device]
            if not count and device == UNNAMED:
                TERMINAL.note("note: lines of the logs name no device; they were not judged")
            elif not count:
                said = f"note: the logs name {device}, which is none of the configurations; it was not judged"
                TERMINAL.note(said, "devices that only the logs name")
            elif count > 1:
                said = f"note: {count} configurations are of {device}: what its logs show counts for each"
                TERMINAL.note(said, "devices of which there are several configurations")


def heads_of(config: RunningConfig, text: str = "") -> list[str]:
    """Where clients reach a device: its interfaces' addresses, as far as its text is at hand, and its group-urls."""
    return [*config.url_hosts, *_OWN_ADDRESS.findall(text)]


def names_of(name: str, text: str) -> list[str]:
    """What logs may call the device of a configuration: its file, and its hostname."""
    found = HOSTNAME.search(text)
    return [name, found[1]] if found else [name]


def version_of(config: RunningConfig, names: Iterable[str], reader: LogReader) -> SavedOutput | None:
    """The ``show version`` of a configuration's device, by serial number or name; the only one, if it has no name."""
    known = {short_name(name) for name in names}
    for each in reader.versions:
        if not each.serials.isdisjoint(config.serials) or (each.host and short_name(each.host) in known):
            return each
    single = reader.likely_configurations <= 1 and len(reader.versions) == 1
    (only, *_) = (*reader.versions, None)
    return only if single and only and (not only.host or config.hostname is None) else None


@dataclass(frozen=True, slots=True)
class EvidenceFiles:
    """Files that hold evidence, by what they hold."""

    syslog: Sequence[str] = ()
    client_logs: Sequence[str] = ()
    debug_logs: Sequence[str] = ()
    probes: Sequence[str] = ()

    @property
    def paths(self) -> list[str]:
        """All of them."""
        return [*self.syslog, *self.client_logs, *self.debug_logs, *self.probes]

    @property
    def size(self) -> int | None:
        """Bytes on disk of the logs, for a progress bar; None where standard input is among them."""
        from nornir_anyconnect.sources.files import total_size

        return total_size(self.paths)


def read_evidence(
    files: EvidenceFiles, *, single: bool, on_progress: Callable[[int], None] | None = None
) -> Evidence | None:
    """Read all evidence files; None where none is given.

    Args:
        files: what to read.
        single: one configuration is judged.
        on_progress: told how many bytes on disk each step has consumed.

    Raises:
        SourceError: a file cannot be read.
        UsageError: a debug transcript, which names no device, for several configurations.

    """
    if not files.paths:
        return None
    from nornir_anyconnect.logs import LogReader

    reader = LogReader()
    read_files(reader, files, on_progress)
    return evidence_of(reader.finish(), files, single=single)


def read_files(reader: LogReader, files: EvidenceFiles, on_progress: Callable[[int], None] | None = None) -> None:
    """Read the files of which somebody says what they hold.

    Raises:
        SourceError: one cannot be read.

    """
    from nornir_anyconnect.sources.classify import Role
    from nornir_anyconnect.sources.files import sources
    from nornir_anyconnect.sources.source import Unread

    told = (
        (files.syslog, Role.SYSLOG), (files.client_logs, Role.CLIENT_LOG), (files.debug_logs, Role.DEBUG),
        (files.probes, Role.PROBE),
    )  # fmt: skip
    for given, kind in told:
        for source in sources(given, on_progress):
            if isinstance(source, Unread):
                if source.named or not source.left_out:
                    raise source.error
                continue
            read = reader.read(source, kind)
            if read.problem and kind is not Role.DEBUG:
                raise SourceError(read.problem, "copy the file again, or leave it out")


def evidence_of(summary: LogSummary, files: EvidenceFiles, *, single: bool) -> Evidence:
    """What was read, waiting for its configurations.

    Args:
        summary: all of it.
        files: those of which somebody said what they hold.
        single: one configuration is judged.

    Raises:
        UsageError: a debug transcript, which names no device, for several configurations.

    """
    if files.debug_logs and not single:
        raise UsageError(
            "a debug transcript does not say which device it is of", "give --debug-log with a single configuration"
        )
    if summary.unreadable:
        TERMINAL.note(f"note: {summary.unreadable} log line(s) with a message that matters here could not be read")
    for each in summary.inputs:
        if each.problem and each.read_as == DEBUG_TRANSCRIPT:
            TERMINAL.note(f"note: {each.path}: {each.problem}")
    of_logs = bool(files.syslog) or any(seen.met for seen in summary.devices.values())
    return Evidence(
        devices=summary.devices,
        client=summary.client,
        debug=summary.computed,
        unnamed=summary.unnamed,
        probes=summary.probes,
        single=single,
        of_logs=of_logs,
    )


def could_be_seen(devices: Sequence[DeviceAudit]) -> bool:
    """Whether the logs that were given are of one of the devices, and show all that happened on those they are of.

    Users who were hit under a group policy that no configuration has were seen, and nothing was judged for them.
    """
    logs = LogsTell()
    for device in devices:
        logs.add(device)
    return logs.all

"""Everything that may be handed in as evidence, read into one summary: each text is told by its content."""

from __future__ import annotations

import codecs
import contextlib
import pickle  # what was kept here
import re
import zlib
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.evidence.clients.client_log import (
    ClientReconnect,
    is_written_by_a_client,
    may_tell_of_a_reconnect,
    read_client_log,
    reconnects,
)
from nornir_anyconnect.evidence.clients.openconnect import read_connect_answers
from nornir_anyconnect.evidence.clients.registry import client_log_of
from nornir_anyconnect.evidence.device_evidence import merge, observe_device
from nornir_anyconnect.evidence.device_output.counters import log_buffer
from nornir_anyconnect.evidence.device_output.debug_transcript import read_debug_log
from nornir_anyconnect.evidence.device_output.saved_output import SavedOutput, saved_outputs
from nornir_anyconnect.evidence.exports.records import LineExport
from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogInput, LogOptions
from nornir_anyconnect.evidence.logs_report import Input, LogSummary
from nornir_anyconnect.evidence.probe import Probe, probes_of
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG
from nornir_anyconnect.evidence.syslog.reader import holds_message
from nornir_anyconnect.evidence.syslog.sightings import NO_SPAN, Span
from nornir_anyconnect.plain_text import decoded
from nornir_anyconnect.sources.classify import Kind, Role, classify, may_be_configuration, speaks_of_an_asa
from nornir_anyconnect.sources.files import BEGINNING, sources
from nornir_anyconnect.sources.log_parts import read_in_parts
from nornir_anyconnect.sources.source import LARGEST, Source, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from nornir_anyconnect.asa.radius import RadiusUser
    from nornir_anyconnect.evidence.exports.records import Export
    from nornir_anyconnect.evidence.observations import DebugNumbers, DeviceObservations
    from nornir_anyconnect.sources.source import ConfigText

_MAX_LINE = 1 << 16
_SAMPLES, _SHOWN = 3, 200
_OF_CONNECT = re.compile(r"X-CSTP-|X-DTLS|CONNECT response|ciphersuite", re.IGNORECASE)
_IN_MEMORY = 1 << 24
NOTHING_IN_IT = "holds no message of an ASA, no configuration, no output of a device and no client log"
_HELD_PLAIN = 64 << 20
"""Characters of configurations kept as they are until all evidence was read; more of them are packed."""


class LogReader:
    """Reads texts one after the other into one summary.

    Args:
        options: how they are read.

    """

    def __init__(self, options: LogOptions | None = None) -> None:
        self._options = options or LogOptions()
        self._evidence = LogEvidence(self._options)
        self._client_lines = 0
        self._client: list[ClientReconnect] = []
        self._computed: list[DebugNumbers] = []
        self._probes: list[Probe] = []
        self.radius: list[RadiusUser] = []
        """What RADIUS hands to users."""
        self._outputs: dict[str, DeviceObservations] = {}
        self._unnamed: dict[str, DeviceObservations] = {}
        self._versions: list[SavedOutput] = []
        self._inputs: list[Input] = []
        self._configs: list[ConfigText | bytes] = []
        self._held = 0
        self._likely = 0

    def read(self, source: Source, role: Role | None = None) -> Input:
        """One text, and what became of it.

        Args:
            source: not read yet.
            role: what it is, where somebody says so; else its content tells.

        """
        told = Kind(role, role.value) if role else classify(source.beginning)
        if role is Role.SYSLOG and (found := classify(source.beginning)).role in {Role.EXPORT, Role.DEVICE_TEXT}:
            told = found
        before = len(self._configs)
        try:
            read = self._read_as(source, told)
        except SourceError as error:
            if told.role in {Role.SYSLOG, Role.EXPORT}:
                self._evidence.cut_short()
            elif told.role is Role.NOTHING:
                self._evidence.could_not_read()
            known = told.role in {Role.SYSLOG, Role.EXPORT, Role.CONNECT_ANSWER, Role.DEBUG}
            about = error.path if error.path != source.path else ""
            read_as = told.read_as if known else None
            read = Input(source.path, read_as, problem=error.cause, about=about, lost=not known, remedy=error.remedy)
        if role is not None:
            del self._configs[before:]
        # one that holds nothing of an ASA was handed in as well, and is not missing
        is_log = told.role in {Role.SYSLOG, Role.EXPORT} or read.read_as == "syslog"
        self._evidence.rotated(source.rotation.log, source.rotation.back, read.log.devices if is_log else ())
        read = replace(read, named=source.named)
        self._inputs.append(read)
        return read

    def unread(self, source: Unread) -> None:
        """A text that cannot be read: it is named beside the others."""
        self._evidence.could_not_read()
        self._inputs.append(
            Input(source.path, None, problem=source.cause, named=source.named, lost=True, remedy=source.remedy)
        )

    @property
    def likely_configurations(self) -> int:
        """How many of the texts look like one."""
        return self._likely

    @property
    def versions(self) -> tuple[SavedOutput, ...]:
        """Each ``show version`` that stands in a text of its own."""
        return tuple(self._versions)

    def configurations(self) -> Iterator[ConfigText]:
        """The texts that may be configurations, or that nobody knew: each is let go of as it is handed out."""
        while self._configs:
            kept = self._configs.pop(0)
            yield pickle.loads(zlib.decompress(kept)) if isinstance(kept, bytes) else kept  # noqa: S301 - packed below

    def finish(self) -> LogSummary:
        """What all of them show."""
        evidence = self._evidence
        devices = evidence.finish()
        for name, seen in self._outputs.items():
            devices[name] = merge(devices[name], seen) if name in devices else seen
        return LogSummary(
            lines=evidence.lines + self._client_lines,
            events=dict(sorted(evidence.events.items())),
            unreadable=evidence.unreadable,
            unreadable_sample=few(evidence.unreadable_sample),
            devices=dict(sorted(devices.items())),
            client=tuple(self._client),
            computed=tuple(self._computed),
            probes=tuple(self._probes),
            unnamed=tuple(self._unnamed.values()),
            inputs=tuple(self._inputs),
        )

    def _read_as(self, source: Source, told: Kind) -> Input:
        match told.role:
            case Role.SYSLOG:
                return Input(source.path, told.read_as, self._syslog(source))
            case Role.EXPORT if told.export is not None:
                log = self._export(source, told.export)
                if not log.devices and not log.messages:
                    return Input(source.path, None, problem=f"{source.path} {NOTHING_IN_IT}")
                return Input(source.path, told.read_as, log)
            case Role.CLIENT_LOG | Role.CONNECT_ANSWER if told.client_log is None or not told.client_log.broad:
                return Input(source.path, told.read_as, self._client_log(source.path, _lines(source.chunks()), source))
            case Role.DEBUG:
                return self._debug(source)
            case Role.RADIUS:
                return self._radius(source)
            case Role.PROBE:
                return self._probe(source)
            case Role.DEVICE_TEXT:
                return self._device_text(source)
        return self._either(source, told.read_as if told.role is Role.CLIENT_LOG else None)

    def _syslog(self, source: Source) -> LogInput:
        """Lines of messages: a large file in several processes, each a part of it."""
        in_parts = source.plain and read_in_parts(self._evidence, source.plain, self._options, source.written)
        return in_parts or self._lines_of(source, source.chunks())

    def _lines_of(self, source: Source, chunks: Iterable[bytes]) -> LogInput:
        return self._evidence.read(chunks, reference=source.written, rotation=source.rotation.log)

    def _export(self, source: Source, export: Export) -> LogInput:
        """An export: a large one with a record per line in several processes."""
        if source.plain and isinstance(export, LineExport):
            read = read_in_parts(self._evidence, source.plain, self._options, source.written, export=export)
            if read is not None:
                return read
        return self._evidence.read_export(export, source.chunks(), reference=source.written)

    def _debug(self, source: Source) -> Input:
        found = read_debug_log(_lines(source.chunks()))
        self._computed += found
        missed = sum(numbers.not_understood for numbers in found)
        problem = f"{missed} line(s) of the debug transcript were not understood" if missed else None
        return Input(source.path, "debug webvpn transcript", LogInput(messages=len(found)), problem)

    def _radius(self, source: Source) -> Input:
        text = source.whole()
        from nornir_anyconnect.asa.radius import radius_users  # noqa: PLC0415 - seldom needed, and it loads much

        found = list(radius_users(text.text))
        self.radius += found
        return Input(source.path, "RADIUS users file", LogInput(messages=len(found)))

    def _probe(self, source: Source) -> Input:
        text = source.whole()
        try:
            found = probes_of(text.text)
        except (ValueError, RecursionError) as error:
            remedy = "give what 'nornir-anyconnect probe --format json=FILE' wrote"
            return Input(source.path, None, problem=f"{source.path} is no probe: {error}", lost=True, remedy=remedy)
        self._probes += found
        return Input(source.path, "probe", LogInput(messages=len(found)))

    def _device_text(self, source: Source) -> Input:
        text = source.whole()
        read_as: list[str] = []
        if may_be_configuration(text.text):
            read_as.append("running-config")
            self._likely += 1
            self._keep(text)
        log = LogInput()
        for output in saved_outputs(text.text):
            read_as += [each for each in output.commands if each not in read_as]
            if "show logging" in output.commands:
                log = self._evidence.read(
                    [output.text.encode(errors="replace")],
                    reference=source.written,
                    buffer=log_buffer(output.text),
                    name=output.host or None,
                )
            if output.version and "running-config" not in read_as:
                self._versions.append(output)
            if output.counts:
                self._take_output(output, text.name, source.written)
            if output.host:
                log = replace(log, devices=tuple(sorted({*log.devices, output.host})))
        if not read_as:
            self._keep(text)
        return Input(source.path, ", ".join(read_as) or "show tech-support", log)

    def _take_output(self, output: SavedOutput, name: str, written: datetime) -> None:
        seen = observe_device(
            output.host or name,
            sessions_text=output.text,
            summary_text=output.text,
            asp_drop=[(written, output.text)] if "show asp drop" in output.commands else (),
        )
        found = self._outputs if output.host else self._unnamed
        found[seen.device] = merge(found[seen.device], seen) if seen.device in found else seen

    def _keep(self, text: ConfigText) -> None:
        self._held += len(text.text)
        few = self._held <= _HELD_PLAIN
        self._configs.append(text if few else zlib.compress(pickle.dumps(text, pickle.HIGHEST_PROTOCOL), 1))

    def _either(self, source: Source, read_as: str | None) -> Input:
        """A text whose beginning tells little: a relay's, which may hold messages later, a client's, or neither.

        Args:
            source: not read yet.
            read_as: what it looks like.

        """
        import tempfile  # noqa: PLC0415 - slow to load, and seldom needed

        told = False
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as kept:
            keep = source.plain is None  # what comes through a pipe or out of an archive comes once

            def watched() -> Iterator[bytes]:
                nonlocal keep, told
                for chunk in source.chunks():
                    told = told or may_tell_of_a_reconnect(chunk)
                    keep = keep and not holds_message(chunk) and kept.tell() <= LARGEST
                    if keep:
                        kept.write(chunk)
                    yield chunk

            log = self._lines_of(source, watched())
            if log.devices and not told:
                return Input(source.path, "syslog", log)
            kept.seek(0)
            with source.plain.open("rb") if source.plain else contextlib.nullcontext(kept) as again:
                if told:
                    if source.plain or keep:
                        self._evidence.lines -= log.lines  # they are counted as the client's
                    chunks = iter(lambda: again.read(BEGINNING), b"")
                    return Input(source.path, "client log", self._client_log(source.path, _lines(chunks), source))
                raw = again.read(LARGEST + 1)
        useless = self._useless(source, raw)
        # a text that merely speaks of AnyConnect is none of a client
        client = read_as is not None and is_written_by_a_client(decoded(source.beginning))
        return Input(source.path, read_as) if client else useless

    def _useless(self, source: Source, raw: bytes) -> Input:
        """Nobody knew the text: who looks for configurations may still find one in it."""
        if len(raw) > LARGEST:
            return Input(source.path, None, problem=f"{source.path} is larger than {LARGEST >> 20} MB", lost=True)
        try:
            text = source.holding(raw)
        except SourceError as error:
            return Input(source.path, None, problem=error.cause, lost=True, remedy=error.remedy)
        self._keep(text)
        unclear = speaks_of_an_asa(text.text)
        known = "is full of an ASA's words, and nobody can tell what it is" if unclear else NOTHING_IN_IT
        return Input(source.path, None, problem=f"{source.path} {known}", unclear=unclear)

    def _client_log(self, name: str, lines: Iterable[str], source: Source) -> LogInput:
        said: list[str] = []

        def counted() -> Iterator[str]:
            for line in lines:
                self._client_lines += 1
                if len(said) < _MAX_LINE and _OF_CONNECT.search(line):
                    said.append(line)
                yield line

        options = self._options
        form = client_log_of(decoded(source.beginning))
        events = read_client_log(counted(), replace(options.stamps, reference=source.written), form=form)
        found = reconnects((each for each in events if options.within(each.time)), name)
        self._client += found
        answers = read_connect_answers(said)
        self._computed += answers
        span = reduce(Span.widened, (each.time for each in found), NO_SPAN)
        return LogInput(messages=len(found) + len(answers), span=span)


def summarise_logs(
    paths: Iterable[str | Path],
    options: LogOptions | None = None,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> LogSummary:
    """What the texts behind the paths show; ``-`` is standard input. ``options`` says how they are read.

    Raises:
        SourceError: a path that does not exist or cannot be read.

    """
    reader = LogReader(options)
    for source in sources(paths, on_progress):
        if isinstance(source, Source):
            reader.read(source)
        elif source.named:
            raise source.error
        elif not source.left_out:
            reader.unread(source)
    return reader.finish()


def few(sample: Iterable[str]) -> tuple[str, ...]:
    """One line of each kind, cut, and few of them: what they have in common is what is wrong."""
    kinds: dict[str, str] = {}
    for line in sample:
        found = ANY_TAG.search(line)
        kinds.setdefault(found["id"] if found else "", line[:_SHOWN] + ("..." if len(line) > _SHOWN else ""))
    return tuple(kinds.values())[:_SAMPLES]


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    left = ""
    for chunk in chunks:
        text = left + decoder.decode(chunk)
        # the Event Viewer writes all of its events into one line
        *lines, left = text.replace("</Event>", "</Event>\n").split("\n")
        yield from (line.rstrip("\r") for line in lines)
        left = left[:_MAX_LINE]
    if left:
        yield left

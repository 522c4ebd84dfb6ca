"""Text of an ASA -> RunningConfig; the only module that knows TTP.

TTP never sees a whole text. Its templates are made of the grammar's rows, one per mode, and get the
*distinct* lines of that mode at a time, so that no value can cross from one block into another and two
hundred policies that say the same cost little. The last template line takes whatever no other line did:
as many results come back as lines went in, and nothing is dropped in silence.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from dataclasses import dataclass, field, fields, replace
from functools import cache, lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa import assemble
from nornir_anyconnect.asa.alike import DECIDING, Known
from nornir_anyconnect.asa.assemble import Line, Parts, Reading, lines_of
from nornir_anyconnect.asa.blocks import HOSTNAME, cut
from nornir_anyconnect.asa.capture import refuse_other_than_text
from nornir_anyconnect.asa.grammar import Mode, Take
from nornir_anyconnect.asa.modes import (
    Said,
    decides_elsewhere,
    holds_another,
    rows_of,
    said_of,
    spelled_svc,
)
from nornir_anyconnect.asa.running_config import (
    DOUBTS,
    Block,
    GroupPolicy,
    RunningConfig,
    Sourced,
    TunnelGroup,
    Username,
    notice,
)
from nornir_anyconnect.asa.value_forms import template_of, words
from nornir_anyconnect.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nornir_anyconnect.asa.grammar import Section
    from nornir_anyconnect.asa.running_config import Notice

_CLIENT_MODES = frozenset({Mode.WEBVPN, Mode.GROUP_WEBVPN, Mode.USERNAME_WEBVPN})


@dataclass(frozen=True, slots=True)
class PulledConfig:
    """What a live device or context answered, section by section; the session proved each complete."""

    version_text: str = ""
    """``show version``."""
    sections: Mapping[Section, str] = field(default_factory=dict)
    """``show running-config SECTION``."""
    defaults: Mapping[Section, str] = field(default_factory=dict)
    """``show running-config all SECTION``."""
    ssl_ciphers: str = ""
    """``show ssl ciphers``."""
    context: str | None = None
    hostname: str | None = None


def parse(text: str, *, complete: bool = False) -> RunningConfig:
    """Read a configuration.

    Args:
        text: a running configuration, whole or an excerpt, as a device, an archive or a terminal left it.
        complete: the caller knows that nothing is missing, although there is no end mark.

    Never raises, whatever the text; see ``recognised``, ``complete`` and ``indented`` of the result.

    """
    return _config(cut(text), complete=complete)


def config_of(text: str, shown: str) -> RunningConfig:
    """The configuration that a text holds; ``shown`` names it in an error.

    Raises:
        SourceError: the text is empty, binary, or not the configuration of an ASA or FTD.

    """
    refuse_other_than_text(text, shown)
    config = parse(text)
    if not config.recognised:
        raise SourceError(
            f"{shown} is not an ASA or FTD configuration",
            "save the output of 'show running-config' and check that file",
        )
    return config


def parse_pull(pull: PulledConfig) -> RunningConfig:
    """Read what a device answered to ``show running-config SECTION``; no value has a line number."""
    config = with_version(_pulled(pull.sections), pull.version_text)
    return replace(
        config,
        hostname=pull.hostname or config.hostname,
        context=pull.context or config.context,
        defaults=_pulled(pull.defaults) if pull.defaults else None,
        device_ciphers=device_ciphers(pull.ssl_ciphers),
    )


def _pulled(sections: Mapping[Section, str]) -> RunningConfig:
    """What these sections say, read once for all boxes that answer the same to the byte."""
    text = "\n".join(sections.values())
    content = hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest()
    return _answers.of(content, lambda: _config(_unnumbered(cut(text)), complete=True))


def with_version(config: RunningConfig, text: str) -> RunningConfig:
    """The configuration of a device with what its ``show version`` says: release, platform, serial numbers."""
    version = cut(text)
    svc = config.webvpn.svc_spelling or version.spells_svc
    return replace(
        config,
        release=version.release._replace(line=None) if version.release else config.release,
        release_text=version.release_text or config.release_text,
        platform=version.platform if version.ftd_version else config.platform,
        ftd_version=version.ftd_version or config.ftd_version,
        recognised=config.recognised or version.release_text is not None,
        serials=version.serials or config.serials,
        webvpn=replace(config.webvpn, svc_spelling=svc),
    )


@lru_cache(maxsize=64)
def device_ciphers(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """``show ssl ciphers``: the suites per protocol version, in the device's own order.

    The list named ``default`` is for connections that the box opens itself, and is left out.
    """
    found: dict[str, tuple[str, ...]] = {}
    version = ""
    for line in text.splitlines():
        heading, colon, rest = line.strip().partition(":")
        name = heading.partition(" ")[0].lower()
        if colon and not rest and name.startswith(("tlsv1", "dtlsv1", "default")):
            version = "" if name == "default" else name
            if version:
                found[version] = ()
        elif version and line[:1] in (" ", "\t") and len(line.split()) == 1:
            found[version] = (*found[version], line.strip())
    return tuple(found.items())


def _unnumbered(text: RunningConfig) -> RunningConfig:
    """Lines of a pull are nobody's line numbers."""
    return replace(
        text,
        blocks=tuple(
            Block(block.header, None, tuple(Sourced(line.value, None) for line in block.body)) for block in text.blocks
        ),
        unknown_lines=tuple(Sourced(stray.value, None) for stray in text.unknown_lines),
        release=text.release._replace(line=None) if text.release else None,
    )


@cache
def _templates() -> tuple[Any, Lock]:
    """TTP with every template compiled, once per process, and the lock that guards it.

    Parsing holds the interpreter anyway, so one guarded object costs no parallelism, and a Nornir run
    with a hundred threads does not compile a hundred times. TTP wants to keep a pickle beside its own
    code: it is pointed to a folder that cannot exist, so nothing is written and nothing unpickled.
    """
    from ttp import ttp  # noqa: PLC0415 - thirty milliseconds that only a parse needs

    before = os.environ.get("TTPCACHEFOLDER")
    os.environ["TTPCACHEFOLDER"] = os.path.join(os.devnull, "none")  # noqa: PTH118 - a name, not a path
    try:
        parser = ttp(log_level="CRITICAL")
    finally:
        if before is None:
            del os.environ["TTPCACHEFOLDER"]
        else:
            os.environ["TTPCACHEFOLDER"] = before
    for mode in _READ_MODES:
        rows = ((row.keyword, row.value) for row in rows_of(mode))
        parser.add_template(template_of(rows), template_name=str(mode))
    return parser, Lock()


def prepare() -> None:
    """Load TTP and compile its templates now; else the first text that is read waits for it."""
    with _FIRST:
        _templates()


_READ_MODES = tuple(mode for mode in Mode if mode is mode.table and any(row.value for row in rows_of(mode)))


_FIRST = Lock()


def _alone() -> None:
    """In a forked process: what another thread was in the middle of is never ended there, and is begun anew."""
    if _FIRST.locked():
        _FIRST.release()
    if _templates.cache_info().currsize and _templates()[1].locked():
        _templates.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_alone)


def _read(wanted: Mapping[Mode, Mapping[str, Said]]) -> dict[Mode, dict[str, Any]]:
    """What each distinct line sets, per mode; None where it is not understood."""
    wanted = {mode: lines for mode, lines in wanted.items() if lines}
    if not wanted:
        return {}
    with _FIRST:
        parser, lock = _templates()
    with lock:
        for mode, lines in wanted.items():
            parser.set_input("\n".join(lines) + "\n", template_name=str(mode))
        try:
            parser.parse(one=True)
            results = parser.result(structure="dictionary")
            return {
                mode: {
                    text: _value(mode, said, text, found)
                    for (text, said), found in zip(lines.items(), results[str(mode)][0]["lines"], strict=True)
                }
                for mode, lines in wanted.items()
            }
        finally:
            parser.clear_result()
            parser.clear_input()


@cache
def _places(mode: Mode) -> dict[str, int]:
    return {row.keyword: at for at, row in enumerate(rows_of(mode))}


def _value(mode: Mode, said: Said, text: str, found: Mapping[str, str]) -> Any:
    row = said.row
    if row is None or row.value is None:
        return None
    prefix = f"r{_places(mode)[row.keyword]}_"
    if not all(each.startswith(prefix) for each in found):
        return None
    return row.value.read({each.removeprefix(prefix): value for each, value in found.items()} | {"line": text})


_MOST_KEPT = 20_000  # distinct lines per mode; a fleet built from templates has some hundreds
_kept: dict[Mode, dict[str, Reading]] = {}
"""Lines that were read before: a fleet repeats itself, and TTP sees only what is new."""


class _Reader:
    """All relevant lines of a text with their meaning."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self.lines: list[tuple[Block, tuple[Line, ...]]] = [(block, tuple(lines_of(block))) for block in blocks]
        self.readings: dict[Mode, dict[str, Reading]] = {}
        new: dict[Mode, dict[str, Said]] = defaultdict(dict)
        for _, lines in self.lines:
            for mode, _, text in lines:
                known = self.readings.get(mode) or self._kept(mode)
                if text not in known and text not in new[mode]:
                    new[mode][text] = said_of(mode, text)
        self._learn(new)

    def _kept(self, mode: Mode) -> dict[str, Reading]:
        if len(_kept.get(mode, ())) > _MOST_KEPT:
            del _kept[mode]
        self.readings[mode] = _kept.setdefault(mode, {})
        return self.readings[mode]

    def _learn(self, new: Mapping[Mode, Mapping[str, Said]]) -> None:
        wanted: dict[Mode, dict[str, Said]] = defaultdict(dict)
        for mode, lines in new.items():
            for text, said in lines.items():
                if said.row and said.row.value and said.understood:
                    wanted[mode.table][_positive(text, said)] = said
        read = _read(wanted)
        for mode, lines in new.items():
            known = self.readings[mode]
            for text, said in lines.items():
                known[text] = _reading(mode, text, said, read.get(mode.table, {}).get(_positive(text, said)))

    def parts(self) -> Parts:
        """The parts of the configuration that they make up."""
        parts = Parts(self.readings)
        for block, lines in self.lines:
            parts.take(block, lines)
        return parts

    def out_of_place(self) -> Iterator[Sourced[str]]:
        """Lines that an ASA prints once in a block, above its sub-block, and that stand there again or below it."""
        for _, lines in self.lines:
            once: set[str] = set()
            opened = False
            for mode, number, text in lines:
                reading = self.readings[mode][text]
                row = reading.row
                if row.once and not reading.taken_back:
                    if row.keyword in once or (opened and not row.opens):
                        yield Sourced(text, number)
                    once.add(row.keyword)
                    opened = opened or row.opens is not None


def _positive(text: str, said: Said) -> str:
    return text.removeprefix("no ") if said.taken_back else text


def _reading(mode: Mode, text: str, said: Said, value: Any) -> Reading:
    row = said.row
    if row is None or (row.noted and not row.value):
        return Reading(unknown=True, misplaced=decides_elsewhere(mode, text))
    joined = (row.value is not None or row.once) and holds_another(said)  # others may hold anybody's text
    if row.value is None:
        return Reading(row, taken_back=said.taken_back, misplaced=joined)
    word = next(iter(words(said.behind)), "") if row.take is Take.BY_WORD else ""
    if said.taken_back and row.off is not None:
        value = row.off
    return Reading(row, value, said.taken_back, word, unknown=value is None and not said.taken_back, misplaced=joined)


def objects_of(blocks: Iterable[Block]) -> tuple[tuple[GroupPolicy, ...], tuple[TunnelGroup, ...]]:
    """The group policies and tunnel groups that these blocks describe, as a text that holds them would."""
    parts = _Reader(blocks).parts()
    policies = tuple(each.owner(GroupPolicy) for each in parts.policies.values())
    return policies, tuple(each.owner(TunnelGroup) for each in parts.groups.values())


_NAME = re.compile(rf"{HOSTNAME} (\S+)\Z")
_known: Known[RunningConfig] = Known()
_answers: Known[RunningConfig] = Known()
"""By what a device said, where that is the same to the byte."""


def _config(text: RunningConfig, *, complete: bool) -> RunningConfig:
    """The configuration; where only name and serial numbers differ from one met before, it is not read again."""
    named = [block for block in text.blocks if block.header.startswith(HOSTNAME)]
    names = [_NAME.match(block.header) for block in named if not block.body]
    if len(named) > 1 or len(names) < len(named) or None in names:
        return _read_config(text, complete=complete)
    rest = tuple(block for block in text.blocks if block not in named)
    said = tuple(getattr(text, name) for name in DECIDING)
    content = (rest, tuple(block.line for block in named), complete, said)
    found = _known.of(content, lambda: _read_config(text, complete=complete))
    hostname = next((name[1] for name in names if name), text.hostname)
    return replace(found, hostname=hostname, blocks=text.blocks, serials=text.serials)


def _read_config(text: RunningConfig, *, complete: bool) -> RunningConfig:
    """The configuration, its blocks read."""
    reader = _Reader(text.blocks)
    parts = reader.parts()
    top = parts.top
    hostnames = tuple(dict.fromkeys(each.value for each in top.found.get("hostnames", ())))
    svc = any(spelled_svc(line.text) for _, lines in reader.lines for line in lines if line.mode in _CLIENT_MODES)
    out_of_place = reader.out_of_place() if text.begun and text.complete else ()
    misplaced = (*text.misplaced, *parts.misplaced, *out_of_place)
    direct = {each.name for each in fields(RunningConfig)} & set(top.found)
    return replace(
        text,
        hostname=hostnames[0] if hostnames else text.hostname,
        complete=complete or text.complete,
        begun=complete or text.begun,
        webvpn=assemble.webvpn_of(parts.webvpn, svc=svc or text.spells_svc),
        group_policies=tuple(each.owner(GroupPolicy) for each in parts.policies.values()),
        tunnel_groups=tuple(each.owner(TunnelGroup) for each in parts.groups.values()),
        usernames=tuple(each.owner(Username) for each in parts.users.values()),
        ssl=assemble.ssl_of(top),
        interfaces=assemble.interfaces_of(parts.nameifs, top),
        unsupported_path=top.not_understood("tcpmss", "interface_mtus"),
        ldap_entries=tuple(parts.ldap),
        dap_records=tuple(parts.dap),
        logging=assemble.logging_of(top),
        load_balancing=parts.load_balancing,
        unknown_lines=(*text.unknown_lines, *parts.unknown),
        misplaced=misplaced,
        warnings=_doubts(text.warnings, misplaced),
        **{name: top.found[name] for name in direct},
    )


def _doubts(known: tuple[Notice, ...], misplaced: tuple[Sourced[str], ...]) -> tuple[Notice, ...]:
    """Why a text can't be taken for one whole configuration."""
    if not misplaced:
        return known
    told = notice("lines-misplaced", count=len(misplaced), line=str(misplaced[0].line))
    return tuple(sorted((*known, told), key=lambda each: DOUBTS.index(each.code)))

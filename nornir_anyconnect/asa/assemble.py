"""The lines of blocks, and what they say, become the parts of a RunningConfig: later lines over earlier ones."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from nornir_anyconnect.asa.capture import LONGEST_LINE
from nornir_anyconnect.asa.grammar import L2L_TYPE, REMOTE_ACCESS_TYPES, Mode, Row, Section, Take, row_of
from nornir_anyconnect.asa.modes import (
    Header,
    begins_headers,
    decides,
    header_of,
    mode_below,
    opened_by,
    rows_of,
    said_of,
)
from nornir_anyconnect.asa.running_config import (
    ClientSettings,
    Interface,
    LdapMapEntry,
    LoggingSettings,
    ServingInterface,
    Sourced,
    SslSettings,
    Webvpn,
)
from nornir_anyconnect.asa.value_forms import TAKEN_BACK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nornir_anyconnect.asa.running_config import Block

T = TypeVar("T")

_RAW_PARTS = {Mode.TUNNEL_GENERAL: "general", Mode.TUNNEL_WEBVPN: "webvpn", Mode.TUNNEL_IPSEC: "ipsec"}
_POLICY, _GROUP, _USER = Section.GROUP_POLICY.value, Section.TUNNEL_GROUP.value, Section.USERNAME.value
_TAKES_PART = row_of(Mode.LOAD_BALANCING, "participates").words()
_CLASS_ATTRIBUTES = frozenset({_POLICY, "ietf-radius-class", "cvpn3000-ietf-radius-class"})


class Line(NamedTuple):
    """One line of a block, without indentation, and its mode."""

    mode: Mode
    number: int | None
    text: str


def lines_of(block: Block) -> Iterator[Line]:
    """The lines of a block whose mode we read, in order; nothing of it is taken for another's.

    A one-line block yields its own header. A line nested where nothing nests comes back with the word
    it stands below in front, so that no command is recognised in it.
    """
    word = block.header.partition(" ")[0]
    if not begins_headers(word):
        yield Line(Mode.CONFIG, block.line, block.header)
    elif (mode := mode_below(block.header)) is not None and rows_of(mode):
        yield from lines_below(mode, block)


def lines_below(mode: Mode, block: Block) -> Iterator[Line]:
    """The lines of a body whose header opens ``mode``.

    Depth comes from the indentation alone: a line belongs to the last line indented less.
    """
    above: list[tuple[int, str]] = []  # indentation and text of the lines this one could be under
    for number_and_text in block.body:
        line = number_and_text.value
        text = line.lstrip()
        if not text or text[0] == "!":
            continue
        depth = len(line) - len(text)
        while above and above[-1][0] >= depth:
            above.pop()
        if not above:
            yield Line(mode, number_and_text.line, text)
        else:
            inner = _opened(mode, above[0][1]) if len(above[0][1]) <= LONGEST_LINE else None
            if inner not in (None, Mode.DEEPER) and len(above) == 1:
                yield Line(inner, number_and_text.line, text)
            elif inner is not Mode.DEEPER or decides(mode, text):
                yield Line(mode, number_and_text.line, f"(below {above[0][1].partition(' ')[0]}) {text}")
        above.append((depth, text))


@lru_cache(maxsize=1024)
def _opened(mode: Mode, text: str) -> Mode | None:
    row = said_of(mode, text).row
    return opened_by(mode, row) if row else None


NOBODYS = Row(Mode.CONFIG, "")
"""Of a line that no row knows."""


class Reading(NamedTuple):
    """All that is known of a line, wherever it stands in a block of its mode."""

    row: Row = NOBODYS
    value: Any = None
    """What it sets; None where it is not understood."""
    taken_back: bool = False
    word: str = ""
    """The first word behind the keyword, where that tells one value from another."""
    unknown: bool = False
    """Nobody here understands it."""
    misplaced: bool = False
    """It decides in another mode, or two lines became one: nobody knows where it belongs."""


_COPY = ("", "")


@dataclass
class Values:
    """The values that the lines of one owner set, by field, over all its headers."""

    found: dict[str, Any] = field(default_factory=dict)
    unread: dict[tuple[str, str], Sourced[str]] = field(default_factory=dict)
    """Decisive lines that are not understood, by field and by the word behind the keyword where that counts."""
    client: Values | None = None
    """Those of its ``webvpn`` sub-block, where it can have one."""

    def take(self, line: Line, read: Reading) -> None:
        """Take one line."""
        row, value, number = read.row, read.value, line.number
        key = (row.field, read.word if row.take is Take.BY_WORD else "")
        if read.taken_back and row.off is None:
            self.unread.pop(key, None)
            self._take_back(row, value, read.word)
        elif value is None:
            if row.decisive:
                self.unread[key] = Sourced(line.text, number)
        else:
            self.unread.pop(key, None)
            self._set(row, value, read.word, number)

    def add(self, name: str, lines: tuple[Sourced[str], ...]) -> None:
        """Raw lines behind those that are there."""
        self.found[name] = (*self.found.get(name, ()), *lines)

    def _set(self, row: Row, value: Any, word: str, number: int | None) -> None:
        found, name = self.found, row.field
        if value is TAKEN_BACK:
            found.pop(name, None)
        elif row.take is Take.BY_WORD:
            found.setdefault(name, {})[word] = Sourced(value, number)
        elif row.take is Take.EACH:
            found[name] = (*found.get(name, ()), *(Sourced(each, number) for each in value))
        elif row.take is Take.JOINED and name in found:
            found[name] = Sourced(found[name].value + value, found[name].line)
        else:
            found[name] = Sourced(value, number)

    def _take_back(self, row: Row, value: Any, word: str) -> None:
        if row.take is Take.BY_WORD and word:
            self.found.get(row.field, {}).pop(word, None)
        elif row.take is Take.EACH and value and row.field in self.found:
            left = tuple(each for each in self.found[row.field] if each.value not in value)
            self.found[row.field] = left
        else:
            self.found.pop(row.field, None)

    def not_understood(self, *names: str) -> tuple[Sourced[str], ...]:
        """The decisive lines of these fields (none named: of all) that nobody here understands."""
        return tuple(line for (name, _), line in self.unread.items() if not names or name in names)

    def built(self, kind: type[T], part: str = "", /, **more: Any) -> T:
        """An object of that kind: each of its fields that a line sets, and ``more``.

        Where a line is not understood, what an earlier one said is left out, but for a part that keeps such lines
        beside it.
        """
        hidden = frozenset() if part else {name for name, _ in self.unread}
        found, names = self.found, _fields_of(kind, part)  # type: ignore[arg-type]
        values = {name: found[key] for name, key in names if key in found and key not in hidden}
        return kind(**(values | more))

    def owner(self, kind: type[T]) -> T:
        """The same of a group policy, username or tunnel group, with every line of it that is not understood."""
        more: dict[str, Any] = {"unsupported": self.not_understood()}
        if self.client is not None:
            more["client"] = self.client.built(ClientSettings, unsupported=self.client.not_understood())
        return self.built(kind, **more)


@cache
def _fields_of(kind: type, part: str) -> tuple[tuple[str, str], ...]:
    """Each field of an object, and the one of :class:`Values` that sets it."""
    return tuple((each.name, f"{part}{each.name}") for each in fields(kind))


def webvpn_of(values: Values, *, svc: bool) -> Webvpn:
    """The global ``webvpn`` block, all its headers merged."""
    serving = values.found.get("serving", {})
    return values.built(
        Webvpn,
        interfaces=tuple(ServingInterface(nameif, only.value, only.line) for nameif, only in serving.items()),
        svc_spelling=svc,
        unsupported=values.not_understood(),
    )


def ssl_of(values: Values) -> SslSettings:
    """``ssl cipher``, ``ssl encryption`` and ``ssl server-version``."""
    return values.built(
        SslSettings,
        "ssl.",
        ciphers=tuple(values.found.get("ssl.ciphers", {}).items()),
        unsupported=values.not_understood("ssl.ciphers", "ssl.encryption", "ssl.server_version"),
    )


def logging_of(values: Values) -> LoggingSettings:
    """What decides whether the evidence could have been seen."""
    return values.built(LoggingSettings, "logging.")


def interfaces_of(named: Iterable[Sourced[str]], values: Values) -> tuple[Interface, ...]:
    """Named interfaces with the MTU of their ``mtu NAMEIF`` line."""
    lines: dict[str, int | None] = {}
    for each in named:
        lines.setdefault(each.value, each.line)
    mtus: dict[str, Sourced[int]] = values.found.get("interface_mtus", {})
    return tuple(Interface(nameif, lines.get(nameif), mtus.get(nameif)) for nameif in {**lines, **mtus})


def ldap_entries_of(map_name: str, values: Values) -> tuple[LdapMapEntry, ...]:
    """The policies that one LDAP attribute map hands out."""
    pairs = (each.value for each in values.found.get("attributes", ()))
    handing_out = {attribute for attribute, cisco in pairs if cisco.lower() in _CLASS_ATTRIBUTES}
    return tuple(
        LdapMapEntry(map_name, policy, each.line)
        for each in values.found.get("values", ())
        if each.value[0] in handing_out and (policy := _class_policy(each.value[1]))
    )


def _class_policy(value: tuple[str, ...]) -> str:
    """The policy in ``map-value ATTRIBUTE VALUE POLICY``; a RADIUS class may read ``OU=POLICY;``."""
    policy = value[-1] if value else ""
    return policy[3:].removesuffix(";") if policy[:3].lower() == "ou=" else policy


@dataclass
class Parts:
    """The parts of a configuration while its blocks are read.

    Args:
        readings: what each line of each mode says.

    """

    readings: Mapping[Mode, Mapping[str, Reading]]
    policies: dict[str, Values] = field(default_factory=dict)
    users: dict[str, Values] = field(default_factory=dict)
    groups: dict[str, Values] = field(default_factory=dict)
    webvpn: Values = field(default_factory=Values)
    top: Values = field(default_factory=Values)
    nameifs: list[Sourced[str]] = field(default_factory=list)
    ldap: list[LdapMapEntry] = field(default_factory=list)
    dap: list[Sourced[str]] = field(default_factory=list)
    load_balancing: Sourced[str] | None = None

    unknown: list[Sourced[str]] = field(default_factory=list)
    """Lines that nobody here understands."""
    misplaced: list[Sourced[str]] = field(default_factory=list)

    def take(self, block: Block, lines: tuple[Line, ...]) -> None:
        """Take one block."""
        header = header_of(block.header)
        opened = header.row.opens if header else None
        word = block.header.partition(" ")[0]
        if header is None and word in (_POLICY, _GROUP):
            self.unknown.append(Sourced(block.header, block.line))
        elif header is None:
            _all(self.top, self._said(lines))
        elif word in (_POLICY, _USER):
            self._owner(header, block, lines)
        elif word == _GROUP:
            self._group(header, block, lines)
        elif opened is Mode.WEBVPN:
            _all(self.webvpn, self._said(lines))
        elif opened is Mode.LDAP_MAP:
            values = _all(Values(), self._said(lines))
            self.ldap += ldap_entries_of(header.name, values)
        elif opened is Mode.INTERFACE:
            self.nameifs += _all(Values(), self._said(lines)).found.get("nameif", ())
        elif opened is Mode.DAP and (block.body or header.name != "DfltAccessPolicy"):
            self.dap.append(Sourced(header.name, block.line))
        elif opened is Mode.LOAD_BALANCING and any(line.value.strip() == _TAKES_PART for line in block.body):
            self.load_balancing = self.load_balancing or Sourced(block.header, block.line)

    def _said(self, lines: Iterable[Line]) -> Iterable[tuple[Line, Reading]]:
        """The lines that say something, as they are read; what nobody understands, or where, is noted."""
        for line in lines:
            reading = self.readings[line.mode][line.text]
            if reading.unknown:
                self.unknown.append(Sourced(line.text, line.number))
            if reading.misplaced:
                self.misplaced.append(Sourced(line.text, line.number))
            row = reading.row
            if row.value is not None or row.opens is not None:
                yield line, reading

    def _owner(self, header: Header, block: Block, lines: Iterable[Line]) -> None:
        """A ``group-policy`` or ``username`` header with its lines; the same header again adds to it."""
        owners = self.users if header.row.opens is Mode.USERNAME else self.policies
        owner = owners.setdefault(header.name, _named(header, block, client=Values()))
        if header.row.opens is None:
            kind = header.row.keyword.rpartition(" ")[2]
            owner.found["kind"] = Sourced(kind, block.line)
            if kind == "internal" and header.rest:  # from another: what it does not set itself is nowhere in the text
                owner.unread = {_COPY: Sourced(block.header, block.line), **owner.unread}
                self.unknown.append(Sourced(block.header, block.line))
            return
        owner.found.setdefault("attributes_line", block.line)
        owner.add("body", block.body)
        for line, read in self._said(lines):
            if line.mode in (Mode.GROUP_WEBVPN, Mode.USERNAME_WEBVPN) and owner.client is not None:
                owner.client.take(line, read)
            elif not read.row.opens:
                owner.take(line, read)
            elif read.taken_back:  # ``no webvpn``: the whole sub-block
                owner.client = Values()

    def _group(self, header: Header, block: Block, lines: Iterable[Line]) -> None:
        """A ``tunnel-group`` header with its lines; every header of one name adds to the same group."""
        group = self.groups.setdefault(header.name, _named(header, block))
        if header.row.opens is None:
            if header.rest:
                group.found["type"] = Sourced(
                    _written_out(header.rest[0], (*REMOTE_ACCESS_TYPES, L2L_TYPE)) or header.rest[0], block.line
                )
            return
        group.add(_RAW_PARTS.get(header.row.opens, "other"), block.body)
        _all(group, self._said(lines))


def _named(header: Header, block: Block, client: Values | None = None) -> Values:
    return Values({"name": header.name, "line": block.line}, client=client)


def _all(values: Values, lines: Iterable[tuple[Line, Reading]]) -> Values:
    for line, read in lines:
        if read.row.value:
            values.take(line, read)
    return values


def _written_out(word: str, keywords: tuple[str, ...]) -> str | None:
    """The keyword that a person abbreviated to ``word``, as an ASA understands it: only one may begin so."""
    found = [word] if word in keywords else [each for each in keywords if each.startswith(word)]
    return found[0] if len(found) == 1 else None

"""Text of an ASA -> RunningConfig; the only module that knows TTP.

TTP never sees a whole text. It gets the *distinct* lines of one place at a time (``places.py``), so
that no value can cross from one block into another and two hundred policies that say the same cost
little. Its last template line takes whatever no other line did: as many results come back as lines
went in, and nothing is dropped in silence.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa import assemble
from nornir_anyconnect.asa.assemble import release_of
from nornir_anyconnect.asa.blocks import Cut, cut
from nornir_anyconnect.asa.modes import Line, Place, Reading, lines_of, reading_of
from nornir_anyconnect.asa.running_config import (
    Block,
    LdapMapEntry,
    Notice,
    Platform,
    RunningConfig,
    Sourced,
    notice,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nornir_anyconnect.asa.commands import Section
from nornir_anyconnect.asa.policy_readers import GroupReader, Meaning, OwnerReader, words

_ASA_ONLY = frozenset({
    "group-policy", "tunnel-group", "webvpn", "username", "interface", "dynamic-access-policy-record", "sysopt",
    "ssl", "mtu", "vpn", "ldap",
})  # fmt: skip
"""First words of blocks that no other system's configuration has in that form."""

_TYPES = ("remote-access", "ipsec-l2l", "ipsec-ra", "webvpn")
_GROUP_BLOCKS = ("general", "webvpn", "ipsec", "ppp")


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


def parse_pull(pull: PulledConfig) -> RunningConfig:
    """Read what a device answered to ``show running-config SECTION``; no value has a line number."""
    config = _config(_unnumbered(cut("\n".join(pull.sections.values()))), complete=True)
    version = cut(pull.version_text)
    release = version.release.value if version.release else None
    parsed = release_of(release) if release else None
    return replace(
        config,
        hostname=pull.hostname or config.hostname,
        context=pull.context or config.context,
        release=Sourced(parsed, None) if parsed else config.release,
        release_text=release or config.release_text,
        platform=Platform.FTD if version.ftd_version else config.platform,
        ftd_version=version.ftd_version or config.ftd_version,
        recognised=config.recognised or release is not None,
        serials=version.serials,
        webvpn=replace(config.webvpn, svc_spelling=config.webvpn.svc_spelling or assemble.spells_svc(parsed)),
        defaults=_config(_unnumbered(cut("\n".join(pull.defaults.values()))), complete=True) if pull.defaults else None,
        device_ciphers=device_ciphers(pull.ssl_ciphers),
    )


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


def _unnumbered(text: Cut) -> Cut:
    """Lines of a pull are nobody's line numbers."""
    text.blocks = [
        Block(block.header, None, tuple(Sourced(line.value, None) for line in block.body)) for block in text.blocks
    ]
    text.strays = [Sourced(stray.value, None) for stray in text.strays]
    if text.release:
        text.release = Sourced(text.release.value, None)
    return text


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
    folder = files("nornir_anyconnect.asa").joinpath("templates")
    for place in Place:
        parser.add_template(folder.joinpath(f"{place}.ttp").read_text("utf-8"), template_name=str(place))
    return parser, Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_templates.cache_clear)


_FIRST = Lock()


def _meanings(wanted: Mapping[Place, Mapping[str, None]]) -> dict[Place, dict[str, Meaning]]:
    """What each distinct line says, per place."""
    wanted = {place: lines for place, lines in wanted.items() if lines}
    if not wanted:
        return {}
    with _FIRST:
        parser, lock = _templates()
    with lock:
        for place, lines in wanted.items():
            parser.set_input("\n".join(lines) + "\n", template_name=str(place))
        try:
            parser.parse(one=True)
            results = parser.result(structure="dictionary")
            return {
                place: dict(zip(lines, results[str(place)][0]["lines"], strict=True)) for place, lines in wanted.items()
            }
        finally:
            parser.clear_result()
            parser.clear_input()


class _Reader:
    """All relevant lines of a text with their meaning."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self.lines: list[tuple[Block, tuple[Line, ...]]] = [(block, tuple(lines_of(block))) for block in blocks]
        self._reading: dict[Place, dict[str, Reading]] = defaultdict(dict)
        wanted: dict[Place, dict[str, None]] = defaultdict(dict)
        for _, lines in self.lines:
            for place, _, text in lines:
                known = self._reading[place]
                if text not in known:
                    known[text] = reading_of(place, text)
                    if known[text] is Reading.READ:
                        wanted[place][text] = None
        self._meaning = _meanings(wanted)
        self.unknown: list[Sourced[str]] = []

    def read(self, lines: Iterable[Line]) -> Iterable[tuple[Line, Meaning]]:
        """The lines that say something, with what they say; the unknown ones are noted."""
        for line in lines:
            reading = self._reading[line.place][line.text]
            if reading is Reading.READ:
                yield line, self._meaning[line.place][line.text]
            elif reading is Reading.UNKNOWN:
                self.note(line)

    def known(self, lines: Iterable[Line]) -> list[tuple[Line, Meaning]]:
        """As ``read``, and what the template did not take is noted as unknown."""
        found = []
        for line, meaning in self.read(lines):
            if "unread" in meaning:
                self.note(line)
            else:
                found.append((line, meaning))
        return found

    def all(self, lines: Iterable[Line]) -> list[tuple[Line, Meaning]]:
        """As ``read``; what the template did not take is noted as unknown and handed on as well."""
        found = list(self.read(lines))
        for line, meaning in found:
            if "unread" in meaning:
                self.note(line)
        return found

    def note(self, line: Line) -> None:
        """Keep a line that nobody here understands."""
        self.unknown.append(Sourced(line.text, line.number))


def _config(text: Cut, *, complete: bool) -> RunningConfig:
    reader = _Reader(text.blocks)
    policies: dict[str, OwnerReader] = {}
    users: dict[str, OwnerReader] = {}
    groups: dict[str, GroupReader] = {}
    webvpn: list[tuple[Line, Meaning]] = []
    top: list[tuple[Line, Meaning]] = []
    ldap: list[LdapMapEntry] = []
    dap: list[Sourced[str]] = []
    load_balancing: Sourced[str] | None = None
    for block, lines in reader.lines:
        header = words(block.header)
        match header[0]:
            case "group-policy" | "username":
                owners = policies if header[0] == "group-policy" else users
                _owner(reader, owners, header, block, lines)
            case "tunnel-group":
                _group(reader, groups, header, block, lines)
            case "webvpn":
                webvpn += reader.known(lines)
            case "ldap":
                ldap += assemble.ldap_entries_of(" ".join(header[2:]), reader.known(lines))
            case "dynamic-access-policy-record":
                name = " ".join(header[1:])
                if block.body or name != "DfltAccessPolicy":
                    dap.append(Sourced(name, block.line))
            case "vpn":
                if any(line.value.strip() == "participate" for line in block.body):
                    load_balancing = load_balancing or Sourced(block.header, block.line)
            case _:
                top += reader.all(lines)
    release = release_of(text.release.value) if text.release else None
    hostnames = tuple(dict.fromkeys(meaning["hostname"] for _, meaning in top if "hostname" in meaning))
    found = assemble.webvpn_of(webvpn)
    svc = found.svc_spelling or any(owner.client.spelled_svc for owner in (*policies.values(), *users.values()))
    return RunningConfig(
        hostname=hostnames[0] if hostnames else text.prompt_host,
        context=text.context,
        release=Sourced(release, text.release.line) if release and text.release else None,
        release_text=text.release.value if text.release else None,
        platform=Platform.FTD if text.ftd_version else Platform.ASA,
        ftd_version=text.ftd_version,
        complete=complete or text.complete,
        indented=text.indented,
        mixed=len(hostnames) > 1,
        recognised=text.release is not None
        or text.ftd_version is not None
        or any(block.header.partition(" ")[0] in _ASA_ONLY for block in text.blocks),
        webvpn=replace(found, svc_spelling=svc or assemble.spells_svc(release)),
        group_policies=tuple(owner.policy() for owner in policies.values()),
        tunnel_groups=tuple(group.group() for group in groups.values()),
        usernames=tuple(owner.username() for owner in users.values()),
        ssl=assemble.ssl_of(top),
        tcpmss=assemble.number_of(top, "tcpmss"),
        interfaces=assemble.interfaces_of(text.blocks, top),
        unsupported_path=assemble.not_understood(top, ("sysopt connection tcpmss", "mtu")),
        ldap_entries=tuple(ldap),
        dap_records=tuple(dap),
        icmp_unreachable_limit=assemble.icmp_limit_of(top),
        logging=assemble.logging_of(top),
        ip_pools=assemble.pools_of(top, "ip_pool"),
        ipv6_pools=assemble.pools_of(top, "ipv6_pool"),
        crypto_maps=assemble.crypto_maps_of(top),
        load_balancing=load_balancing,
        failover=assemble.failover_of(top),
        unknown_lines=(*text.strays, *reader.unknown),
        blocks=tuple(text.blocks),
        warnings=_warnings(text, hostnames),
        serials=text.serials,
    )


def _written_out(word: str, keywords: tuple[str, ...]) -> str | None:
    """The keyword that a person abbreviated to ``word``, as an ASA understands it: only one may begin so."""
    found = [word] if word in keywords else [each for each in keywords if each.startswith(word)]
    return found[0] if len(found) == 1 else None


def _owner(
    reader: _Reader, owners: dict[str, OwnerReader], header: tuple[str, ...], block: Block, lines: Iterable[Line]
) -> None:
    """A ``group-policy`` or ``username`` header with its lines; the same header again adds to it."""
    if len(header) < 3:  # noqa: PLR2004 - keyword, name, what
        reader.note(Line(Place.POLICY, block.line, block.header))
        return
    name, what = header[1], header[2]
    if "attributes".startswith(what):
        owner = owners.setdefault(name, OwnerReader(name, block.line))
        if owner.attributes_line is None:
            owner.attributes_line = block.line
        owner.body += block.body
        for line, meaning in reader.read(lines):
            if not owner.take(line, meaning):
                reader.note(line)
    elif header[0] == "group-policy" and (kind := _written_out(what, ("internal", "external"))):
        owners.setdefault(name, OwnerReader(name, block.line)).kind = Sourced(kind, block.line)
    else:
        reader.note(Line(Place.POLICY, block.line, block.header))


def _group(
    reader: _Reader, groups: dict[str, GroupReader], header: tuple[str, ...], block: Block, lines: Iterable[Line]
) -> None:
    """A ``tunnel-group`` header with its lines; every header of one name adds to the same group."""
    if len(header) < 3:  # noqa: PLR2004 - keyword, name, what
        reader.note(Line(Place.TUNNEL_GENERAL, block.line, block.header))
        return
    name, what = header[1], header[2]
    group = groups.setdefault(name, GroupReader(name, block.line))
    if "type".startswith(what):
        if len(header) > 3:  # noqa: PLR2004 - the type itself
            group.type = Sourced(_written_out(header[3], _TYPES) or header[3], block.line)
        return
    kind = _written_out(what.partition("-")[0], _GROUP_BLOCKS)
    group.raw[kind if kind in group.raw else "other"] += block.body
    for line, meaning in reader.read(lines):
        if not group.take(line, meaning):
            reader.note(line)


def _warnings(text: Cut, hostnames: tuple[str, ...]) -> tuple[Notice, ...]:
    found = []
    if not text.indented:
        found.append(notice("not-indented"))
    if len(hostnames) > 1:
        found.append(notice("several-configurations", hostnames=hostnames))
    return tuple(found)

"""What a RADIUS server hands to an ASA's users, out of a FreeRADIUS ``users`` file or one of its ``mods-config``.

Source: ASA configuration guide, RADIUS authorization attributes of vendor 3076: ``SVC-DTLS`` (123) and ``SVC-MTU``
(125, bytes); FreeRADIUS, users(5): an entry begins in the first column, its reply items are indented.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.running_config import ClientSettings, From, Sourced, Username, notice
from nornir_anyconnect.asa.value_forms import CLIENT_MTU_RANGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nornir_anyconnect.asa.running_config import RunningConfig

_MTU = r"(?:[\w-]{0,40}\bSVC-MTU|(?:Attr-26\.|Vendor-)3076(?:\.|-Attr-)125)"
_DTLS = r"(?:[\w-]{0,40}\bSVC-DTLS(?:-Enable)?|(?:Attr-26\.|Vendor-)3076(?:\.|-Attr-)123)"
_ITEM = re.compile(
    rf"(?<![\w-])(?:(?P<mtu>{_MTU})|(?P<dtls>{_DTLS}))[ \t]*[:+]?=[ \t]*\"?(?P<value>[\w-]{{1,20}})", re.IGNORECASE
)
_ENTRY = re.compile(r"(?:\"(?P<quoted>[^\"]{1,253})\"|(?P<name>[^\s#{}\"]{1,253}))(?=[ \t]|$)")
_ON, _OFF = frozenset({"1", "true", "yes", "enable", "enabled"}), frozenset({"0", "false", "no", "disable", "disabled"})
DEFAULT = "DEFAULT"


@dataclass(frozen=True, slots=True)
class RadiusUser:
    """What one entry hands out.

    Args:
        name: of the user; None where it is for whoever matches (``DEFAULT``, ``update reply``).
        mtu: bytes, with its line.
        dtls: with its line.
        unreadable: values that are none, with their lines.

    """

    name: str | None
    mtu: Sourced[int] | None = None
    dtls: Sourced[bool] | None = None
    unreadable: tuple[Sourced[str], ...] = ()


def hands_out_settings(text: str) -> bool:
    """Whether a text holds one of the two attributes."""
    return _ITEM.search(text) is not None


def radius_users(text: str) -> Iterator[RadiusUser]:
    """Every entry that hands out one of the two attributes."""
    entry = RadiusUser(None)
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.partition("#")[0]
        if bare[:1].strip() and (begun := _ENTRY.match(bare)) and "=" not in begun[0]:
            if entry != RadiusUser(entry.name):
                yield entry
            name = begun["quoted"] or begun["name"]
            # words of unlang begin blocks: what is in them is for whoever gets there
            entry = RadiusUser(None if name == DEFAULT or bare.rstrip().endswith("{") else name)
        for item in _ITEM.finditer(bare):
            entry = _with(entry, item, number)
    if entry != RadiusUser(entry.name):
        yield entry


def _with(entry: RadiusUser, item: re.Match[str], line: int) -> RadiusUser:
    value = item["value"].lower()
    if item["mtu"] and value.isascii() and value.isdigit() and len(value) < 6 and int(value) in CLIENT_MTU_RANGE:  # noqa: PLR2004
        return replace(entry, mtu=Sourced(int(value), line, From.RADIUS))
    if item["dtls"] and value in _ON | _OFF:
        return replace(entry, dtls=Sourced(value in _ON, line, From.RADIUS))
    return replace(entry, unreadable=(*entry.unreadable, Sourced(item[0], line, From.RADIUS)))


def with_radius(config: RunningConfig, users: Iterable[RadiusUser]) -> RunningConfig:
    """The configuration with what a server hands to the users it names: it outranks their own lines.

    What is for whoever matches, or cannot be read, is told beside it.
    """
    known = {each.name: each for each in config.usernames}
    told = list(config.warnings)
    for each in _worst_of_each(users):
        if each.name is None:
            told.append(notice("radius-for-whoever-matches", values=_values(each)))
            continue
        of = {"scope": "username", "name": each.name}
        told += (notice("radius-not-read", **of, line=line.line, text=line.value) for line in each.unreadable)
        if each.mtu is None and each.dtls is None:
            continue
        told.append(notice("radius-for-user", **of, values=_values(each)))
        user = known.get(each.name, Username(each.name, None))
        client = replace(user.client, mtu=each.mtu or user.client.mtu, dtls=each.dtls or user.client.dtls)
        known[each.name] = replace(user, client=client)
    return replace(config, usernames=tuple(known.values()), warnings=tuple(told))


def _worst_of_each(users: Iterable[RadiusUser]) -> Iterator[RadiusUser]:
    """One entry per name: which of several a login matches nobody can tell, so larger MTU and DTLS that is on count."""
    found: dict[str, RadiusUser] = {}
    for each in users:
        if each.name is None:
            yield each
            continue
        known = found.get(each.name, RadiusUser(each.name))
        found[each.name] = replace(
            known,
            mtu=max((size for size in (known.mtu, each.mtu) if size), key=lambda size: size.value, default=None),
            dtls=max((on for on in (known.dtls, each.dtls) if on), key=lambda on: on.value, default=None),
            unreadable=(*known.unreadable, *each.unreadable),
        )
    yield from found.values()


def from_radius(client: ClientSettings) -> bool:
    """Whether a server decides one of the settings: a line on the box would change nothing."""
    return any(each is not None and each.from_ is From.RADIUS for each in (client.mtu, client.dtls))


def _values(user: RadiusUser) -> str:
    said = [f"SVC-MTU {user.mtu.value}"] if user.mtu else []
    said += [f"SVC-DTLS {'on' if user.dtls.value else 'off'}"] if user.dtls else []
    return " and ".join(said) or "a value that is none"

"""Messages as most are: with a header of the device's own, one per line. What another line said is known by its bytes.

A log says the same over and over: who, where, when and what. Whatever is not usual the reader looks at more closely.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from nornir_anyconnect.evidence.syslog.header import Header
from nornir_anyconnect.evidence.syslog.messages import MARK, who_of
from nornir_anyconnect.evidence.syslog.text_reader import MAX_LINE
from nornir_anyconnect.plain_text import decoded

if TYPE_CHECKING:
    from nornir_anyconnect.evidence.syslog.header import HeaderReader
    from nornir_anyconnect.evidence.syslog.messages import Catalogue
    from nornir_anyconnect.evidence.syslog.sightings import Sightings

_TAGS = frozenset({b"%ASA-", b"%FTD-"})
_CACHED = 8192
_OF_HOUR = {b"%02d:%02d" % divmod(second, 60): second * 1_000_000 for second in range(3600)}
"""Microseconds since the hour began, by the minutes and seconds of a clock."""
_BEFORE_ADDRESS = b"> IP <"
# who a message is about, where nothing in a name can be taken for the end of it: what follows reads the same for others
_WHO = re.compile(r"Group <([^<>]*)> User (<[^<>]*>) IP (<[^<>\s]*>)")
_Value = TypeVar("_Value")


class UsualText(NamedTuple):
    """What stands behind the dash before the id of a message."""

    message: str
    fields: tuple[object, ...]
    words: bool


@lru_cache(maxsize=4)
def _texts_known(
    _catalogue: Catalogue,
) -> tuple[dict[bytes, UsualText], dict[bytes, tuple[object, ...]], dict[bytes, UsualText]]:
    """What stood behind the dash before an id, in whatever log: whole, or the names of a user apart from the rest."""
    return {}, {}, {}


class UsualMessages:
    """Reads the two halves of a usual message.

    Args:
        reader: of headers.
        sightings: is told of each header.
        catalogue: the messages wanted.

    """

    def __init__(self, reader: HeaderReader, sightings: Sightings, catalogue: Catalogue) -> None:
        self._reader = reader
        self._sightings = sightings
        self._rows = catalogue.rows
        # what stands around the minutes and seconds of a header: when its hour began, its device and level
        self._frames: dict[bytes, tuple[int, str, int]] = {}
        self._texts, self._names, self._rests = _texts_known(catalogue)

    def header(self, raw: bytes) -> Header | None:
        """What stands before the dash before the id of a message as most are; None where more must be looked at."""
        hour = raw.find(b":")
        since = _OF_HOUR.get(raw[hour + 1 : hour + 6])
        if since is None:
            return None
        around = raw[:hour] + raw[hour + 6 :]
        frame = self._frames.get(around)
        if frame is None:
            if raw[-6:-1] not in _TAGS or not 0 <= (level := raw[-1] - 48) <= 7:  # noqa: PLR2004 - syslog's levels
                return None
            known = self._reader.usual(raw[:-6])
            if known is None or known.time is None:
                return None
            frame = (known.time - since, known.device, level)
            _keep(self._frames, around, frame)
        begin, device, level = frame
        header = Header(begin + since, device)
        self._sightings.note(header, level)
        return header

    def text(self, raw: bytes) -> UsualText | None:
        """What stands behind the dash before the id of a message as most are; None where more must be looked at."""
        known = self._texts.get(raw)
        if known is not None:
            return known
        if raw[6:8] != b": " or len(raw) > MAX_LINE:
            return None
        cut = raw.find(b">", raw.find(_BEFORE_ADDRESS) + len(_BEFORE_ADDRESS)) + 1
        who, rest = raw[8:cut], raw[:6] + raw[cut:]
        same = self._rests.get(rest)
        if same is not None and (names := self._names.get(who) or self._who(who)) is not None:
            return UsualText(same.message, names + same.fields, same.words)
        if MARK.search(raw):
            return None
        message = raw[:6].decode()
        row = self._rows[message]
        match = row.match(decoded(raw[8:]).rstrip("\r\n"))
        if match is None:
            return None
        known = UsualText(message, row.fields(match), row.words)
        if raw.isascii() and match.end(3) == len(who) and self._who(who) == known.fields[:3]:
            _keep(self._rests, rest, UsualText(message, known.fields[3:], row.words))
        else:
            _keep(self._texts, raw, known)
        return known

    def _who(self, raw: bytes) -> tuple[object, ...] | None:
        if not raw.isascii() or MARK.search(raw) or (found := _WHO.fullmatch(raw.decode())) is None:
            return None
        names = who_of(found)
        _keep(self._names, raw, names)
        return names


def _keep(table: dict[bytes, _Value], key: bytes, value: _Value) -> None:
    if len(table) >= _CACHED:
        table.clear()
    table[key] = value

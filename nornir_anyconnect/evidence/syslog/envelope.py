"""What an export wraps around one message: the seam between the readers of exports and the reader of syslog.

An export reader yields one :class:`Envelope` per record, :meth:`SyslogReader.read_envelopes` makes events of them. The
message's own stamp and device win; what it lacks comes from the envelope.
"""

from __future__ import annotations

from typing import NamedTuple


class Envelope(NamedTuple):
    """One record of an export."""

    message: bytes
    """The ASA's line as the export holds it, UTF-8, unescaped, with whatever header was left before its tag. Where the
    id stands in a field of its own the export reader puts the tag back: ``%ASA-6-722036: `` and the text."""
    time: str = ""
    """When it was logged, as the export writes it (:mod:`stamps` reads every form); empty where it does not say."""
    device: str = ""
    """The host of the record; empty where it does not say. A collector's own name is none."""


PASSED_OVER = Envelope(b"")
"""In the place of records that nobody reads: what says that a message was repeated may speak of one of them."""

"""Sumo Logic: the CSV or JSON of a search, ``_raw``, ``_messagetime``, ``_sourcehost``."""

from nornir_anyconnect.evidence.exports.family import Family

FAMILY = Family(
    "Sumo Logic",
    marks=(("_raw", "_sourcehost"), ("_raw", "_messagetime"), ("_messagetime", "_sourcehost")),
    message=("_raw",),
    time=("_messagetimems", "_messagetime", "_receipttime"),
    device=("_sourcehost",),
)

"""Splunk: ``_raw``, ``_time``, ``host``; saved from the search page, or by its REST search."""

from nornir_anyconnect.evidence.exports.family import Family

FAMILY = Family(
    "Splunk",
    marks=(("_raw",),),
    message=("_raw",),
    time=("_time", "_indextime"),
    device=("host",),
)

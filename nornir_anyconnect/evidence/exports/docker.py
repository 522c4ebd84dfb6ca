"""Docker and Kubernetes: a collector's standard output as the json-file driver keeps it; ``log`` ends its line."""

from nornir_anyconnect.evidence.exports.family import Family

FAMILY = Family(
    "Docker",
    marks=(("log", "stream"),),
    message=("log",),
    time=("time",),
    device=("attrs.hostname",),
)

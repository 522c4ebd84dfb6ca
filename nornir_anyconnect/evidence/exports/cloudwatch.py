"""Amazon CloudWatch Logs: ``message`` and ``timestamp`` of filter-log-events, get-log-events and Logs Insights."""

from nornir_anyconnect.evidence.exports.family import Family

FAMILY = Family(
    "CloudWatch",
    marks=(("ingestiontime",), ("logstreamname",), ("@message",), ("@logstream",), ("eventid", "message")),
    message=("message", "@message"),
    time=("timestamp", "@timestamp", "ingestiontime"),
    device=("logstreamname", "@logstream", "logstream"),
)

"""Filebeat, Vector, Fluentd, Fluent Bit, Logstash: what a shipper writes into a file or a queue.

Their ``host`` is often the collector's own, so it names the device only where the message itself does not, and only
where the record says no better.
"""

from nornir_anyconnect.evidence.exports.family import Family

FAMILY = Family(
    "Filebeat, Vector or Fluent",
    marks=(
        ("@timestamp", "message"),
        ("source_type", "message"),
        ("@timestamp", "log"),
        ("@version",),
        ("date", "log"),
    ),
    message=("event.original", "message", "log", "msg"),
    time=("@timestamp", "timestamp", "time", "date"),
    device=("observer.hostname", "hostname", "host.hostname", "syslog.hostname", "host", "source_ip"),
)

"""Microsoft Sentinel and Log Analytics: the tables Syslog and CommonSecurityLog, as CSV or JSON."""

from nornir_anyconnect.evidence.exports.family import Family

FAMILY = Family(
    "Microsoft Sentinel",
    marks=(("syslogmessage",), ("deviceeventclassid",), ("timegenerated",), ("timegenerated [utc]",)),
    message=("syslogmessage", "message", "activity", "additionalextensions", "originallogseverity"),
    time=("timegenerated", "timegenerated [utc]", "eventtime", "receipttime"),
    device=("hostname", "devicename", "computer", "devicedvc", "hostip"),
    ids=("deviceeventclassid", "devicecustomstring1", "processname"),
    levels=("logseverity",),
)

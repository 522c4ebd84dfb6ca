"""What a reader is told beside the findings: a code and its parameters, and here the sentence of each code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.running_config import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping

_SENTENCES: Mapping[str, str] = {
    # what the text is
    "not-indented": "the sub-lines are not indented: it cannot be told which line belongs to which block",
    "several-configurations": "more than one configuration in one text: hostnames {hostnames}",
    "two-dumps": (
        "more than one configuration in one text, from lines {lines}: give the running one alone, "
        "or with the command that printed it"
    ),
    "lines-misplaced": "{count} line(s), the first at line {line}, stand where they do not belong: a header is missing",
    "line-refused": "the device refused a line of this text, and it cannot be told which",
    "no-beginning": (
        "the text does not begin like a configuration (a version or hostname before the first block), "
        "or a filter left lines out: only at-risk verdicts stand"
    ),
    "no-end-mark": "the text has no end mark (Cryptochecksum or ': end'): only at-risk verdicts stand",
    "lines-not-understood": "{count} line(s) in relevant blocks were not understood, the first at line {line}: {text}",
    "lines-not-quoted": "{count} line(s) in relevant blocks were not understood, the first at line {line}",
    "refused-by-release": "the release refused {commands}: simpler forms and packaged defaults stand in",
    "asked-one-by-one": (
        "what was asked together came back mixed up ({doubt}): the device was asked again, one by one; "
        "pipeline: false asks it so from the beginning"
    ),
    "radius-for-user": "RADIUS hands {name} {values}: it outranks what the box says of that user",
    "radius-for-whoever-matches": (
        "external-attributes-possible: RADIUS hands {values} to whoever matches an entry that names nobody: "
        "for them it outranks what was judged"
    ),
    "radius-not-read": "RADIUS, line {line}, of {name}: {text} could not be understood",
    "undeployed-change": (
        "group policy {policy}: its object in FMC says MTU {object_mtu}, Ignore DF Bit {object_df}, the device runs "
        "MTU {device_mtu}, {device_df}: a change was not deployed"
    ),
    "same-chassis": "the same chassis as {names}: counted once",
    # evidence
    "evidence-of-unknown-policy": (
        "the evidence names group policy '{policy}', which the configuration does not have ({users} user(s) hit)"
    ),
    "client-reconnected": "client log {log}: the client reconnected at {time}",
    "client-reconnected-for-mtu": (
        "client log {log}: the client reconnected at {time} to apply a new MTU (reason code 16)"
    ),
    "client-reconnected-once": "client log {log}: the client reconnected",
    "client-reconnected-once-for-mtu": "client log {log}: the client reconnected to apply a new MTU (reason code 16)",
    "probed-dtls-reachable": "probe of {head}: DTLS gets through its path",
    "probed-dtls-blocked": "probe of {head}: DTLS is blocked on its path, the head-end answers from elsewhere",
    "probed-no-answer": (
        "probe of {head}: no answer over UDP: blocked on its path, or the head-end does not answer strangers"
    ),
    "probed-tcp-unreachable": "probe of {head}: no TCP connection",
    # why nothing could be seen
    "message-suppressed": "the configuration suppresses message 722036 (no logging message 722036)",
    "logging-off": "logging is not enabled in the configuration",
    "level-too-low": "message 722036 is at level {level} ({name}), the log keeps {kept}",
    "logging-list": "a logging list or class decides whether message 722036 is kept",
    "no-log-given": "no log of this device was given",
    "log-of-others": "the logs that were given are of {devices}, and none is of this device",
    "no-asa-message": "no message of an ASA was found in what was given",
    "no-message-in-time": "no message of the time asked for was found",
    "no-vpn-message": "the log holds no message about a VPN session of this device",
    "only-notices": "the log ends at level {number}, and message 722036 is at level 6 (informational)",
    "messages-left-out": "sessions begin in the log without message {number}, which each brings: some were left out",
    "no-session-begins": "no session begins in the log, so that nothing tells which messages it would hold",
    "reconnects-without-drops": "{number} session(s) without DTLS reconnected after about a minute, without a drop",
    "log-buffer-empty": "the log buffer holds no message",
    "unreadable-messages": "{number} message(s) that matter could not be read",
    "messages-without-time": "{number} message(s) have no time that was understood: reconnects cannot be told",
    "torn-logs": "{number} log(s) were shortened, or begin or end in the middle of a line",
    "missing-rotations": "{number} file(s) are missing between the rotations of the log that were given",
    "unread-files": "{number} file(s) that were given could not be read, and may be logs",
    "logging-not-known": "the configuration is incomplete: its logging settings are not known",
    "buffer-wrapped": "the log buffer has wrapped: older messages are gone",
    "clock-not-known": "the device's clock at the change is not known",
    "log-not-readable": "this login may not read the log, or it was not understood",
    "no-log-buffer": "the device keeps no log buffer (no logging buffered)",
    "buffer-wrapped-since-change": "the log buffer has wrapped since the change: older messages are gone",
    # which remedy is planned, or why none is
    "last-resort": "the {kind} remedy cannot be used ({because}): {why}",
    "asked-for": "{kind} was asked for",
    "closes-only-under": "it closes the gap only under {sets}",
    "tunnels-reached": "; L2L tunnels that it reaches: {names}",
    "nothing-closes": "no remedy closes this finding",
    "not-at-risk": "nothing is planned for a finding that is {verdict}",
    "accepted": "accepted by {owner} until {expires}: {reason} (say --include-waived to plan it all the same)",
    "changed-partly": "vpn load-balancing group {group} is changed partly: {changed} but not {others}",
    "judged-partly": "not all of the configuration was read of {names}: what was not is neither judged nor planned",
    # waivers
    "waiver-expired": "the waiver for {scope} {name} ({owner}) expired on {expires}",
}


_MOST_LISTED = 10


def sentence(notice: Notice) -> str:
    """The notice in words; a code without a sentence shows itself."""
    template = notice.words or _SENTENCES.get(notice.code)
    if template is None:
        return notice.code
    return template.format_map({name: _shown(value) for name, value in notice.parameters.items()})


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, tuple | list):
        return sentence(value) if isinstance(value, Notice) else str(value)
    more = f" and {len(value) - _MOST_LISTED} more" if len(value) > _MOST_LISTED else ""
    return ", ".join(map(str, value[:_MOST_LISTED])) + more

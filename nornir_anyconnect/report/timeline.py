"""The reconnect as a timeline with a box's own numbers, and which cause the evidence supports.

Source: Cisco tech note 116881, section 1 of its workflow; message texts as the syslog guide has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.effective import DEFAULT_DTLS_PORT
from nornir_anyconnect.audit import provenance
from nornir_anyconnect.audit.finding import Finding, FindingEvidence, Verdict
from nornir_anyconnect.evidence.probe import Cause
from nornir_anyconnect.mtu.assumptions import TECHNOTE
from nornir_anyconnect.mtu.derive import Path, derive_tls
from nornir_anyconnect.mtu.suites import Version, suite

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import RunningConfig

IP_AND_TCP = 40
RECONNECT_AFTER = 60
"""Seconds after which the client gives DTLS up and reconnects."""

PATH_BLOCKED = "path-blocked"
PORT_NOT_OPEN = "dtls-port-not-open"
LOST_LATER = "dtls-lost-later"
UNDECIDED = "undecided"

CAUSES = {
    PATH_BLOCKED: "DTLS never comes up: something between these clients and the ASA blocks UDP",
    PORT_NOT_OPEN: "DTLS never comes up: it listens on a port that the path does not open",
    LOST_LATER: "DTLS comes up and is lost later: a NAT or firewall on the path forgets the UDP flow",
    UNDECIDED: "no evidence says which cause it is",
}

_TELL_APART = (
    (
        "path blocked: only clients behind certain networks are hit; their sessions show SSL-Tunnel and no "
        "DTLS-Tunnel, and the log shows no UDP connection (722033/722034 UDP) after they come up"
    ),
    (
        "DTLS port not open: every client is hit, whatever network it comes from; a capture on the serving "
        "interface shows no UDP packet on the DTLS port"
    ),
    (
        "lost later: the log shows a UDP connection that ends or goes silent (722023, 722028) before the first "
        "722036, and the time to the reconnect is not one minute"
    ),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of the timeline; ``seconds`` from the connect (or from the loss of DTLS)."""

    seconds: float
    happens: str
    user_sees: str = ""
    log_says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happens to a user of one finding when DTLS is not there."""

    moments: tuple[Moment, ...]
    cause: str
    """One of the keys of ``CAUSES``."""
    cause_because: str
    """What supports the cause, in a sentence."""
    tell_apart: tuple[str, ...]


def timeline(finding: Finding, policy: str | None = None) -> Timeline | None:
    """The reconnect of this finding's users; None where both MTUs are not known or leave no gap.

    Args:
        finding: with what was seen of its users.
        policy: stands in the log lines for the finding's own group policy.

    """
    if finding.gap is None or finding.gap <= 0:
        return None
    seen = finding.evidence or FindingEvidence()
    cause, because = _cause(seen, _dtls_port(finding))
    return Timeline(
        moments=_moments(finding, policy or finding.group_policy, seen, lost=cause == LOST_LATER),
        cause=cause,
        cause_because=because,
        tell_apart=_TELL_APART,
    )


def _dtls_port(finding: Finding) -> int:
    port = finding.sources.get(provenance.DTLS_PORT)
    return port.value if port else DEFAULT_DTLS_PORT


def _cause(seen: FindingEvidence, port: int) -> tuple[str, str]:
    """The cause that the evidence supports, and what supports it."""
    other_port = port != DEFAULT_DTLS_PORT
    on_port = f", and DTLS is on port {port}" if other_port else ""
    never_up = PORT_NOT_OPEN if other_port else PATH_BLOCKED
    if seen.lost * 2 > seen.reconnects:
        return LOST_LATER, f"{seen.lost} of {seen.reconnects} reconnects seen had a UDP connection before"
    if seen.reconnects:
        never = seen.reconnects - seen.lost
        return never_up, f"{never} of {seen.reconnects} reconnects seen never had a UDP connection{on_port}"
    if seen.tls_only_sessions and (other_port or seen.tls_only_sessions < seen.sessions):
        users = f"{seen.tls_only_sessions} of {seen.sessions} connected users"
        return never_up, f"{users} have no DTLS tunnel{on_port}"
    if seen.probe is Cause.DTLS_BLOCKED:
        return PATH_BLOCKED, "a probe got no answer over UDP on its path, and one from another network did"
    if seen.probe is Cause.DTLS_REACHABLE:
        return UNDECIDED, "a probe got an answer over UDP: nothing blocks DTLS on its path, users' own may differ"
    if other_port:
        return UNDECIDED, f"nothing was observed; DTLS on port {port} makes a closed port the first suspect"
    return UNDECIDED, "nothing was observed that tells the causes apart"


def _moments(finding: Finding, policy: str | None, seen: FindingEvidence, *, lost: bool) -> tuple[Moment, ...]:
    tls, dtls = finding.tls_mtu, finding.dtls_mtu
    who = f"Group <{policy}> User <...> IP <...>"
    until = RECONNECT_AFTER if seen.stalled is None else round(seen.stalled, 1)
    fragments = finding.verdict is Verdict.MITIGATED
    start = (
        Moment(
            0,
            f"the DTLS tunnel is lost; traffic moves to the TLS tunnel, the adapter keeps its MTU of {dtls} bytes",
            "nothing yet",
            (f"%ASA-5-722028: {who} Stale SVC connection closed.",),
        )
        if lost
        else Moment(
            0,
            "the client connects over TLS and brings its adapter up with the DTLS MTU "
            f"of {dtls} bytes, before any DTLS tunnel exists",
            "connected",
            (
                f"%ASA-5-722033: {who} First TCP SVC connection established for SVC session.",
                f"%ASA-4-722051: {who} IPv4 Address <...> IPv6 address <::> assigned to session",
            ),
        )
    )
    dropped = Moment(
        2,
        f"a server, told an MSS of {_mss(dtls)} bytes, sends packets of {dtls} bytes that must not be fragmented; "
        f"the TLS tunnel carries {tls}. "
        + (
            "df-bit-ignore is on: the ASA sends them in fragments"
            if fragments
            else "The ASA drops them (mp-svc-no-fragment) and answers with ICMP 'fragmentation needed'"
        ),
        "slower downloads" if fragments else "pages and downloads stall, small exchanges such as ping work",
        (
            f"%ASA-6-722036: {who} Transmitting large packet {dtls} (threshold {tls}).",
            (
                f"%ASA-6-602101: PMTU-D packet {dtls} bytes greater than effective mtu {tls}, "
                "dest_addr=..., src_addr=..., prot=TCP"
            ),
        ),
    )
    hello = Moment(
        1,
        f"the client tries DTLS on UDP port {_dtls_port(finding)}; nothing answers",
        "nothing yet",
    )
    reconnect = Moment(
        until,
        "the client gives DTLS up and reconnects, only to lower its MTU",
        "'Reconnecting' for a few seconds; open connections may break",
        (
            f"%ASA-6-722011: {who} SVC Message: 16/NOTICE: Reconnecting the VPN tunnel.",
            f"%ASA-5-722032: {who} New TCP SVC connection replacing old connection.",
            "client log: Reconfigure reason code 16: New MTU configuration",
        ),
    )
    after = Moment(
        until + 2,
        f"the adapter has the TLS MTU of {tls} bytes; servers are told an MSS of {_mss(tls)} bytes",
        "everything works until the next connect",
    )
    return (start, dropped, reconnect, after) if lost else (start, hello, dropped, reconnect, after)


def _mss(mtu: int | None) -> int:
    return (mtu or 0) - IP_AND_TCP


def remarks(config: RunningConfig) -> tuple[str, ...]:
    """What a reader of Cisco's tech note must be told about this configuration."""
    for version, choice in config.ssl.ciphers:
        if version == Version.TLS1_2 and (choice.value.custom or ("",))[0] == "AES256-SHA256":
            break
    else:
        return ()
    tcpmss = provenance.tcpmss(config).value
    path = Path(tcpmss=tcpmss)
    note = derive_tls(suite("RC4-SHA"), Version.TLS1_2, path, TECHNOTE)
    right = derive_tls(suite("AES256-SHA256"), Version.TLS1_2, path, TECHNOTE)
    return (
        (
            "Cisco tech note 116881 shows 'ssl cipher tlsv1.2 custom AES256-SHA256 ...' beside a TLS MTU of "
            f"{note.computed} bytes. That arithmetic is RC4-SHA1's (5 TLS, 8 CSTP, no padding, 20 hash); "
            f"for AES256-SHA256 at tcpmss {tcpmss} the right answer is {right.computed} bytes."
        ),
    )

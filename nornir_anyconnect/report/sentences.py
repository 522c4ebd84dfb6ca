"""What every format for people says: one sentence per verdict reason and per caveat, and what a finding says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.asa.chassis import label_of
from nornir_anyconnect.audit.finding import Finding, FindingEvidence, Likely, Remedy, Verdict
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.audit.observable import notice_of
from nornir_anyconnect.evidence.syslog.header import UNNAMED
from nornir_anyconnect.remedies.options import EXPLAINED
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.audit.finding import DeviceAudit
    from nornir_anyconnect.evidence.logs_report import Input, LogSummary
    from nornir_anyconnect.evidence.observations import Incident

_MOST_INPUTS = 8
REASONS: dict[str, str] = {
    "incomplete-config": "The text is not a complete configuration, so nothing can be called safe.",
    "not-remote-access": "The tunnel group is of a type that AnyConnect users cannot connect to.",
    "webvpn-not-enabled": "webvpn is not enabled on any interface.",
    "anyconnect-not-enabled": "AnyConnect is not enabled in the global webvpn settings.",
    "group-policy-missing": "The group policy that users get is not in the configuration.",
    "external-group-policy": "The group policy is external: a server decides its settings.",
    "ssl-client-not-allowed": "The group policy does not allow the SSL client (vpn-tunnel-protocol ssl-client).",
    "dtls-disabled": "DTLS is off for these users, so the adapter gets the TLS MTU from the start.",
    "unknown-suite": "A cipher suite is configured whose size is not known, so its MTU cannot be computed.",
    "unsupported-value": "A setting that decides the MTU has a value that could not be understood.",
    "dtls-not-negotiable": "No configured cipher suite can carry DTLS, so the tunnel runs over TLS alone.",
    "undeployed-change": "The object in FMC and the device differ: what FMC deploys next is not what was judged.",
    "single-mtu-release": "Releases before 9.0 make one MTU estimate for both tunnels; which one is not known.",
    "dtls-mtu-exceeds-tls-mtu": (
        "The adapter comes up with the DTLS MTU; without DTLS, full-size packets do not fit into the TLS tunnel, "
        "and about one minute later the client reconnects."
    ),
    "observed-not-predicted": (
        "No assumption computes it, but reconnects show it: packets that the adapter may send did not fit into the "
        "TLS tunnel."
    ),
    "fragmentation-allowed": (
        "Full-size packets pass in fragments (df-bit-ignore), but the client still reconnects to change its MTU."
    ),
    "mtu-at-or-below-tls-mtu": "The configured MTU fits into the TLS tunnel, so nothing changes when DTLS is lost.",
    "tls-mtu-at-or-above-dtls-mtu": "The TLS tunnel carries every packet that the DTLS tunnel carries.",
}

CAVEATS: dict[str, str] = {
    "client-path-assumed": (
        "Clients' own networks are taken to carry packets of 1500 bytes, or of what --client-mtu says; "
        "behind PPPoE or LTE it is less."
    ),
    "udp-above-client-mtu": (
        "The TLS MTU is above the DTLS MTU: applications that size UDP by the TLS tunnel may exceed the DTLS tunnel."
    ),
    "icmp-unreachable-rate-limited": (
        "The ASA limits its ICMP unreachables: with many users most servers are never told to send less, "
        "which makes a black hole of the stall."
    ),
    "icmp-path-unknown": (
        "Whether 'fragmentation needed' reaches the servers cannot be seen here; filters behind the ASA are invisible."
    ),
    "non-default-dtls-port": "DTLS listens on a port other than 443, which paths often block.",
    "external-attributes-possible": (
        "A AAA server or a dynamic access policy may give users other settings than the configuration shows."
    ),
    "default-policy-affected": (
        "The MTU comes from DfltGrpPolicy: a change there reaches every policy that inherits from it."
    ),
    "l2l-tunnels-present": "The box has site-to-site tunnels, which a change of tcpmss would touch as well.",
    "release-unknown": "The release is not known: every version and default that some release has counts.",
    "model-mismatch": (
        "The device shows numbers that no combination of assumptions explains; "
        "no remedy is offered until a person has looked at them."
    ),
}

CERTAINTY: dict[str | None, str] = {
    "all-assumptions": "It holds under every assumption that stands.",
    "primary-assumptions": "It holds by what measured boxes do; not every assumption that stands shows it.",
    "other-assumptions": "It is a precaution: only under assumptions that no measurement supports.",
    None: "No assumption is involved.",
}

_CERTAINTY_INLINE = {
    "all-assumptions": "under all assumption sets",
    "primary-assumptions": "by what measured boxes do",
    "other-assumptions": "a precaution: only under assumptions that no measurement supports",
    None: "",
}
_SUSPECTED = "the log holds none of the drops that would prove it"
_HIGHEST_SETTABLE = 1406
"""Bytes: the largest value of ``anyconnect mtu``, above which no safe MTU is named."""
ADVICE = {
    "incomplete-config": "save the whole output of 'show running-config', or say --assume-complete for an excerpt",
    "group-policy-missing": "check the name in default-group-policy; the policy is not in this configuration",
    "external-group-policy": "ask the AAA server for the policy's settings, or look at a session's MTU on the device",
    "unknown-suite": "give the device's own 'show ssl ciphers' (audit does), or configure a suite by its usual name",
    "unsupported-value": "look at the lines named above; the value is not one that an ASA of this release prints",
    "single-mtu-release": "give a syslog with 722036, which shows the box's own numbers, or upgrade to 9.0 or later",
}
"""What to do about a finding that is unknown, by reason."""


def reason_text(reason: str) -> str:
    """The sentence of a verdict's reason; the word itself where there is none."""
    return REASONS.get(reason, reason)


def caveat_text(caveat: str) -> str:
    """The sentence of a caveat; the word itself where there is none."""
    return CAVEATS.get(caveat, caveat)


def device_name(device: DeviceAudit) -> str:
    """The device, with its context where it has one."""
    return label_of(device.name, device.context)


def troubles(device: DeviceAudit) -> tuple[str, ...]:
    """What kept the device from being judged wholly, and what is odd about it."""
    return (*device.errors, *(sentence(each) for each in device.warnings))


def count(number: int, what: str) -> str:
    """The number with its word, in the plural where it is not one."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _only_set(finding: Finding) -> str | None:
    """The assumption set that somebody asked for; None where several stand or the device's numbers left one."""
    names = list(finding.assumptions)
    return names[0] if len(names) == 1 and names[0] not in finding.calibrated else None


def certainty(finding: Finding) -> str:
    """Under which assumption sets the verdict holds; empty where none is involved."""
    only = _only_set(finding)
    if finding.certainty and only:
        return f"under {only}, the only set asked for"
    said = _CERTAINTY_INLINE[finding.certainty]
    measured = finding.certainty == "primary-assumptions" and finding.verdict is Verdict.AT_RISK
    return f"at risk {said}" if measured else said


def certainty_sentence(finding: Finding) -> str:
    """The same as a sentence of its own."""
    said = certainty(finding)
    return f"It holds {said}." if finding.certainty and _only_set(finding) else CERTAINTY[finding.certainty]


def safe_mtu(finding: Finding) -> str:
    """The MTU that fits for every client, and why it may be below the TLS MTU beside it; empty where none is known."""
    safe, tls = finding.safe_mtu, finding.tls_mtu
    if safe is None:
        return ""
    if tls is None or safe >= tls:
        return f"{safe} bytes"
    if safe == _HIGHEST_SETTABLE:
        return f"{safe} bytes (the largest that can be configured)"
    sets = "" if len(finding.assumptions) == 1 else ", under every assumption set"
    return f"{safe} bytes (the smallest over all suites that clients may negotiate{sets})"


def subject(finding: Finding) -> str:
    """What the finding is about, as ``scope name``."""
    return f"{finding.scope} {finding.name}"


def predicted(finding: Finding) -> str:
    """What the configuration and the arithmetic say, in one sentence."""
    tls, dtls, gap = finding.tls_mtu, finding.dtls_mtu, finding.gap
    if gap is None:
        return reason_text(finding.reason)
    if finding.numbers_from is None:
        return f"a packet of {dtls} bytes met a TLS MTU of {tls}, as reconnects show; no assumption computes it"
    basis = f"by {finding.numbers_from}, {finding.tls_suite} and {finding.dtls_suite}"
    if gap > 0:
        return f"DTLS MTU {dtls} is {gap} bytes above TLS MTU {tls} ({basis})"
    return f"DTLS MTU {dtls} is not above TLS MTU {tls} ({basis})"


def likely(finding: Finding) -> str:
    """What a current client gets, in one sentence; empty where nothing is known of one."""
    pair = finding.likely
    if pair is None:
        return ""
    name = finding.numbers_from if finding.numbers_from in pair.assumptions else next(iter(pair.assumptions))
    numbers = pair.assumptions[name]
    who = "sessions seen have" if pair.client == Likely.SEEN else f"{pair.client} gets"
    if numbers.gap is None:
        return f"{who} {pair.tls_suite} and no DTLS: TLS MTU {numbers.tls_mtu}"
    gap = f"{numbers.gap} bytes above" if numbers.gap > 0 else "not above"
    sizes = f"DTLS MTU {numbers.dtls_mtu} is {gap} TLS MTU {numbers.tls_mtu}"
    return f"{who} {pair.tls_suite} and {pair.dtls_suite}: {sizes} (by {name})"


def observed(finding: Finding) -> str:
    """What was seen of its users, in one sentence; what could not be seen is never called none."""
    told = finding.evidence.client_reconnects if finding.evidence else 0
    if told == 0:
        return _observed(finding)
    return f"client log: {told} reconnect(s) to apply a new MTU; log of the device: {_observed(finding)}"


def _observed(finding: Finding) -> str:
    seen = finding.evidence
    if seen is None:
        return "not observable: no log, session or counter was given"
    why = sentence(seen.observable_reason) if seen.observable_reason else ""
    before = _past(seen)
    if before and not seen.confirmed and not seen.reconnects:
        return f"{before}{_span(finding)}"
    if seen.confirmed or seen.large_packets or seen.reconnects:
        found = [f"{seen.users} user(s) hit", f"{seen.reconnects} reconnect(s)"]
        if seen.large_packets:
            found.append(f"{seen.large_packets} packet(s) too large for TLS")
        if seen.thresholds:
            found.append(f"threshold {', '.join(str(each) for each in seen.thresholds)}")
        found += [before] if before else []
        more = f"; there may be more: {why}" if why else ""
        return f"{'confirmed' if seen.confirmed else 'drops seen, not proof'}: {', '.join(found)}{_span(finding)}{more}"
    if seen.tls_only_sessions:
        drops = "no drop seen" if seen.observable == "yes" else f"drops are not observable: {why}"
        return f"{seen.tls_only_sessions} of {seen.sessions} session(s) run over TLS only, {drops}{_span(finding)}"
    if seen.suspected:
        return f"{seen.suspected} reconnect(s) of sessions without DTLS after about a minute; {_SUSPECTED}"
    if seen.observable == "yes":
        return f"no drop and no reconnect seen{_span(finding)}"
    if seen.observable == "no":
        return f"not observable: {why}"
    return f"not known whether it could be seen: {why}{_span(finding)}"


def unseen(summary: LogSummary) -> list[str]:
    """Why logs need not show all that happened, one sentence each; empty where they would."""
    if summary.could_be_seen:
        return []
    mark = "there may be more" if summary.incidents or summary.users else "not observable"
    return [f"{mark}: {f'{device}: ' if device else ''}{sentence(notice_of(gap))}" for device, gap in summary.gaps]


def read_as(given: Input) -> str:
    """What one text that was handed in was read as, and what is in it."""
    log = given.log
    if given.read_as is None:
        problem = given.problem or ""
        rest = problem.removeprefix(f"{given.path} ")
        return f"{given.path}: not used: {problem if rest == problem else f'it {rest}'}"
    devices = [name for name in log.devices if name != UNNAMED][:5]
    said = [f"{log.messages} message(s)" + (f" of {', '.join(devices)}" if devices else "")]
    if log.unreadable:
        said.append(f"{log.unreadable} more could not be read")
    if log.span.first and log.span.last:
        said.append(f"{log.span.first.isoformat()} to {log.span.last.isoformat()}")
    if log.order != "unknown":
        said.append(log.order)
    if log.untimed:
        said.append(f"{log.untimed} without a time")
    if log.undecided_dates:
        first = "month" if log.month_first else "day"
        said.append(f"dates such as 03/04/2026 were read with the {first} first (--date-order says otherwise)")
    told = ", ".join(said) if log.messages or log.unreadable else ""
    cut = f"; not wholly: {given.problem}" if given.problem else ""
    return f"{given.path}: read as {given.read_as}" + (f": {told}" if told else "") + cut


def inputs(given: Iterable[Input]) -> list[str]:
    """What was read as what, a line for each; of a folder full of configurations only what is none."""
    told = [each for each in given if each.read_as != "running-config" or each.problem]
    lines = [read_as(each) for each in told[:_MOST_INPUTS]]
    more = len(told) - len(lines)
    return [*lines, f"and {count(more, 'more text')}, which the JSON names"] if more > 0 else lines


def _past(seen: FindingEvidence) -> str:
    """What was seen of settings that are no longer in force; empty where nothing was."""
    past = seen.past
    if past is None:
        return ""
    last = f", the last at {past.last}" if past.last else ""
    return f"hit before the present setting: {past.users} user(s) with {past.reconnects} reconnect(s){last}"


def _span(finding: Finding) -> str:
    span = finding.evidence.span if finding.evidence else None
    return f", {span[0]} to {span[1]}" if span else ""


def recommended(finding: Finding) -> Remedy | None:
    """The remedy to take: the first that closes the gap and that nothing blocks, else the first not blocked."""
    open_ways = [remedy for remedy in finding.remedies if not remedy.blocked_by and remedy.lines]
    return next((remedy for remedy in open_ways if remedy.closes), open_ways[0] if open_ways else None)


def effect_of(remedy: Remedy) -> str:
    """Whether it closes the gap."""
    return "closes the gap" if remedy.closes else "does not close the gap under every assumption set"


def next_step(finding: Finding) -> str:
    """What to do about it, in one sentence; empty where nothing is to be done."""
    if finding.waiver:
        owner, until = finding.waiver.get("owner", "somebody"), finding.waiver.get("expires", "further notice")
        return f"accepted by {owner} until {until}"
    if finding.verdict is Verdict.UNKNOWN:
        return ADVICE.get(finding.reason, "")
    if finding.verdict not in (Verdict.AT_RISK, Verdict.MITIGATED):
        return ""
    remedy = recommended(finding)
    if remedy is None:
        blocked = next((each for each in finding.remedies if each.blocked_by), None)
        why = "; ".join(EXPLAINED.get(block, block) for block in blocked.blocked_by) if blocked else ""
        return f"{blocked.kind} is blocked: {why}" if blocked else ""
    return f"{remedy.kind}: {' / '.join(line.strip() for line in remedy.lines)} ({effect_of(remedy)})"


def needs_attention(finding: Finding) -> bool:
    """Whether a person should look at it."""
    return finding.confirmed or finding.verdict in (Verdict.AT_RISK, Verdict.UNKNOWN, Verdict.MITIGATED)


def told(incident: Incident) -> str:
    """One incident in a line."""
    sizes = f", {incident.packet} bytes met a threshold of {incident.threshold}" if incident.packet else ""
    at = incident.reconnected_at.isoformat() if incident.reconnected_at else "at an unknown time"
    return harmless(
        f"{incident.user}: {incident.kind}, reconnected {at}, {incident.large_packets} large packet(s){sizes}"
    )

"""The text of an audit, on a screen and in a pipe alike: the answer first, then who needs somebody, then what to do.

1 the sentence that answers, 2 a table of what needs somebody, worst first, 3 the others as one count per verdict,
4 what could not be judged or seen and why, once, 5 the next command, 6 the files written. Details only where asked for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.grammar import Mode, row_of
from nornir_anyconnect.audit import provenance
from nornir_anyconnect.audit.audit_report import users_seen
from nornir_anyconnect.audit.finding import Scope, Status, Verdict, worst_first
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.report import sentences
from nornir_anyconnect.report.answer import answer
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.report.text_table import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nornir_anyconnect.asa.running_config import Sourced
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.mtu.derive import Step
    from nornir_anyconnect.report import Style

    Found = tuple[DeviceAudit, Finding]

_CLIENT_MTU = row_of(Mode.GROUP_WEBVPN, "mtu").words()
_MOST_REASONS = 14
"""Lines of a screen that say why something could not be judged."""
_MOST_NAMES = 4
_MOST_TYPED = 12
"""Lines to type that are shown without being asked for."""


def render(report: AuditReport, style: Style) -> str:
    """The whole text."""
    found = ordered(report)
    shown = [each for each in found if _asked_for(each[1], style)]
    rows = [{title: harmless(cell) for title, cell in cells(*each).items()} for each in shown]
    parts = [_wrapped(harmless(answer(report)), style), drawn(rows, style)]
    if style.detail:
        wanted = shown if style.only else found
        parts += [_details(device, finding, style) for device, finding in wanted]
    else:
        parts.append(_to_type(shown))
    parts.append(_others(report, found, shown, style))
    parts.append(_unjudged(report, shown, style))
    parts.append([f"next: {command}" for command in style.next_commands])
    parts.append([harmless(f"written: {', '.join(style.files)}")] if style.files else [])
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def ordered(report: AuditReport) -> list[Found]:
    """All findings, worst first."""
    return sorted(
        ((device, finding) for device in report.devices for finding in device.findings),
        key=lambda each: (_rank(each[1]), worst_first(each[1]), each[0].name),
    )


def _rank(finding: Finding) -> int:
    """What somebody accepted, and what needs nothing, comes last."""
    if finding.waiver is not None:
        return 1
    return 0 if sentences.needs_attention(finding) else 2


def _asked_for(finding: Finding, style: Style) -> bool:
    """What needs somebody; with ``--only`` those verdicts alone."""
    if style.only:
        return str(finding.verdict) in style.only or (finding.confirmed and "confirmed" in style.only)
    return needs_somebody(finding)


def needs_somebody(finding: Finding) -> bool:
    """Whether it is a row of the table. What could not be judged is told once, below."""
    wanted = sentences.needs_attention(finding) and finding.waiver is None
    return wanted and (finding.verdict is not Verdict.UNKNOWN or finding.confirmed)


def verdict_word(finding: Finding) -> str:
    """``confirmed`` where users were hit, else the verdict; "confirmed" and "safe" never stand together."""
    word = "confirmed" if finding.confirmed and finding.verdict is not Verdict.SAFE else str(finding.verdict)
    return f"{word} (accepted)" if finding.waiver else word


def _hit(finding: Finding) -> str:
    seen = finding.evidence
    if seen is not None and seen.client_reconnects and not seen.users:
        return f"client log: {seen.client_reconnects}"
    users = users_seen(finding)
    return "?" if users is None else str(users)


def _fix(finding: Finding) -> str:
    remedy = sentences.recommended(finding)
    if remedy is not None:
        return remedy.kind
    return "blocked" if any(each.blocked_by for each in finding.remedies) else ""


def _group(finding: Finding) -> str:
    return finding.name if finding.scope is Scope.TUNNEL_GROUP else f"{finding.scope} {finding.name}"


def cells(device: DeviceAudit, finding: Finding) -> dict[str, str]:
    """What the table says of a finding, by title; names are as the device has them."""
    values = {
        "device": sentences.device_name(device),
        "tunnel group": _group(finding),
        "verdict": verdict_word(finding),
        "hit": _hit(finding),
        "TLS": finding.tls_mtu,
        "DTLS": finding.dtls_mtu,
        "safe": finding.safe_mtu,
        "fix": _fix(finding),
        "group policy": finding.group_policy,
    }
    return {title: "" if value is None else str(value) for title, value in values.items()}


def _to_type(shown: Sequence[Found]) -> list[str]:
    """The lines to type, where there are few: as they can be pasted."""
    blocks = {
        (sentences.device_name(device), remedy.lines): None
        for device, finding in shown
        if finding.verdict in (Verdict.AT_RISK, Verdict.MITIGATED)
        and (remedy := sentences.recommended(finding)) is not None
        and remedy.closes
    }
    if sum(len(commands) for _, commands in blocks) > _MOST_TYPED:
        return []
    lines = []
    for name, commands in blocks:
        lines.append(harmless(f"on {name}, in configuration mode:"))
        lines += [f"  {harmless(line)}" for line in commands]
    return lines


def details(finding: Finding) -> list[tuple[str, str]]:
    """What supports the verdict, as (label, sentence)."""
    found = [("predicted", sentences.predicted(finding))]
    if finding.gap is not None:
        found.append(("why", sentences.reason_text(finding.reason)))
    found += [("TLS", _chain(finding.tls_steps)), ("DTLS", _chain(finding.dtls_steps))]
    if finding.gap is not None and len(finding.assumptions) > 1:
        shown = (f"{name} {each.tls_mtu}/{each.dtls_mtu}" for name, each in finding.assumptions.items())
        found.append(("TLS/DTLS by", ", ".join(shown)))
    found.append(("likely", sentences.likely(finding)))
    if finding.configured_mtu is not None:
        found.append(
            (
                "configured",
                f"{_CLIENT_MTU} {finding.configured_mtu} ({finding.configured_mtu_from})",
            )
        )
    found.append(("observed", sentences.observed(finding)))
    if finding.evidence and finding.evidence.user_names:
        found.append(("users hit", ", ".join(finding.evidence.user_names)))
    if finding.reachable_by:
        found.append(("reached by", ", ".join(str(each) for each in finding.reachable_by)))
    if finding.verdict is not Verdict.SAFE:
        found.append(("safe MTU", sentences.safe_mtu(finding)))
    found.append(("next", _next(finding)))
    found += [("mind", sentences.caveat_text(caveat)) for caveat in finding.caveats]
    found += [("from", _cited(*each)) for each in finding.sources.items()]
    return [(label, harmless(text)) for label, text in found if text]


def _chain(steps: tuple[Step, ...]) -> str:
    return "; ".join(f"{step.label} = {step.operation} = {step.value}" for step in steps)


def _cited(setting: str, source: Sourced[Any]) -> str:
    line = f" line {source.line}" if source.line else ""
    return f"{provenance.named(setting, source)}: {provenance.shown(setting, source.value)} ({source.from_}{line})"


def _next(finding: Finding) -> str:
    """In words; the lines of a remedy follow as lines."""
    remedy = sentences.recommended(finding)
    if remedy is None or finding.waiver is not None or finding.verdict is Verdict.SAFE:
        return sentences.next_step(finding)
    return f"{remedy.kind} {sentences.effect_of(remedy)}"


def _details(device: DeviceAudit, finding: Finding, style: Style) -> list[str]:
    title = f"{sentences.device_name(device)}: {verdict_word(finding)}: {sentences.subject(finding)}"
    if finding.group_policy not in (None, finding.name):
        title += f" (group policy {finding.group_policy})"
    said = sentences.certainty(finding)
    lines = [harmless(f"{title}{f', {said}' if said else ''}")]
    for label, text in details(finding):
        lines += _wrapped(f"  {label}: {text}", style)
    remedy = sentences.recommended(finding)
    if remedy is not None and finding.waiver is None and finding.verdict is not Verdict.SAFE:
        for title, commands in (("type", remedy.lines), ("take back", remedy.rollback)):
            lines.append(f"  {title}:")
            lines += [f"    {harmless(line)}" for line in commands]
    return lines


def _wrapped(line: str, style: Style) -> list[str]:
    """A screen breaks between words; a pipe gets one line, which can be searched."""
    if not style.terminal:
        return [line]
    return wrap(line, style.width, subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)


def counted(findings: Sequence[Finding]) -> str:
    """How many of each verdict, the most first."""
    words = Counter("accepted" if each.waiver else str(each.verdict).replace("-", " ") for each in findings)
    return ", ".join(f"{number} {word}" for word, number in sorted(words.items(), key=lambda each: -each[1]))


def _others(report: AuditReport, found: Sequence[Found], shown: Sequence[Found], style: Style) -> list[str]:
    """The findings that are in no row, as one count per verdict."""
    rows = {id(finding) for _, finding in shown}
    left = [finding for _, finding in found if id(finding) not in rows]
    said = counted(left)
    lines = [f"{'others' if shown else 'findings'}: {said}"] if said else []
    if len(report.devices) == 1 and not style.detail:
        for finding in left:
            text = f"  {_group(finding)}: {verdict_word(finding)}: {sentences.reason_text(finding.reason)}"
            lines += _wrapped(harmless(text), style)
    return lines


def _unjudged(report: AuditReport, shown: Sequence[Found], style: Style) -> list[str]:
    reasons = unjudged(report, shown)
    lines: list[str] = []
    for number, text in enumerate(reasons):
        wrapped = _wrapped(harmless(text), style)
        if lines and len(lines) + len(wrapped) > _MOST_REASONS:
            more = sentences.count(len(reasons) - number, "more reason")
            lines.append(f"... and {more}; all of them: --format json=FILE")
            break
        lines += wrapped
    return lines + [line for text in also_told(report) for line in _wrapped(harmless(text), style)]


def unjudged(report: AuditReport, shown: Sequence[Found]) -> list[str]:
    """What could not be read, judged or seen, and why: each reason once, with whom it holds for."""
    why: dict[str, dict[str, None]] = defaultdict(dict)
    for device in report.devices:
        for text, whom in _reasons(device):
            why[text][whom] = None
    for device, finding in shown:
        if _fix(finding) == "blocked":
            why[sentences.next_step(finding)][f"{sentences.device_name(device)} {_group(finding)}"] = None
    for device, finding in shown:
        seen = finding.evidence
        by_client = seen is not None and seen.client_reconnects > 0
        if finding.verdict in (Verdict.AT_RISK, Verdict.MITIGATED) and (by_client or _hit(finding) == "?"):
            reason = seen.observable_reason if seen is not None else None
            text = sentence(reason) if reason is not None else "no log, session or counter was given"
            text = sentences.observed(finding) if seen is not None and seen.suspected else text
            who = "who else was hit" if by_client else "who was hit"
            if by_client and not reason:
                continue
            why[f"{who} is not observable: {text}"][sentences.device_name(device)] = None
    # of logs that somebody handed in it is said of safe ones as well: they may have been asked about these
    handed_in = ordered(report) if report.inputs is not None else ()
    for device, finding in handed_in:
        if finding.verdict is Verdict.SAFE and finding.evidence and (reason := finding.evidence.observable_reason):
            why[f"whether anybody was hit is not observable: {sentence(reason)}"][sentences.device_name(device)] = None
    return [f"{text} ({_some(list(names))})" for text, names in why.items()] + _hit_before(report)


def _hit_before(report: AuditReport) -> list[str]:
    """Where, and how many, the most first; the findings of one device may tell of the same users."""
    if not report.summary.users_past or len(report.devices) == 1:
        return []
    past = []
    for device in report.devices:
        seen = [each.evidence.past for each in device.findings if each.evidence and each.evidence.past]
        past.append((max((each.users for each in seen), default=0), sentences.device_name(device)))
    there = sorted((each for each in past if each[0]), key=lambda each: (-each[0], each[1]))
    return [f"hit before the present setting ({_some([f'{name}: {users}' for users, name in there])})"]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def also_told(report: AuditReport) -> list[str]:
    """What holds for the whole report: what is taken for granted, and what was read as what."""
    return [*map(sentences.caveat_text, report.caveats), *sentences.inputs(report.inputs or ())]


def _reasons(device: DeviceAudit) -> Iterator[tuple[str, str]]:
    """What is to be said of a device beside its verdicts, and of what of it."""
    name = sentences.device_name(device)
    label = "" if device.status is Status.OK else f"{device.status}: "
    yield from ((f"{label}{text}", name) for text in sentences.troubles(device))
    if not device.findings and device.status is not Status.FAILED:
        yield "no tunnel group or group policy for AnyConnect", name
    for finding in device.findings:
        if finding.waiver is not None:
            yield sentences.next_step(finding), f"{name} {_group(finding)}"
        elif finding.verdict is Verdict.UNKNOWN:
            advice = sentences.ADVICE.get(finding.reason, "")
            text = sentences.reason_text(finding.reason).rstrip(".")
            yield f"unknown: {text}{f'; {advice}' if advice else ''}", f"{name} {_group(finding)}"

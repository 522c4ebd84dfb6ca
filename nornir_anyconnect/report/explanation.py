"""``explain``: one finding taken apart, question by question, each answer a line that can be quoted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.running_config import From
from nornir_anyconnect.audit import provenance
from nornir_anyconnect.audit.finding import Finding, Remedy, Scope
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.mtu.assumptions import STANDING
from nornir_anyconnect.remedies.options import EXPLAINED
from nornir_anyconnect.report import sentences
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.report.timeline import CAUSES, Timeline, remarks, timeline

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import RunningConfig, Sourced
    from nornir_anyconnect.audit.finding import DeviceAudit
    from nornir_anyconnect.mtu.derive import Step

SCHEMA = "nornir-anyconnect/explain/1"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Questions with their answers, for one finding of one device."""

    device: DeviceAudit
    finding: Finding
    answers: tuple[tuple[str, tuple[str, ...]], ...]

    def to_text(self) -> str:
        """For people: a heading per question, a line per answer."""
        lines = [f"{sentences.device_name(self.device)}, {sentences.subject(self.finding)}"]
        for question, answers in self.answers:
            lines += ["", question, *(f"  {answer}" for answer in answers)]
        return "\n".join(harmless(line) for line in lines) + "\n"

    def to_json(self) -> str:
        """The same, with the finding as in the JSON of an audit."""
        answer: dict[str, Any] = {
            "schema": SCHEMA,
            "device": self.device.name,
            "context": self.device.context,
            "answers": [{"question": question, "lines": list(lines)} for question, lines in self.answers],
            "finding": self.finding.to_dict(),
        }
        return json.dumps(answer, indent=2) + "\n"


def explain(config: RunningConfig, device: DeviceAudit, finding: Finding) -> Explanation:
    """Everything that is known about one finding. All sizes are bytes, all times seconds.

    Args:
        config: the configuration that was judged.
        device: the device as judged.
        finding: the finding, with its remedies.

    """
    happens = timeline(finding)
    remarked = remarks(config)
    answers = [
        ("What is the verdict?", _verdict(finding)),
        ("Which policy applies?", _policy(finding)),
        (
            "Where does each value come from?",
            tuple(_from(setting, source) for setting, source in finding.sources.items()),
        ),
        ("How does the TLS MTU come about?", _derived("TLS MTU", finding.tls_suite, finding.tls_steps)),
        ("How does the DTLS MTU come about?", _derived("DTLS MTU", finding.dtls_suite, finding.dtls_steps)),
        ("What does the user see, and when?", _seen_by_user(happens, finding)),
        ("What will the log say?", _logged(happens)),
        ("What was observed?", (sentences.observed(finding),)),
        ("Which cause is it?", _cause(happens)),
        ("Which fix, what does it cost, what does it change?", _fixes(finding)),
        ("What is assumed?", _assumed(finding)),
        ("How sure is it?", _sure(finding)),
        ("What must a reader of Cisco's tech note know?", remarked),
    ]
    return Explanation(device, finding, tuple((question, lines) for question, lines in answers if lines))


def _verdict(finding: Finding) -> tuple[str, ...]:
    lines = [f"{finding.verdict}: {sentences.reason_text(finding.reason)}"]
    if finding.gap is not None:
        lines.append(sentences.predicted(finding))
    if finding.likely is not None:
        lines.append(sentences.likely(finding))
    return tuple(lines)


def _policy(finding: Finding) -> tuple[str, ...]:
    named = finding.sources.get(provenance.DEFAULT_POLICY)
    lines = []
    if finding.scope is Scope.TUNNEL_GROUP:
        configured = named is not None and named.from_ is From.CONFIGURED  # a device's own answer has no line numbers
        where = "configured" if configured else f"no {provenance.DEFAULT_POLICY} line: the default"
        if named is not None and named.line:
            where = f"line {named.line}"
        lines.append(f"{finding.scope} {finding.name} hands out group policy {finding.group_policy} ({where})")
    else:
        lines.append(f"{sentences.subject(finding)} is judged on group policy {finding.group_policy}")
    lines += [f"also handed out by {way}" for way in finding.reachable_by]
    if "external-attributes-possible" in finding.caveats:
        lines.append(sentences.caveat_text("external-attributes-possible"))
    return tuple(lines)


def _from(setting: str, source: Sourced[Any]) -> str:
    where = {
        From.CONFIGURED: f"line {source.line}" if source.line else "configured",
        From.DEVICE: "the device's own answer",
        From.INHERITED: f"inherited, line {source.line}" if source.line else "inherited",
        From.RADIUS: f"the RADIUS file, line {source.line}",
        From.DEFAULT: "not in the configuration: the default",
    }[source.from_]
    return f"{provenance.named(setting, source)}: {provenance.shown(setting, source.value)} ({where})"


def _derived(what: str, suite: str | None, steps: tuple[Step, ...]) -> tuple[str, ...]:
    if not steps:
        return ()
    lines = (f"{step.label} = {step.operation} = {step.value}" for step in steps)
    return (*lines, f"{what} {steps[-1].value} bytes with {suite}")


def _seen_by_user(happens: Timeline | None, finding: Finding) -> tuple[str, ...]:
    if happens is None:
        return ("nothing of this: " + sentences.reason_text(finding.reason),)
    return tuple(
        f"{moment.seconds:g} s: {moment.happens}" + (f"; the user sees: {moment.user_sees}" if moment.user_sees else "")
        for moment in happens.moments
    )


def _logged(happens: Timeline | None) -> tuple[str, ...]:
    if happens is None:
        return ()
    return tuple(f"{moment.seconds:g} s: {line}" for moment in happens.moments for line in moment.log_says)


def _cause(happens: Timeline | None) -> tuple[str, ...]:
    if happens is None:
        return ()
    return (f"{CAUSES[happens.cause]} ({happens.cause_because})", *(f"to tell: {line}" for line in happens.tell_apart))


def _fixes(finding: Finding) -> tuple[str, ...]:
    lines: list[str] = []
    best = sentences.recommended(finding)
    for remedy in finding.remedies:
        lines += _fix(remedy, recommended=remedy is best)
    if lines and finding.safe_mtu is not None:
        lines.append(f"safe MTU: {finding.safe_mtu} bytes fit under every assumption that stands, with every suite")
    return tuple(lines)


def _fix(remedy: Remedy, *, recommended: bool) -> list[str]:
    effect = "closes the gap" if remedy.closes else "does not close the gap under every assumption"
    if not remedy.closes and remedy.closes_under:
        effect = f"closes the gap only under {', '.join(remedy.closes_under)}"
    name = f"{remedy.kind} (recommended)" if recommended else remedy.kind
    lines = [f"{name}: {effect}; cost: {sentence(remedy.cost) if remedy.cost else 'none known'}"]
    if remedy.lines:
        for title, commands in (("type", remedy.lines), ("take back", remedy.rollback)):
            lines += [f"{remedy.kind}, {title}:", *(f"    {line.strip()}" for line in commands)]
    if remedy.predicted:
        after = (
            f"{name} TLS {each.tls_mtu}" + ("" if each.dtls_mtu is None else f" DTLS {each.dtls_mtu}")
            for name, each in remedy.predicted.items()
        )
        lines.append(f"{remedy.kind}, afterwards: {', '.join(after)}")
    if remedy.affects_named:
        lines.append(f"{remedy.kind}, also touches: {', '.join(remedy.affects_named)}")
    if remedy.blocked_by:
        lines.append(f"{remedy.kind}, blocked: {'; '.join(EXPLAINED.get(each, each) for each in remedy.blocked_by)}")
    return lines


def _assumed(finding: Finding) -> tuple[str, ...]:
    spelled = {each.name: each.combination for each in STANDING}
    lines = [
        f"{name} ({spelled.get(name, name)}): TLS {each.tls_mtu}"
        + ("" if each.gap is None else f", DTLS {each.dtls_mtu}, gap {each.gap}")
        for name, each in finding.assumptions.items()
    ]
    if finding.calibrated:
        lines.append(f"the device's own numbers leave standing: {', '.join(finding.calibrated)}")
    if finding.gap is not None:
        lines.append(sentences.caveat_text("client-path-assumed"))
    lines += [sentences.caveat_text(each) for each in finding.caveats if each != "external-attributes-possible"]
    return tuple(lines)


def _sure(finding: Finding) -> tuple[str, ...]:
    sentence = sentences.certainty_sentence(finding)
    if finding.numbers_from and finding.certainty:
        sentence += f" The numbers are those of {finding.numbers_from}."
    confirmed = "Evidence confirms it." if finding.confirmed else "No evidence confirms it."
    return (sentence, confirmed) if finding.certainty else (sentence,)

"""A plan for people: plain text for the terminal, Markdown and HTML for the ticket of a change board.

Everything a device named is shown as a literal in each format; nothing of it is obeyed (promise 26).
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.report.markdown_text import code, escaped, paragraph, table
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.report.sentences import count

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from nornir_anyconnect.change.plan.model import Outlook, Plan, PlannedDevice

_MOST_REASONS = 3


def headline(plan: Plan) -> str:
    """What the plan would do, in one sentence."""
    changed = plan.changes
    lines = sum(len(each.lines) for each in changed)
    boxes = count(len({each.name for each in plan.devices}), "device")
    if not changed:
        return f"nothing to change on {boxes}"
    preview = " (preview only: made from files)" if plan.preview_only else ""
    return f"{count(lines, 'line')} on {len({each.name for each in changed})} of {boxes}{preview}"


def moment(time: datetime) -> str:
    """To the minute, as people write it."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def device_name(device: PlannedDevice) -> str:
    """The device, with its context and the other name of its pair where it has them."""
    return f"{device.label} (also {', '.join(device.also_named)})" if device.also_named else device.label


def mtus(state: dict[str, Any]) -> str:
    """TLS and DTLS MTU in bytes; a range where the assumption sets differ (the plan file holds each)."""
    sides = []
    for name, key in (("TLS", "tls"), ("DTLS", "dtls")):
        sizes = sorted({size[key] for size in state.get("mtus", {}).values() if size[key] is not None})
        if sizes:
            sides.append(f"{name} {sizes[0]}" if len(sizes) == 1 else f"{name} {sizes[0]} to {sizes[-1]}")
    return ", ".join(sides)


def _state(state: dict[str, Any]) -> str:
    if not state:
        return "not there"
    numbers = mtus(state)
    return f"{state['verdict']} ({numbers})" if numbers else f"{state['verdict']} ({state['reason']})"


def _users(outlook: Iterable[Outlook]) -> str:
    """Users connected now through the policies that change; a policy counts once."""
    asked = {each.group_policy: each.users for each in outlook if each.users is not None}
    return str(sum(asked.values())) if asked else "not asked"


def _facts(device: PlannedDevice) -> list[tuple[str, str]]:
    facts = [
        ("release", device.asa_version or "unknown"),
        ("serial numbers", ", ".join(device.serials) or "unknown"),
        ("users connected now", _users(device.outlook)),
    ]
    if device.load_balancing:
        facts.append(("load-balancing group", device.load_balancing))
    return facts


def text(plan: Plan) -> str:
    """The plan as plain lines for a terminal."""
    lines = [f"plan {plan.id}: {headline(plan)}", f"valid until {moment(plan.expires)}; MTUs are bytes"]
    lines += [f"warning: {warning}" for warning in plan.warnings]
    for device in plan.devices:
        if not device.fixes and not device.left:
            continue
        lines += ["", device_name(device)]
        if device.fixes:
            lines.append(f"  {', '.join(f'{name}: {value}' for name, value in _facts(device))}")
        lines += [f"  {each.remedy} for {', '.join(each.serves)}: {each.why}; {each.cost}" for each in device.fixes]
        lines += [f"  also reached: {', '.join(each.affects)}" for each in device.fixes if each.affects]
        lines += [f"  {each.finding}: {_state(each.before)} -> {_state(each.after)}" for each in device.outlook]
        for each in device.left:
            lines.append(f"  left as it is: {each.finding} ({each.verdict}): {each.why}")
            lines += [f"    {step}" for step in each.steps]
        lines += [f"    {line}" for line in device.diff.splitlines()]
        for title, block in (("to type, in configuration mode", device.lines), ("to take it back", device.rollback)):
            if block:
                lines += [f"  {title}:", *(f"      {line}" for line in block)]
    lines += ["", closing(plan)]
    return "\n".join(harmless(line) for line in lines) + "\n"


def closing(plan: Plan) -> str:
    """How many devices would be changed, are blocked (and by what), and stay as they are."""
    changed = {each.name for each in plan.changes}
    kept = [(each.name, left) for each in plan.devices for left in each.left if left.blocked_by]
    why = Counter(left.why for name, left in kept if name not in changed)
    blocked = {name for name, _ in kept} - changed
    reasons = f" ({'; '.join(text for text, _ in why.most_common(_MOST_REASONS))})" if why else ""
    unchanged = len({each.name for each in plan.devices}) - len(changed) - len(blocked)
    return f"{count(len(changed), 'device')} to change, {len(blocked)} blocked{reasons}, {unchanged} unchanged"


def _overview(plan: Plan) -> list[tuple[str, str, str, str]]:
    """One row per changed device: name, remedies, lines, users connected now."""
    return [
        (
            device_name(device),
            ", ".join(dict.fromkeys(each.remedy for each in device.fixes)),
            str(len(device.lines)),
            _users(device.outlook),
        )
        for device in plan.changes
    ]


def markdown(plan: Plan) -> str:
    """The plan as Markdown."""
    lines = [
        f"# MTU change {code(plan.id)}",
        "",
        *paragraph(f"{escaped(headline(plan))}. Made {moment(plan.created)}, valid until {moment(plan.expires)}."),
    ]
    if plan.warnings:
        lines += ["", *(line for warning in plan.warnings for line in paragraph(f"**{escaped(warning)}**", "- "))]
    if plan.changes:
        titles = ("device", "remedy", "lines", "users connected now")
        rows = [(code(name), *cells) for name, *cells in _overview(plan)]
        lines += ["", *table(titles, rows, titles[2:])]
    for device in plan.changes:
        lines += _markdown_device(device)
    left = [(device, each) for device in plan.devices for each in device.left]
    if left:
        lines += ["", "## Left as it is", ""]
    for device, each in left:
        text = f"{code(device_name(device))} {code(each.finding)}: {each.verdict}: {escaped(each.why)}"
        lines += paragraph(text, "- ")
    for device, each in left:
        if each.steps:
            lines += ["", f"{code(device_name(device))}, {code(each.finding)}:", ""]
            lines += [line for step in each.steps for line in paragraph(escaped(step), "- ")]
    return "\n".join(lines) + "\n"


def _markdown_device(device: PlannedDevice) -> list[str]:
    lines = ["", f"## {code(device_name(device))}", ""]
    lines += [f"- {name}: {code(value)}" for name, value in _facts(device)]
    for each in device.fixes:
        serves = ", ".join(code(name) for name in each.serves)
        lines += paragraph(f"{each.remedy} for {serves}: {escaped(each.why)}; {escaped(each.cost)}", "- ")
        if each.affects:
            lines += paragraph(f"also reached: {', '.join(code(name) for name in each.affects)}", "- ")
    rows = [(code(each.finding), escaped(_state(each.before)), escaped(_state(each.after))) for each in device.outlook]
    lines += ["", *table(("finding", "before (MTUs in bytes)", "predicted after"), rows)]
    for title, block in (
        ("To type, after configure terminal", device.lines),
        ("To take it back", device.rollback),
        ("Difference", device.diff.splitlines()),
    ):
        lines += ["", f"{title}:", "", *(f"    {harmless(line)}" for line in block)]
    return lines


_CSS = """\
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2.5rem;border-top:1px solid #d5dce4;padding-top:1rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}h1,h2,li,dd{overflow-wrap:anywhere}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #e4e9ee;vertical-align:top}
pre{background:#f4f6f8;padding:.7rem 1rem;overflow:auto;font-size:13px}.add{color:#12663a}.del{color:#a12622}
.warning{border-left:4px solid #b46a00;padding:.3rem .8rem;background:#fff6e6}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}
dt{font-weight:600}dd{margin:0}
@media print{body{font-size:11px;margin:0;max-width:none}pre{white-space:pre-wrap;overflow-wrap:anywhere}
.scroll{overflow:visible}td{overflow-wrap:anywhere}tr,pre{break-inside:avoid}h2{break-after:avoid}}
@media screen and (prefers-color-scheme:dark){body{color:#dde5ec;background:#14191f}pre{background:#1c242c}
td,th,h2{border-color:#2c3742}.add{color:#6fd19a}.del{color:#ff9a94}.warning{background:#33270f}}
"""

_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{{ css_hash }}'">
<meta name="viewport" content="width=device-width"><title>MTU change {{ plan.id }}</title>
<style>{{ css | safe }}</style></head><body>
<h1>MTU change {{ plan.id }}</h1>
<p>{{ headline }}. Made {{ moment(plan.created) }}, valid until {{ moment(plan.expires) }}.</p>
{% for warning in plan.warnings %}<p class="warning">{{ warning | shown }}</p>
{% endfor %}
{% if plan.changes %}<div class="scroll" tabindex="0" role="region" aria-label="Devices that change"><table>
<tr><th>device</th><th>remedy</th><th>lines</th><th>users connected now</th></tr>
{% for row in overview %}<tr>{% for cell in row %}<td>{{ cell | shown }}</td>{% endfor %}</tr>
{% endfor %}</table></div>{% endif %}
{% for device in plan.changes %}
<h2>{{ name(device) | shown }}</h2>
<dl>{% for fact, value in facts(device) %}<dt>{{ fact }}</dt><dd>{{ value | shown }}</dd>{% endfor %}</dl>
<ul>{% for fix in device.fixes %}<li><b>{{ fix.remedy }}</b> for {{ fix.serves | join(", ") | shown }}: \
{{ fix.why }}; {{ fix.cost | shown }}{% if fix.affects %}; also reached: {{ fix.affects | join(", ") | shown }}\
{% endif %}</li>{% endfor %}</ul>
<div class="scroll" tabindex="0" role="region" aria-label="{{ name(device) | shown }}: before and after"><table>
<tr><th>finding</th><th>before (MTUs in bytes)</th><th>predicted after</th></tr>
{% for each in device.outlook %}<tr><td>{{ each.finding | shown }}</td><td>{{ state(each.before) }}</td>\
<td>{{ state(each.after) }}</td></tr>
{% endfor %}</table></div>
<p>To type, after configure terminal:</p><pre>{% for line in device.lines %}{{ line | shown }}
{% endfor %}</pre>
<p>To take it back:</p><pre>{% for line in device.rollback %}{{ line | shown }}
{% endfor %}</pre>
<p>Difference:</p><pre>{% for line in device.diff.splitlines() %}\
<span class="{{ {'+': 'add', '-': 'del'}.get(line[:1], '') }}">{{ line | shown }}</span>
{% endfor %}</pre>
{% endfor %}
{% if left %}<h2>Left as it is</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Left as it is"><table>
<tr><th>device</th><th>finding</th><th>verdict</th><th>why</th></tr>
{% for device, each in left %}<tr><td>{{ name(device) | shown }}</td><td>{{ each.finding | shown }}</td>\
<td>{{ each.verdict }}</td><td>{{ each.why }}</td></tr>
{% endfor %}</table></div>{% endif %}
</body></html>
"""


def html(plan: Plan) -> str:
    """The plan as one self-contained page without any script."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only this format needs it

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["shown"] = harmless
    return environment.from_string(_PAGE).render(
        plan=plan,
        headline=headline(plan),
        left=[(device, each) for device in plan.devices for each in device.left],
        name=device_name,
        facts=_facts,
        overview=_overview(plan),
        moment=moment,
        state=_state,
        css=_CSS,
        css_hash=base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode("ascii"),
    )

"""``python tests/docs/pictures.py``: draw the pictures of the documentation anew, light and dark in one file each.

The numbers are those that the tool computes for the example box; the session is what the command prints.
"""

from __future__ import annotations

import os
import subprocess
import sys
from html import escape
from pathlib import Path

from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.mtu.assumptions import assumption_set
from nornir_anyconnect.remedies.propose import assess_text

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
SESSION = ("check", "docs/examples/fw-london.cfg", "--syslog", "docs/examples/fw-london.log")
STYLE = """\
<style>
:root { color-scheme: light dark; --ink: #1a1d21; --soft: #50565e; --line: #c3c9d1; --bad: #a91b1b; --tls: #0b57a8; --bg: #ffffff; --card: #f5f6f8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #aab2bd; --line: #4a5561; --bad: #ff9d94; --tls: #8cc2ff; --bg: #15181c; --card: #1f242a; } }
text { fill: var(--ink); font: 14px system-ui, sans-serif; } .soft { fill: var(--soft); font-size: 13px; } .bad { fill: var(--bad); } .mono { font: 13px ui-monospace, monospace; white-space: pre; }
.line { stroke: var(--line); } .arrow { stroke: var(--ink); stroke-width: 1.5; marker-end: url(#head); } .lost { stroke: var(--bad); stroke-width: 1.5; }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="var(--ink)"/></marker></defs>
"""


def page(width: int, height: int, title: str, body: list[str]) -> str:
    """A whole SVG with its own background, for readers of either colour scheme."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">\n'
    ground = f'<rect width="{width}" height="{height}" rx="8" fill="var(--bg)"/>\n'
    return head + STYLE + ground + "\n".join(body) + "\n</svg>\n"


def words(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    """One line of letters."""
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def example():
    """The finding of the example box."""
    text = (ROOT / "docs" / "examples" / "fw-london.cfg").read_text("utf-8")
    options = Options(assume=assumption_set("technote"))  # what its log shows
    return next(each for each in assess_text(text, "fw-london", options=options).findings if each.name == "STAFF")


def minute() -> str:
    """The sequence of the minute: client, ASA, server."""
    finding = example()
    tls, dtls = finding.tls_mtu, finding.dtls_mtu
    columns = {"client": 110, "ASA": 460, "server": 810}
    body = [
        f'<line class="line" x1="{x}" x2="{x}" y1="44" y2="424"/>' + words(x, 32, name, anchor="middle")
        for name, x in columns.items()
    ]
    client, asa, server = columns.values()
    steps = [
        (0, client, asa, f"connects over TLS; adapter MTU {dtls}", "arrow"),
        (1, client, asa, "tries DTLS on UDP 443: blocked", "lost"),
        (2, server, asa, f"packets of {dtls} bytes, not to be fragmented", "arrow"),
        (2, asa, server, f"722036: {dtls} is larger than {tls}; dropped", "lost"),
        (2, asa, server, "602101: fragmentation needed, if it gets through", "arrow"),
        (60, client, asa, "reconnects: reason code 16, new MTU", "arrow"),
        (62, server, asa, f"packets of at most {tls} bytes: all is well", "arrow"),
    ]
    for nth, (second, begin, end, said, kind) in enumerate(steps):
        y = 84 + nth * 50
        stop = (begin + end) / 2 if kind == "lost" else end + (6 if begin > end else -6)
        body.append(words(20, y + 4, f"{second} s", "soft"))
        body.append(f'<line class="{kind}" x1="{begin}" x2="{stop}" y1="{y}" y2="{y}"/>')
        if kind == "lost":
            body.append(
                f'<path class="lost" d="M{stop - 6} {y - 6} {stop + 6} {y + 6} M{stop + 6} {y - 6} {stop - 6} {y + 6}"/>'
            )
        body.append(
            words(
                (client + asa) / 2 if client in (begin, end) else (asa + server) / 2,
                y - 9,
                said,
                "bad soft" if kind == "lost" else "soft",
                "middle",
            )
        )
    return page(
        900,
        440,
        f"The minute: the client comes up with {dtls} bytes, TLS carries {tls}, and after 60 seconds it reconnects",
        body,
    )


def sizes() -> str:
    """A packet of the adapter beside what each tunnel carries."""
    finding = example()
    tls, dtls, safe = finding.tls_mtu, finding.dtls_mtu, finding.safe_mtu
    low, high = min(tls, safe) - 60, dtls + 20

    def x(size: int) -> float:
        return round(200 + (size - low) / (high - low) * 560, 1)

    rows = [
        ("packet on the adapter", dtls, "--bad"),
        ("fits into DTLS", dtls, "--tls"),
        ("fits into TLS", tls, "--tls"),
        ("safe for everybody", safe, "--tls"),
    ]
    body = [
        f'<rect x="{x(tls)}" y="18" width="{round(x(dtls) - x(tls), 1)}" height="170" fill="var(--bad)" opacity=".14"/>'
    ]
    for nth, (name, size, colour) in enumerate(rows):
        y = 28 + nth * 40
        body.append(words(188, y + 18, name, anchor="end"))
        body.append(
            f'<rect x="200" y="{y}" width="{round(x(size) - 200, 1)}" height="26" rx="3" fill="var({colour})" opacity=".8"/>'
        )
        body.append(words(x(size) + 8, y + 18, str(size)))
    body.append(words((x(tls) + x(dtls)) / 2, 208, f"{dtls - tls} bytes too many", "bad", "middle"))
    body.append(words(200, 232, f"bytes; the scale begins at {low}", "soft"))
    return page(860, 246, f"A packet of {dtls} bytes fits into DTLS; TLS carries {tls}", body)


def session() -> str:
    """What the command prints, as somebody sees it who types it."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from nornir_anyconnect.cli import main; sys.exit(main())", *SESSION],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1", "XDG_DATA_HOME": "/nonexistent"},
    )  # fmt: skip
    lines = [f"$ nornir-anyconnect {' '.join(SESSION)}", *done.stdout.split("\n\nothers:")[0].splitlines()]
    body = ['<rect width="860" height="28" rx="8" fill="var(--card)"/>']
    body += [f'<circle cx="{20 + 18 * nth}" cy="14" r="5" fill="var(--line)"/>' for nth in range(3)]
    for nth, line in enumerate(lines):
        kind = "mono bad" if nth == 1 else "mono soft" if nth == 0 else "mono"
        body.append(f'<text x="18" y="{54 + nth * 20}" class="{kind}" xml:space="preserve">{escape(line)}</text>')
    return page(860, 66 + len(lines) * 20, lines[1], body)


PICTURES = {"minute.svg": minute, "sizes.svg": sizes, "session.svg": session}

if __name__ == "__main__":
    for name, drawn in PICTURES.items():
        (IMAGES / name).write_text(drawn(), encoding="utf-8")

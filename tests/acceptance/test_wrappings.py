"""A configuration says the same however a terminal, an archive or a file transfer left it."""

from __future__ import annotations

import pytest
from generate import Generator

from nornir_anyconnect.remedies.propose import assess_text

MORE = "<--- More --->"


def _paged(text: str, junk: str) -> str:
    return "".join((junk if number % 7 == 3 else "") + line + "\r\n" for number, line in enumerate(text.splitlines()))


def _each(text: str, before: str = "", after: str = "") -> str:
    return "".join(f"{before}{line}{after}\n" for line in text.splitlines())


WRAPPINGS = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR only": lambda text: text.replace("\n", "\r"),
    "byte order mark": lambda text: "\ufeff" + text,
    "trailing blanks": lambda text: _each(text, after="   "),
    "prompt": lambda text: f"edge# show running-config\n{text}\nedge# \n",
    "prompt of a pair": lambda text: (
        f"edge/pri/act# terminal pager 0\nedge/pri/act# show run\n{text}edge/pri/act# exit\n"
    ),
    "Oxidized": lambda text: f"! Cisco Adaptive Security Appliance\n! Hardware: ASA5512\n! \n{text}",
    "RANCID": lambda text: f"!RANCID-CONTENT-TYPE: cisco\n!\n!Chassis type: ASA5512\n!\n{text}",
    "pager": lambda text: _paged(text, f"{MORE}\r{' ' * 14}\r"),
    "pager with NUL": lambda text: _paged(text, f"<--- More - -->\r\0{' ' * 14}\r\0"),
    "pager with backspaces": lambda text: _paged(text, f"{MORE}{chr(8) * 14}{' ' * 14}{chr(8) * 14}"),
    "marks between the lines": lambda text: _each(text, after="\n!"),
    "empty lines": lambda text: _each(text, after="\n"),
    "twice the indentation": lambda text: "".join(
        " " * (len(line) - len(line.lstrip(" "))) + line + "\n" for line in text.splitlines()
    ),
}


def _judged(text: str) -> tuple[object, ...]:
    audit = assess_text(text, "edge").to_dict()
    findings = [{**finding, "sources": None} for finding in audit["findings"]]  # other lines, same values
    return audit["status"], audit["asa_version"], findings


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_the_findings_are_the_same(wrapping):
    for seed in range(25):
        text = Generator(seed).text()
        assert _judged(WRAPPINGS[wrapping](text)) == _judged(text), seed

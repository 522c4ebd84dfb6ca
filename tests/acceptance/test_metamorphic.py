"""What does not change a configuration changes no finding, and what damages it never makes a risk look safe."""

from __future__ import annotations

import json
import re
from random import Random

import pytest
from generate import Generator
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.remedies.propose import assess_text
from tests.amounts import examples

seeds = st.integers(0, 10**6)
FOREIGN = (
    ["object network O", " host 10.0.0.1"],
    ["access-list A extended permit ip any any"],
    ["class-map inspection_default", " match default-inspection-traffic"],
    ["aaa-server R protocol radius"],
    ["aaa-server R (inside) host 10.0.0.2", " key *****", " authentication-port 1812"],
    ["crypto ca certificate chain X", " certificate 01", "    30820122 300d0609", "  quit"],
    ["banner motd group-policy X attributes"],
    ["username dora password ***** encrypted privilege 15"],
    ["!", "! a comment of an archive"],
)


def _judged(text: str) -> tuple[object, ...]:
    audit = assess_text(text, "edge").to_dict()
    findings = [{**finding, "sources": None} for finding in audit["findings"]]  # other lines, same values
    return audit["status"], audit["asa_version"], findings


def _verdicts(text: str) -> dict[tuple[str, str], str]:
    return {(str(each.scope), each.name): str(each.verdict) for each in assess_text(text, "edge").findings}


def _blocks(text: str) -> tuple[list[str], list[list[str]], list[str]]:
    """The lines up to the hostname, the top-level blocks, the end mark."""
    lines = text.splitlines()
    last = len(lines)
    while lines[last - 1].startswith((":", "Cryptochecksum")):
        last -= 1
    first = next(number for number, line in enumerate(lines) if line.startswith("hostname")) + 1
    blocks: list[list[str]] = []
    for line in lines[first:last]:
        if line.startswith((" ", "!")) and blocks:
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return lines[:first], blocks, lines[last:]


def _joined(head: list[str], blocks: list[list[str]], tail: list[str]) -> str:
    return "\n".join([*head, *(line for block in blocks for line in block), *tail]) + "\n"


@examples(40)
@given(seeds, st.randoms(use_true_random=False))
def test_the_order_of_top_level_blocks_says_nothing(seed: int, order: Random) -> None:
    head, blocks, tail = _blocks(Generator(seed).text())
    # of two lines about the same setting the later one counts: they keep their order
    by_subject: dict[tuple[str, ...], list[list[str]]] = {}
    for block in blocks:
        by_subject.setdefault(tuple(re.findall(r'"[^"]*"|\S+', block[0])[:2]), []).append(block)
    shuffled = list(by_subject.values())
    order.shuffle(shuffled)
    mixed = [block for together in shuffled for block in together]
    found, expected = _judged(_joined(head, mixed, tail)), _judged(_joined(head, blocks, tail))
    assert found[:2] == expected[:2]
    assert _by_name(found[2]) == _by_name(expected[2])


def _by_name(findings: object) -> dict[str, str]:
    assert isinstance(findings, list)
    return {f"{each['scope']} {each['name']}": _unordered(each) for each in findings}


def _unordered(finding: dict[str, object]) -> str:
    """A finding without what the order of the text may choose: which of several like interfaces is named."""
    return json.dumps({**finding, "derivation": None}, sort_keys=True)


@examples(40)
@given(seeds, st.integers(0, 999))
def test_a_name_is_but_a_name(seed: int, number: int) -> None:
    text = Generator(seed).text()
    names = {
        "Staff": f"Staff{number}",
        "Board Room": f"Board {number} Room",
        "legacy": f"old-{number}",
        "GP_1": f"GP{number}",
    }
    renamed = text
    for old, new in names.items():
        renamed = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new, renamed)
    expected = {(scope, names.get(name, name)): verdict for (scope, name), verdict in _verdicts(text).items()}
    assert _verdicts(renamed) == expected


@examples(40)
@given(seeds, st.lists(st.tuples(st.sampled_from(FOREIGN), st.integers(0, 999)), max_size=8))
def test_blocks_that_are_none_of_ours_change_nothing(seed: int, foreign: list[tuple[list[str], int]]) -> None:
    head, blocks, tail = _blocks(Generator(seed).text())
    more = list(blocks)
    for block, at in foreign:
        more.insert(at % (len(more) + 1), block)
    assert _judged(_joined(head, more, tail)) == _judged(_joined(head, blocks, tail))


def _each(text: str, change) -> str:
    return "".join(f"{change(number, line)}\n" for number, line in enumerate(text.splitlines(), 1))


def _deeper(line: str, by: str) -> str:
    depth = len(line) - len(line.lstrip(" "))
    return by * depth + line[depth:]


WRAPPINGS = {
    "tabs below": lambda text: _each(text, lambda _, line: _deeper(line, "\t")),
    "four blanks below": lambda text: _each(text, lambda _, line: _deeper(line, "    ")),
    "tabs between words": lambda text: _each(text, lambda _, line: re.sub(r"(?<=\S) (?=[a-z])", "\t", line, count=1)),
    "indented as a whole": lambda text: _each(text, lambda _, line: "    " + line),
    "indented by a tab": lambda text: _each(text, lambda _, line: "\t" + line),
    "quoted": lambda text: _each(text, lambda _, line: "> " + line),
    "quoted, blanks cut off": lambda text: _each(text, lambda _, line: ("> " + line).rstrip()),
    "quoted without a blank": lambda text: _each(text, lambda _, line: ">" + line),
    "quoted twice": lambda text: _each(text, lambda _, line: "> > " + line),
    "quoted and indented": lambda text: _each(text, lambda _, line: "  > " + line),
    "numbered": lambda text: _each(text, lambda number, line: f"{number}: {line}"),
    "numbered by grep": lambda text: _each(text, lambda number, line: f"{number}:{line}"),
    "numbered by cat": lambda text: _each(text, lambda number, line: f"{number:6d}\t{line}"),
    "numbered by nl": lambda text: _each(text, lambda number, line: f"{number:>4}  {line}"),
    "numbered, to the left": lambda text: _each(text, lambda number, line: f"{number:<4} {line}"),
    "fenced": lambda text: f"Hello,\nhere is it:\n\n```\n{text}```\nRegards\n",
    "fenced in a list": lambda text: "* it:\n\n  ```\n" + _each(text, lambda _, line: "  " + line) + "  ```\n",
    "a mail": lambda text: f"From: a@example.net\nSubject: VPN\n\nsee below\n\n{text}\n-- \nregards\n",
    "PuTTY": lambda text: (
        "=~=~=~=~=~=~=~=~=~=~=~= PuTTY log 2024.03.01 10:00:00 =~=~=~=~=~=~=~=~=~=~=~=\n"
        f"edge> enable\nPassword: *****\nedge# terminal pager 0\nedge# show running-config\n{text}\nedge# exit\n\nLogoff\n"
    ),
    "show tech-support": lambda text: (
        "\n------------------ show clock ------------------\n\n10:00:00.000 UTC Fri Mar 1 2024\n\n"
        f"------------------ show running-config ------------------\n\n{text}\n"
        "------------------ show startup-config errors ------------------\n\nINFO: No configuration errors\n\n"
        "------------------ show interface ------------------\n\n"
        'Interface GigabitEthernet0/0 "outside", is up, line protocol is up\n  Hardware is i82546GB rev03\n\tMTU 1500\n'
    ),
    "several outputs": lambda text: (
        "edge# show clock\n10:00:00.000 UTC Fri Mar 1 2024\nedge# show mode\nSecurity context mode: single\n"
        f"edge# sh run\n{text}\nedge# show vpn-sessiondb anyconnect\n\nINFO: There are presently no active sessions\n"
        "edge# show run tunnel-group\ntunnel-group OTHER type remote-access\nedge#\n"
    ),
    "before and after it was typed": lambda text: (
        "edge# configure terminal\nedge(config)# group-policy DfltGrpPolicy attributes\n"
        "edge(config-group-policy)# webvpn\nedge(config-group-webvpn)# anyconnect mtu 700\n"
        f"edge(config-group-webvpn)# end\nedge# show running-config\n{text}\nedge# configure terminal\n"
        "edge(config)# group-policy DfltGrpPolicy attributes\nedge(config-group-policy)# webvpn\n"
        "edge(config-group-webvpn)# anyconnect ssl dtls none\nedge(config-group-webvpn)# end\nedge#\n"
    ),
    "with the startup configuration": lambda text: (
        f"edge# show startup-config\n{text.replace('hostname edge', 'hostname edge', 1)}\nedge# show running-config\n{text}\nedge#\n"
    ),
    "the same shown twice": lambda text: f"edge# show run\n{text}\nedge# show run\n{text}\nedge#\n",
    "text behind the end": lambda text: (
        f"{text}asdm image disk0:/asdm.bin\ngroup-policy DfltGrpPolicy attributes\n webvpn\n  anyconnect ssl dtls none\n"
    ),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_however_a_text_was_handed_over_the_findings_are_the_same(wrapping: str) -> None:
    for seed in range(12):
        text = Generator(seed).text()
        assert _judged(WRAPPINGS[wrapping](text)) == _judged(text), seed


# ---- damage -----------------------------------------------------------------------------------------

DECIDES_ITSELF = re.compile(
    r" *(?:no )?(?:vpn-tunnel-protocol|enable |(?:anyconnect|svc) |ssl |mtu |sysopt |default-group-policy|port |dtls port|"
    r"vpn-group-policy|map-)|ldap attribute-map|username \S+ attributes|tunnel-group .* type "
)
"""Lines that set something by themselves; without its header nobody knows of a map or a user at all."""

SVC = re.compile(r"^ *(?:no )?svc |vpn-tunnel-protocol .*\bsvc\b", re.MULTILINE)


def _weaker(before: dict[tuple[str, str], str], after: dict[tuple[str, str], str]) -> list[object]:
    return [
        (key, after[key])
        for key, verdict in before.items()
        if verdict == "at-risk" and after.get(key) in ("safe", "not-applicable")
    ]


@examples(60)
@given(seeds)
def test_no_line_that_is_lost_makes_a_risk_look_safe(seed: int) -> None:
    text = Generator(seed).text()
    before = _verdicts(text)
    if "at-risk" not in before.values():
        return
    lines = text.splitlines()
    for number, line in enumerate(lines):
        # where the spelling is svc the line of the version decides: without it the spelling proves a release before 8.4
        of_release = SVC.search(text) and re.match(r"(?:ASA|NGFW|PIX) Version", line)
        if DECIDES_ITSELF.match(line) is None and not of_release:
            after = _verdicts("\n".join(lines[:number] + lines[number + 1 :]) + "\n")
            assert _weaker(before, after) == [], (number + 1, line)


@examples(60)
@given(seeds, st.integers(1, 999), st.booleans())
def test_no_lost_head_or_tail_makes_a_risk_look_safe(seed: int, cut: int, head: bool) -> None:
    text = Generator(seed).text()
    before = _verdicts(text)
    lines = text.splitlines()
    at = 1 + cut % (len(lines) - 1)
    left = lines[at:] if head else lines[:at]
    found = assess_text("\n".join(["webvpn", *left, ""]) if head else "\n".join(left) + "\nwebvpn\n", "edge")
    after = {(str(each.scope), each.name): str(each.verdict) for each in found.findings}
    assert _weaker(before, after) == [], at


@examples(40)
@given(seeds, seeds, st.integers(0, 999))
def test_two_configurations_in_one_text_never_make_a_risk_look_safe(seed: int, other: int, cut: int) -> None:
    text, second = Generator(seed).text(), Generator(other).text()
    lines = second.splitlines(keepends=True)
    kept = "".join(lines[cut % len(lines) :])
    for both in (text + text, text + second, second + text):
        assert assess_text(both, "edge").to_dict()["status"] == "partial"
        assert {each.verdict for each in assess_text(both, "edge").findings} <= {"at-risk", "unknown"}
    assert _weaker(_verdicts(text), _verdicts(kept + text)) == []


REFUSALS = (
    "ERROR: % Invalid input detected at '^' marker.",
    "              ^\nERROR: % Invalid input detected at '^' marker.",
    "% Invalid input detected at '^' marker.",
    "Command authorization failed",
    "ERROR: Command authorization failed",
    "ERROR: The MTU is not in the range",
)


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("line", ["anyconnect mtu 700", "anyconnect ssl dtls none"])
def test_a_line_that_was_refused_was_never_configured(refusal: str, line: str) -> None:
    typed = (
        "edge(config)# group-policy DfltGrpPolicy attributes\nedge(config-group-policy)# vpn-tunnel-protocol ssl-client\n"
        "edge(config-group-policy)# webvpn\nedge(config-group-webvpn)# {line}\n{refusal}"
        "edge(config-group-webvpn)# anyconnect keep-installer installed\nedge(config-group-webvpn)# webvpn\n"
        "edge(config-webvpn)# enable outside\nedge(config-webvpn)# anyconnect enable\n"
    )
    taken = _verdicts(typed.format(line=line, refusal=""))
    refused = _verdicts(typed.format(line=line, refusal=f"{refusal}\n"))
    assert set(taken.values()) == {"unknown"}, "an excerpt: whatever it says, only at-risk stands"
    assert refused["tunnel-group", "DefaultWEBVPNGroup"] == "at-risk"


def test_a_refusal_that_nobody_can_place_leaves_nothing_safe() -> None:
    text = (
        "ASA Version 9.8(2)\nhostname edge\ngroup-policy P attributes\n webvpn\n  anyconnect mtu 700\n"
        "ERROR: % Invalid input detected at '^' marker.\n: end\n"
    )
    audit = assess_text(text, "edge").to_dict()
    assert audit["status"] == "partial"
    assert "refused a line" in " ".join(audit["warnings"])

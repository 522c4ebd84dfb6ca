"""Our reader of ASA configurations against two that share no line with it: netutils and hier_config.

Known differences, each with its reason:

- Interfaces: of ``interface`` blocks we keep what names them and their role, no addresses; the others keep all.
- Secrets: what we mask, the others print; a masked line must agree up to the mask.
- Overlong lines: we cut a line behind ``LONGEST_LINE`` characters; it must agree up to there.
- Comments inside a block: we keep them as lines that nobody understands, netutils drops them, and
  hier_config takes them (and ``:`` lines) for sections and refuses the second one: nobody's are compared.
- Blanks inside a line: hier_config makes one of several, the others keep them.
- Banners: hier_config reads them as those of IOS, up to a delimiter that an ASA does not print:
  it is not shown any.
- A section that stands twice (an excerpt may hold that; we merge): hier_config refuses the text,
  so only netutils reads it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hier_config import Platform, get_hconfig
from hier_config.exceptions import DuplicateChildError
from hypothesis import given
from hypothesis import strategies as st
from netutils.config.parser import ASAConfigParser

from nornir_anyconnect.asa.capture import LONGEST_LINE, MASK
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.asa.running_config import ClientSettings
from tests.amounts import examples

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(
    path
    for folder in ("tests", "mock_devices")
    for path in (ROOT / folder).rglob("*.cfg")
    if path.name not in ("plan.cfg", "rollback.cfg")  # commands, not configurations
)
Lines = Counter[tuple[str, ...]]
"""Every line as the path of headers it stands under, from the top, itself at the end; and how often."""


def _ours(text: str) -> Lines:
    lines: Lines = Counter()
    for block in parse(text).blocks:
        lines[block.header,] += 1
        above = [(0, block.header)]
        for each in block.body:
            depth = len(each.value) - len(each.value.lstrip())
            while above[-1][0] >= depth:
                above.pop()
            above.append((depth, each.value.strip()))
            lines[tuple(line for _, line in above)] += 1
    return lines


def _netutils(text: str) -> Lines:
    return Counter(
        tuple(line.strip() for line in (*each.parents, each.config_line)) for each in ASAConfigParser(text).config_lines
    )


def _hier_config(text: str) -> Lines:
    lines: Lines = Counter()

    def walk(node, above) -> None:
        for child in node.children:
            lines[*above, child.text] += 1
            walk(child, (*above, child.text))

    shown = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("!", ":", "banner ")))
    walk(get_hconfig(Platform.GENERIC, shown), ())
    return lines


def _differences(ours: Lines, theirs: Lines, ignored: tuple[str, ...] = ("!",)) -> list[str]:
    """What only one of the two readers has, of the blocks that we read and less the known differences."""
    ours, theirs = (
        Counter({path: count for path, count in lines.items() if not path[-1].startswith(ignored)})
        for lines in (ours, theirs)
    )
    read = {path[0] for path in ours}
    theirs = Counter(
        {
            path: count
            for path, count in theirs.items()
            if not (path[0].startswith("interface ") and path not in ours and len(path) > 1)
        }
    )
    only_ours, only_theirs = ours - theirs, theirs - ours
    for path in list(only_ours):
        twin = next((other for other in only_theirs if _alike(path, other)), None)
        if twin:
            del only_ours[path], only_theirs[twin]
    unread = [path for path in only_theirs if path[0] in read]
    return [f"only ours: {path}" for path in only_ours] + [f"only theirs: {path}" for path in unread]


def _alike(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """The same path but for secrets and for what is behind the longest line."""
    return len(ours) == len(theirs) and all(
        mine == other
        or (MASK in mine and other.startswith(mine.split(MASK)[0]))
        or (len(mine) > LONGEST_LINE - 8 and other.startswith(mine))
        for mine, other in zip(ours, theirs, strict=True)
    )


def _against_netutils(text: str) -> list[str]:
    return _differences(_ours(text), _netutils(text))


def _against_hier_config(text: str) -> list[str]:
    blanks_made_one: Lines = Counter()
    for path, count in _ours(text).items():
        blanks_made_one[tuple(" ".join(line.split()) for line in path)] += count
    return _differences(blanks_made_one, _hier_config(text), ("!", ":", "banner "))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_samples_are_read_as_netutils_reads_them(path):
    text = path.read_text("utf-8")
    assert _against_netutils(text) == []


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_samples_are_read_as_hier_config_reads_them(path):
    text = path.read_text("utf-8")
    try:
        differences = _against_hier_config(text)
    except DuplicateChildError as refused:
        headers = Counter(line.rstrip() for line in text.splitlines() if line and not line.startswith((" ", "!", ":")))
        if max(headers.values()) == 1:
            raise
        pytest.skip(f"a known difference: {refused}")
    assert differences == []


# --- generated configurations

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,8}( [A-Za-z0-9-]{1,6})?", fullmatch=True)
CLIENT_LINES = st.lists(
    st.one_of(
        st.integers(576, 1406).map(lambda size: f"anyconnect mtu {size}"),
        st.sampled_from(["anyconnect ssl dtls none", "anyconnect ssl dtls enable"]),
        st.sampled_from(["anyconnect ssl df-bit-ignore enable", "anyconnect ssl df-bit-ignore none"]),
        st.sampled_from(["anyconnect keep-installer installed", "anyconnect ask none default anyconnect"]),
    ),
    unique_by=lambda line: line.split()[:3][-1] if "ssl" in line else line.split()[1],
    max_size=4,
)
ATTRIBUTES = st.lists(
    st.sampled_from([
        "vpn-tunnel-protocol ssl-client",
        "dns-server value 192.0.2.53",
        "vpn-idle-timeout 30",
        "default-domain value example.com",
        "banner value webvpn",
    ]),
    unique=True,
    max_size=4,
)  # fmt: skip
NOISE = st.sampled_from([
    ["access-list inside_in extended permit ip any any"],
    ["object network webvpn", " host 192.0.2.9"],
    ["class-map inspection_default", " match default-inspection-traffic"],
    ["policy-map global_policy", " class inspection_default", "  inspect dns"],
    ["!"],
    ["interface GigabitEthernet0/0", " nameif outside", " security-level 0", " ip address 203.0.113.2 255.255.255.0"],
])  # fmt: skip


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


@st.composite
def _owner(draw, kind: str, name: str) -> list[str]:
    """A group policy's or a user's attributes: client lines at whatever place among the others."""
    lines = [[f" {line}"] for line in draw(ATTRIBUTES)]
    client = draw(CLIENT_LINES)
    if client:
        lines.insert(draw(st.integers(0, len(lines))), [" webvpn", *(f"  {line}" for line in client)])
    return [f"{kind} {_quoted(name)} attributes", *(line for group in lines for line in group)]


@st.composite
def _configurations(draw) -> str:
    policies = draw(st.lists(NAMES, unique=True, max_size=4))
    users = draw(st.lists(NAMES.filter(lambda name: " " not in name), unique=True, max_size=3))
    groups = draw(st.lists(NAMES, unique=True, max_size=3))
    blocks = [draw(_owner("group-policy", name)) for name in policies]
    blocks += [draw(_owner("username", name)) for name in users]
    for name in groups:
        chosen = draw(st.sampled_from([*policies, "DfltGrpPolicy"]))
        blocks.append([f"tunnel-group {_quoted(name)} type remote-access"])
        blocks.append([
            f"tunnel-group {_quoted(name)} general-attributes", f" default-group-policy {_quoted(chosen)}",
        ])  # fmt: skip
    blocks.append(["webvpn", " enable outside", " anyconnect enable", " cache", "  disable"])
    noise = draw(st.lists(NOISE, unique_by=lambda lines: lines[0], max_size=5))
    blocks = draw(st.permutations(blocks + noise))
    return "\n".join(["ASA Version 9.16(4)", *(line for block in blocks for line in block), ": end", ""])


def _client_of(lines: Lines, kind: str, name: str) -> dict[str, str]:
    """What an independent reader finds in one owner's own webvpn: the words after each setting."""
    header = (f"{kind} {_quoted(name)} attributes", "webvpn")
    inside = [path[2] for path in lines if len(path) == 3 and path[:2] == header]
    settings_of = ("anyconnect mtu", "anyconnect ssl dtls", "anyconnect ssl df-bit-ignore")
    return {each: line.rpartition(" ")[2] for each in settings_of for line in inside if line.startswith(f"{each} ")}


def _as_words(client: ClientSettings) -> dict[str, str]:
    words = {
        "anyconnect mtu": client.mtu and str(client.mtu.value),
        "anyconnect ssl dtls": client.dtls and ("enable" if client.dtls.value else "none"),
        "anyconnect ssl df-bit-ignore": client.df_bit_ignore and ("enable" if client.df_bit_ignore.value else "none"),
    }
    return {setting: value for setting, value in words.items() if value}


@examples(80)
@given(text=_configurations())
def test_generated_configurations_are_read_alike_by_all_three(text):
    assert _against_netutils(text) == []
    assert _against_hier_config(text) == []


@examples(80)
@given(text=_configurations())
def test_no_value_of_one_block_is_taken_for_another_s(text):
    config = parse(text)
    for lines in (_netutils(text), _hier_config(text)):
        headers = {path[0] for path in lines}
        for header in headers:
            if header.startswith("group-policy ") and header.endswith(" attributes"):
                name = header.removeprefix("group-policy ").removesuffix(" attributes").strip('"')
                assert _as_words(config.group_policy(name).client) == _client_of(lines, "group-policy", name)
            if header.startswith("username "):
                name = header.split()[1]
                user = next(each for each in config.usernames if each.name == name)
                assert _as_words(user.client) == _client_of(lines, "username", name)
        for header, *below in lines:
            if header.startswith("tunnel-group ") and below and below[0].startswith("default-group-policy "):
                name = header.removeprefix("tunnel-group ").removesuffix(" general-attributes").strip('"')
                chosen = config.tunnel_group(name).default_group_policy
                assert chosen.value == below[0].removeprefix("default-group-policy ").strip('"')


def test_a_difference_is_seen():
    text = "group-policy G attributes\n webvpn\n  anyconnect mtu 1200\n"
    theirs = _netutils(text.replace("1200", "1300"))
    assert len(_differences(_ours(text), theirs)) == 2

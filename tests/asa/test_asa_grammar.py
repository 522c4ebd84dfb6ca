"""One table: every row is read as it says, and a new setting is one row and one field."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nornir_anyconnect.asa import grammar
from nornir_anyconnect.asa.grammar import ROWS, Mode
from nornir_anyconnect.asa.modes import (
    copied_lines,
    field_of,
    header_of,
    inner_words,
    object_lines,
    openings,
    said_of,
    sent_headers,
    sent_leaves,
)
from nornir_anyconnect.asa.value_forms import spellings

PACKAGE = Path(__file__).parents[2] / "nornir_anyconnect"

WALK = """
from nornir_anyconnect.asa.config_commands import ConfigLine
from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.change.plan.check import hashes

def text(colour):
    return (
        "hostname a\\ngroup-policy P internal\\ngroup-policy P attributes\\n"
        f" tunnel-colour {colour}\\n vpn-tunnel-protocol ssl-client\\n"
    )

config = parse(text("green"))
assert config.group_policies[0].tunnel_colour.value == "green", config.group_policies
assert config.group_policies[0].tunnel_colour.line == 4
assert config.unknown_lines == ()
part = ("group-policy P",)
assert hashes(config, part) != hashes(parse(text("red")), part)
assert parse(text("green") + " no tunnel-colour\\n").group_policies[0].tunnel_colour is None
assert ConfigLine(Mode.GROUP_POLICY, "tunnel-colour green", "run-0001").text == "tunnel-colour green"
"""


def test_a_setting_is_one_row_and_one_field(tmp_path):
    """Added to a copy of the package: parsed, taken back, compared for drift, copied; and unknown without the row."""
    copy = tmp_path / "nornir_anyconnect"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    row = '    Row(Mode.GROUP_POLICY, "tunnel-colour", "tunnel_colour", form.NAME, copied=True),\n'
    field = "    tunnel_colour: Sourced[str] | None = None\n"
    _insert(copy / "asa" / "grammar.py", "_POLICY = (", row)
    _insert(copy / "asa" / "running_config.py", "    kind: Sourced[str] | None = None\n", field)
    script = WALK.replace("\\\\n", "\\n")
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert said_of(Mode.GROUP_POLICY, "tunnel-colour green").row is None


def _insert(path: Path, behind: str, line: str) -> None:
    before, found, after = path.read_text("utf-8").partition(behind)
    assert found
    head, _, rest = (found + after).partition("\n")
    path.write_text(f"{before}{head}\n{line}{rest}", "utf-8")


ELSEWHERE = {
    "asa/assemble.py": {"nameif", "webvpn"},  # fields that values go to
    "asa/effective.py": {"webvpn"},  # a value: a protocol that a policy allows
    "asa/value_forms.py": {"svc", "webvpn"},  # as above
    "audit/notices.py": {"logging buffered", "logging list", "no logging message", "vpn load-balancing"},  # sentences
    "cli/mtu.py": {"anyconnect mtu", "sysopt connection tcpmss"},  # help of an option
    "cli/plan.py": {"group-alias", "group-url", "sysopt connection tcpmss"},  # as above
    "mtu/releases.py": {"ssl cipher", "ssl server-version"},  # keys of packaged data, in a room that knows no ASA
    "platforms/asa_ssh/account.py": {"service-type"},  # a page for whoever sets up an account
    "remedies/options.py": {"default-group-policy"},  # the code of a block
    "report/sentences.py": {"default-group-policy", "vpn-tunnel-protocol"},  # sentences
    "report/timeline.py": {"ssl cipher"},  # a quotation
    "sources/classify.py": {"group-policy", "tunnel-group"},  # may it be a configuration? ``logs`` loads no grammar
    "workflows/probe_hosts.py": {"group-url"},  # a sentence
}
"""Where a keyword is not the ASA's command."""


def test_the_keywords_of_the_asa_stand_in_the_grammar_alone():
    """A keyword that is written elsewhere is a second table in the making: name the row, or its section."""
    known = {each for row in ROWS for each in spellings(row.keyword.replace(" <name>", ""))}
    telling = {each for each in known if " " in each or "-" in each}
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, telling), key=len, reverse=True))})(?![\w-])")
    bare = known & {"webvpn", "svc", "nameif", "participate"}  # others of one word mean many things
    assert len(bare) == 4
    found = {}
    for path in PACKAGE.rglob("*.py"):
        texts = _texts_in(ast.parse(path.read_text("utf-8")))
        words = {match[0] for text in texts if (match := pattern.search(text))} | {
            text.strip() for text in texts
        } & bare
        if words and path != PACKAGE / "asa" / "grammar.py":
            found[path.relative_to(PACKAGE).as_posix()] = words
    assert found == ELSEWHERE


def _texts_in(tree):
    """The string constants of a module that are no docstrings."""
    documented = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documented)
    return {node.value for node in constants if isinstance(node.value, str)}


@pytest.mark.parametrize(
    ("keyword", "spelled"),
    [
        ("mtu", ("mtu",)),
        ("{anyconnect | svc} mtu", ("anyconnect mtu", "svc mtu")),
        ("{a | b} [c] d", ("a c d", "a d", "b c d", "b d")),
    ],
)
def test_spellings_of_the_command_reference(keyword, spelled):
    assert spellings(keyword) == spelled


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.mode} {row.keyword}")
def test_every_row_is_the_one_that_its_own_keyword_finds(row):
    for spelling in spellings(row.keyword.replace("<name>", "X")):
        if row.mode is Mode.CONFIG and "<name>" in row.keyword:
            assert header_of(spelling).row is row
        else:
            assert said_of(row.mode, spelling).row == row


def test_no_two_rows_of_a_mode_are_spelled_alike():
    spelled = [(row.mode, spelling) for row in ROWS for spelling in spellings(row.keyword)]
    assert len(spelled) == len(set(spelled))


@pytest.mark.parametrize(
    ("mode", "line", "field", "taken_back", "understood"),
    [
        (Mode.GROUP_WEBVPN, "anyconnect mtu 1200", "mtu", False, True),
        (Mode.USERNAME_WEBVPN, "no svc mtu", "mtu", True, True),
        (Mode.GROUP_WEBVPN, "default anyconnect mtu", "mtu", False, False),
        (Mode.GROUP_WEBVPN, "anyconnect modern mtu 3", "mtu", False, False),
        (Mode.GROUP_WEBVPN, "anyconnect dtls compression lzs", "dtls_compression", False, True),
        (Mode.CONFIG, "no logging message 722036", "logging.suppressed", False, True),
        (Mode.CONFIG, "sysopt connection tcpmss 1300", "tcpmss", False, True),
        (Mode.CONFIG, "sysopt connection tcpmss minimum 48", None, False, True),
        (Mode.WEBVPN, "anyconnect profiles X disk0:/x.xml", None, False, True),
    ],
)
def test_the_longest_keyword_counts(mode, line, field, taken_back, understood):
    said = said_of(mode, line)
    assert (field_of(mode, line), said.taken_back, said.understood) == (field, taken_back, understood)


def test_a_line_nobody_knows_has_no_row():
    assert said_of(Mode.WEBVPN, "anyconect enable").row is None
    assert said_of(Mode.GROUP_WEBVPN, "x" * 5000).row is None
    assert field_of(Mode.GROUP_POLICY, "frobnicate all") is None


@pytest.mark.parametrize(
    "line",
    [
        "saml idp https://idp.example.net/metadata",
        "anyconnect-custom-data dynamic-split-exclude-domains excluded a.example.net",
        "anyconnect-custom-attr dynamic-split-exclude-domains description x",
    ],
)
def test_what_a_saml_box_prints_in_webvpn_is_known(line):
    assert said_of(Mode.WEBVPN, line).row is not None


def test_leaf_lines_and_headers_are_those_of_the_remedies():
    leaves = {row.field for row in ROWS if row.leaf}
    assert leaves == {"mtu", "df_bit_ignore", "tcpmss"}
    for mode in Mode:
        leaf = sent_leaves(mode)
        assert (leaf is not None) == (mode in (Mode.CONFIG, Mode.GROUP_WEBVPN, Mode.USERNAME_WEBVPN)), mode
    assert set(sent_headers(Mode.CONFIG).values()) == {
        Mode.GROUP_POLICY, Mode.USERNAME, Mode.TUNNEL_GENERAL, Mode.TUNNEL_WEBVPN,
    }  # fmt: skip
    assert sent_headers(Mode.GROUP_POLICY) == {re.compile("webvpn"): Mode.GROUP_WEBVPN}
    assert sent_headers(Mode.USERNAME) == {re.compile("webvpn"): Mode.USERNAME_WEBVPN}
    assert all(sent_headers(mode) == {} for mode in Mode if mode not in (Mode.CONFIG, Mode.GROUP_POLICY, Mode.USERNAME))


def test_objects_are_created_and_removed_whole_and_nothing_else_is():
    shape = object_lines()
    for line in (
        "group-policy P internal", 'no group-policy "P Q"', "tunnel-group T type remote-access", "no tunnel-group T",
    ):  # fmt: skip
        assert shape.fullmatch(line)
    for line in (
        "group-policy P external", "tunnel-group T type ipsec-l2l", "no group-policy P attributes", "no username U",
        "clear configure group-policy P", "no webvpn", "no tunnel-group T general-attributes",
    ):  # fmt: skip
        assert not shape.fullmatch(line)


def test_nothing_with_a_key_in_it_is_copied_and_a_username_is_no_source():
    assert copied_lines(Mode.USERNAME) is None
    assert copied_lines(Mode.WEBVPN) is None
    policy = copied_lines(Mode.GROUP_POLICY)
    assert policy.fullmatch("vpn-filter value ACL")
    for line in ("password x", "vpn-group-policy P", "frobnicate", "anyconnect-firmware x"):
        assert not policy.fullmatch(line)
    assert not copied_lines(Mode.GROUP_WEBVPN).fullmatch("anyconnect firmware hold"), "nobody knows that line"


def test_what_stands_at_the_margin_and_what_does_not():
    assert inner_words() == {
        "vpn-tunnel-protocol", "vpn-group-policy", "default-group-policy", "anyconnect", "svc", "map-name", "map-value",
    }  # fmt: skip
    assert openings()["username"].match('username "a b" attributes')
    assert not openings()["username"].match("username u password x")
    assert not openings()["crypto"].match("crypto map M 10 match address A")
    assert openings()["crypto"].match("crypto map M 10 set peer 192.0.2.1")
    assert not openings()["no"].match("no asdm history enable")


def test_a_username_takes_what_a_policy_takes():
    assert Mode.USERNAME.table is Mode.GROUP_POLICY
    assert {mode.table for mode in Mode} <= set(Mode)
    assert grammar.L2L_TYPE not in grammar.REMOTE_ACCESS_TYPES
